"""The two readings of a resolved tree."""

from __future__ import annotations

import datetime
import operator
import time
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import Q

from ..models import Category
from ..models.ticket import SEARCH_CONFIG
from .fields import BY_ATTRIBUTE, Facts
from .tree import All, Any_, Node, Not, Test, Words

_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_LOOKUPS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}

KEEP_SECONDS = 5.0
_parents: dict[int, int | None] = {}
_until = 0.0


def forget() -> None:
    """Start anew; for tests, whose rows vanish."""
    global _until
    _until = 0.0


def _branch(roots: tuple[Any, ...]) -> tuple[Any, ...]:
    """The categories and all below them; the tree is kept for some seconds."""
    global _until
    if time.monotonic() > _until:
        _parents.clear()
        _parents.update(Category.objects.order_by().values_list("pk", "parent_id"))
        _until = time.monotonic() + KEEP_SECONDS
    wanted = set(roots)
    found = set(roots)
    for pk in _parents:
        at: int | None = pk
        while at is not None and at not in wanted:
            at = _parents.get(at)
        if at is not None:
            found.add(pk)
    return tuple(found)


def condition(node: Node) -> Q:
    """The tree as a condition on tickets, answered from indexes."""
    match node:
        case All(parts):
            result = Q()
            for part in parts:
                result &= condition(part)
            return result
        case Any_(parts):
            result = Q(pk__in=[])
            for part in parts:
                result |= condition(part) or Q(pk__isnull=False)
            return result
        case Not(part):
            inner = condition(part)
            return ~inner if inner else Q(pk__in=[])
        case Words(text, quoted):
            return Q(search=SearchQuery(text, config=SEARCH_CONFIG, search_type="phrase" if quoted else "plain"))
        case Test():
            return _test_condition(node)
    raise TypeError(f"{node} is not resolved")


def _test_condition(test: Test) -> Q:
    name = test.attribute
    if test.operator != "in":
        return Q(**{f"{name}__{_LOOKUPS[test.operator]}": _bound(test)})
    if name == "tags":
        result = Q(pk__in=[])
        for tag in test.values:
            result |= Q(tags__contains=[tag])
        return result
    values = _branch(test.values) if name == "category_id" else test.values
    result = Q(**{f"{name}__in": [value for value in values if value is not None]})
    return result | Q(**{f"{name}__isnull": True}) if None in values else result


def _bound(test: Test) -> Any:
    field = BY_ATTRIBUTE[test.attribute]
    return datetime.datetime.fromisoformat(test.values[0]) if field.kind == "date" else test.values[0]


def holds(node: Node, facts: Facts) -> bool:
    """Whether the tree is true of one ticket (see ``facts_of``). Asks PostgreSQL only about words."""
    match node:
        case All(parts):
            return all(holds(part, facts) for part in parts)
        case Any_(parts):
            return any(holds(part, facts) for part in parts)
        case Not(part):
            return not holds(part, facts)
        case Words(text, quoted):
            return _says(text, quoted, facts)
        case Test():
            return _test_holds(node, facts)
    raise TypeError(f"{node} is not resolved")


def _test_holds(test: Test, facts: Facts) -> bool:
    value = facts[test.attribute]
    if test.operator != "in":
        return value is not None and bool(_COMPARE[test.operator](value, _bound(test)))
    if test.attribute == "tags":
        return any(tag in value for tag in test.values)
    return value in (_branch(test.values) if test.attribute == "category_id" else test.values)


_SAYS = (
    "SELECT (setweight(to_tsvector(%(config)s::regconfig, %(title)s), 'A')"
    " || setweight(to_tsvector(%(config)s::regconfig, %(description)s), 'B')"
    " || setweight(to_tsvector(%(config)s::regconfig, %(resolution)s), 'C')) @@ {}(%(config)s::regconfig, %(text)s)"
)


def _says(text: str, quoted: bool, facts: Facts) -> bool:
    values = {
        "config": SEARCH_CONFIG, "text": text, "title": facts["title"], "description": facts["description"],
        "resolution": facts["resolution"],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SAYS.format("phraseto_tsquery" if quoted else "plainto_tsquery"), values)
        return bool(cursor.fetchone()[0])
