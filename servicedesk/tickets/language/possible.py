"""Whether a condition can hold at all: a promise that never applies is a mistake to be told of."""

from __future__ import annotations

import datetime
import operator
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from .fields import BY_ATTRIBUTE, domain
from .tree import All, Any_, Node, Not, Test

#: More ways than this to make a condition true are not looked through: it is taken to be possible.
MOST_WAYS = 400
_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}

Literal = tuple[Test, bool]


def can_hold(node: Node) -> bool:
    """False only for a resolved condition that contradicts itself, whatever the ticket."""
    ways = list(islice(_ways(node, True), MOST_WAYS + 1))
    return len(ways) > MOST_WAYS or any(_consistent(way) for way in ways)


def _ways(node: Node, wanted: bool) -> Iterator[tuple[Literal, ...]]:
    """The conjunctions that make it what is wanted (its disjunctive normal form). Words can always be either."""
    match node:
        case Not(part):
            yield from _ways(part, not wanted)
        case All(parts) | Any_(parts):
            if isinstance(node, All) == wanted:
                for combination in product(*(list(islice(_ways(part, wanted), MOST_WAYS + 1)) for part in parts)):
                    yield tuple(literal for way in combination for literal in way)
            else:
                for part in parts:
                    yield from _ways(part, wanted)
        case Test():
            yield ((node, wanted),)
        case _:
            yield ()


def _consistent(way: tuple[Literal, ...]) -> bool:
    by_attribute: dict[str, list[Literal]] = {}
    for literal in way:
        by_attribute.setdefault(literal[0].attribute, []).append(literal)
    return all(_one_attribute(name, literals) for name, literals in by_attribute.items())


def _one_attribute(name: str, literals: list[Literal]) -> bool:
    field = BY_ATTRIBUTE.get(name)
    if field is not None and field.kind == "date":
        return _dates(literals)
    known = domain(name)
    if known is not None:
        return any(all(_true(test, value) == wanted for test, wanted in literals) for value in known)
    if name in ("tags", "category_id"):  # several at once, or a branch: only the plain contradiction is seen
        wanted_values = {test.values for test, wanted in literals if wanted}
        return not any(test.values in wanted_values for test, wanted in literals if not wanted)
    allowed: set[Any] | None = None
    for test, wanted in literals:
        if wanted:
            allowed = set(test.values) if allowed is None else allowed & set(test.values)
    refused = {value for test, wanted in literals if not wanted for value in test.values}
    return allowed is None or bool(allowed - refused)


def _true(test: Test, value: Any) -> bool:
    if test.operator == "in":
        return value in test.values
    return bool(_COMPARE[test.operator](value, test.values[0]))


def _dates(literals: list[Literal]) -> bool:
    low, high = datetime.datetime.min.replace(tzinfo=datetime.UTC), datetime.datetime.max.replace(tzinfo=datetime.UTC)
    for test, wanted in literals:
        at = datetime.datetime.fromisoformat(test.values[0])
        if (test.operator if wanted else _OPPOSITE[test.operator]).startswith("<"):
            high = min(high, at)
        else:
            low = max(low, at)
    return low <= high
