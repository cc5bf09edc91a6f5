"""From names to what the database has, and back to words."""

from __future__ import annotations

import datetime
import difflib
import re
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from servicedesk.people.models import User

from .errors import LanguageError
from .fields import BY_ATTRIBUTE, FIELDS, FLAGS, Field
from .tree import All, Any_, Node, Not, Term, Test, Words

_RELATIVE = re.compile(r"-(\d{1,4})([mhdw])", re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MOST_NAMED = 100  # people of the same name, and the like


def resolve(node: Node, *, viewer: Any = None, lasting: bool = False) -> Node:
    """The tree with every name looked up; raises LanguageError for a field or name that is not there.

    ``viewer`` is who ``me`` is. ``lasting`` refuses what time or the reader
    decides (``me``, ``-7d``, ``activity``): a promise may depend on events only.
    """
    match node:
        case All(parts):
            return All(tuple(resolve(part, viewer=viewer, lasting=lasting) for part in parts))
        case Any_(parts):
            return Any_(tuple(resolve(part, viewer=viewer, lasting=lasting) for part in parts))
        case Not(part):
            return Not(resolve(part, viewer=viewer, lasting=lasting))
        case Term():
            try:
                return _resolve_term(node, viewer, lasting)
            except LanguageError as error:
                error.column = error.column or node.column
                raise
    return node


def _resolve_term(term: Term, viewer: Any, lasting: bool) -> Node:
    field = FIELDS.get(term.field)
    if field is None:
        raise LanguageError(
            _("There is no field “%(name)s”.%(hint)s Quote words that contain a colon.")
            % {"name": term.field, "hint": _hint(term.field, FIELDS)}
        )
    if term.operator not in field.operators:
        raise LanguageError(
            _("“%(name)s” is not compared with “%(operator)s”; write %(name)s:…")
            % {"name": field.name, "operator": term.operator}
        )
    if len(term.values) > 1 and term.operator != ":":
        raise LanguageError(_("“%(operator)s” compares with one value.") % {"operator": term.operator})
    if lasting and not field.lasting:
        raise LanguageError(_("A promise cannot depend on “%(name)s”: it changes by itself.") % {"name": field.name})
    if field.kind == "date":
        return _any([_date(field, term.operator, value, lasting) for value in term.values])
    if field.kind == "flag":
        return _any([_flag(value) for value in term.values])
    found: list[Any] = []
    for value in term.values:
        found += _values(field, value, viewer, lasting)
    operator = "in" if term.operator == ":" else term.operator
    return Test(field.attribute, operator, tuple(dict.fromkeys(found)))


def _any(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Any_(tuple(nodes))


def _hint(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word.lower(), [str(name) for name in known], n=1)
    return " " + _("Did you mean “%(name)s”?") % {"name": near[0]} if near else ""


def _flag(value: str) -> Node:
    if value.lower() not in FLAGS:
        raise LanguageError(
            _("“is:%(value)s” says nothing; there is %(known)s.") % {"value": value[:40], "known": ", ".join(FLAGS)}
        )
    attribute, values = FLAGS[value.lower()]
    return Test(attribute, "in", values)


def _values(field: Field, value: str, viewer: Any, lasting: bool) -> list[Any]:
    word = " ".join(value.split()).lower()
    if field.kind == "tag":
        return [word.replace(" ", "-")]
    if field.kind == "reference":
        return _references(field, " ".join(value.split()), viewer, lasting)
    known = field.choices()
    found = [stored for stored, names in known.items() if word in names]
    if not found:
        names = sorted({name for names in known.values() for name in names})
        raise LanguageError(
            _("%(field)s is never “%(value)s”; there is %(known)s.")
            % {"field": field.name, "value": value[:40], "known": ", ".join(names[:20])}
        )
    return found


def _references(field: Field, name: str, viewer: Any, lasting: bool) -> list[Any]:
    if name.lower() == "none":
        return [None]
    if name.lower() == "me" and field.model is User:
        if lasting or viewer is None:
            raise LanguageError(_("“me” means nobody here; write a name or an address."))
        return [viewer.pk]
    rows: Any = field.model._default_manager  # type: ignore[attr-defined]
    condition = Q()
    for column in field.by:
        condition |= Q(**{f"{column}__iexact": name})
    found = list(rows.filter(condition).order_by("pk").values_list("pk", flat=True)[:MOST_NAMED])
    if not found:
        near = rows.filter(name__icontains=name).values_list("name", flat=True)[:1] or (
            rows.filter(name__istartswith=name[:3]).values_list("name", flat=True)[:1] if len(name) > 3 else []
        )
        hint = " " + _("Did you mean “%(name)s”?") % {"name": near[0]} if near else ""
        raise LanguageError(
            _("There is no %(field)s “%(value)s”.%(hint)s") % {"field": field.name, "value": name[:60], "hint": hint}
        )
    return found


def _date(field: Field, operator: str, value: str, lasting: bool) -> Node:
    relative = _RELATIVE.fullmatch(value)
    if relative or value.lower() == "now":
        if lasting:
            raise LanguageError(_("A promise cannot depend on what time it is: write a date such as 2026-01-31."))
        if operator == ":":
            raise LanguageError(_("Compare with < or >: %(field)s>%(value)s.") % {"field": field.name, "value": value})
        at = timezone.now()
        if relative:
            at -= datetime.timedelta(**{_UNITS[relative[2].lower()]: int(relative[1])})
        return Test(field.attribute, operator, (at.isoformat(),))
    day, exact = _read_date(value)
    if exact is not None:
        if operator == ":":
            raise LanguageError(_("Give a day, or compare with < or >."))
        return Test(field.attribute, operator, (exact.isoformat(),))
    start = timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
    after = timezone.make_aware(datetime.datetime.combine(day + datetime.timedelta(1), datetime.time()))
    low, high = Test(field.attribute, ">=", (start.isoformat(),)), Test(field.attribute, "<", (after.isoformat(),))
    bounds: dict[str, Node] = {
        ":": All((low, high)), ">=": low, "<=": high,
        "<": Test(field.attribute, "<", low.values), ">": Test(field.attribute, ">=", high.values),
    }  # fmt: skip
    return bounds[operator]


def _read_date(value: str) -> tuple[datetime.date, datetime.datetime | None]:
    """A day, and the instant where a time was given too."""
    exact = None
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        try:
            exact = parse_datetime(value)
        except ValueError:
            exact = None
        if exact is None:
            raise LanguageError(
                _("“%(value)s” is not a date such as 2026-01-31 or -7d.") % {"value": value[:40]}
            ) from None
        day = exact.date()
    if not 1900 <= day.year <= 9000:
        raise LanguageError(_("“%(value)s” is too far away.") % {"value": value[:40]})
    if exact is not None and timezone.is_naive(exact):
        exact = timezone.make_aware(exact)
    return day, exact


def words(node: Node, inner: bool = False) -> str:
    """A resolved tree written out with today's names; parsing and resolving it gives the same tree's meaning."""
    match node:
        case All(parts):
            text = " ".join(words(part, True) for part in parts)
            return f"({text})" if inner and len(parts) > 1 else text
        case Any_(parts):
            text = " or ".join(words(part, True) for part in parts)
            return f"({text})" if inner and len(parts) > 1 else text
        case Not(part):
            text = words(part, True)
            return f"-{text}"
        case Words(text, quoted):
            return f'"{text}"' if quoted else text
        case Test():
            return _test_words(node, inner)
    raise TypeError(f"{node} is not resolved")


def _test_words(test: Test, inner: bool) -> str:
    for flag, (attribute, values) in FLAGS.items():
        if attribute == test.attribute and values == test.values and attribute != "assignee_id":
            return f"is:{flag}"
    if test.attribute in ("status_category", "is_major"):
        raise TypeError(f"{test} has no words")
    field = BY_ATTRIBUTE[test.attribute]
    if field.kind == "reference":
        rows: Any = field.model._default_manager  # type: ignore[attr-defined]
        column = "path" if "path" in field.by else field.by[-1]
        names = dict(rows.filter(pk__in=[v for v in test.values if v is not None]).values_list("pk", column))
        shown = ["none" if value is None else f'"{names.get(value, "?")}"' for value in test.values]
        text = " or ".join(f"{field.name}:{name}" for name in shown)
        return f"({text})" if inner and len(shown) > 1 else text
    operator = ":" if test.operator == "in" else test.operator
    return f"{field.name}{operator}{','.join(str(value) for value in test.values)}"
