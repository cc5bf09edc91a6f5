"""The nodes of a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class All:
    """Every part holds; without parts, everything does."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Any_:
    """At least one part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Node


@dataclass(frozen=True)
class Words:
    """The ticket's own text has all of these words, next to each other where ``quoted``."""

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Term:
    """``field:value`` as it was written; resolving replaces it."""

    field: str
    operator: str
    values: tuple[str, ...]
    column: int = 0


@dataclass(frozen=True)
class Test:
    """An attribute of the ticket compared with values the database has: ``in`` any of them (None is nothing), or one bound."""

    attribute: str
    operator: str  # in < <= > >=
    values: tuple[Any, ...]


Node: TypeAlias = All | Any_ | Not | Words | Term | Test
EVERYTHING = All()


def to_json(node: Node) -> list[Any]:
    """A resolved tree as JSON; raises TypeError for one that is not resolved."""
    match node:
        case All(parts):
            return ["all", *map(to_json, parts)]
        case Any_(parts):
            return ["any", *map(to_json, parts)]
        case Not(part):
            return ["not", to_json(part)]
        case Words(text, quoted):
            return ["words", text, quoted]
        case Test(attribute, operator, values):
            return ["test", attribute, operator, list(values)]
    raise TypeError(f"{node} is not resolved")


def from_json(data: list[Any]) -> Node:
    """The tree that :func:`to_json` wrote."""
    match data:
        case ["all", *parts]:
            return All(tuple(map(from_json, parts)))
        case ["any", *parts]:
            return Any_(tuple(map(from_json, parts)))
        case ["not", part]:
            return Not(from_json(part))
        case ["words", text, quoted]:
            return Words(text, quoted)
        case ["test", attribute, operator, values]:
            return Test(attribute, operator, tuple(values))
    raise ValueError(f"{data!r} is no condition")
