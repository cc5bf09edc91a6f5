"""What other apps show of their own: beside a ticket (fetched after its page), and in the desk's search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Beside:
    """A part of the column, fetched by itself once the page is there."""

    name: str
    template: str
    #: (ticket, user) → what the template gets
    context: Callable[[Any, Any], dict[str, Any]]
    position: int = 10


_parts: dict[str, Beside] = {}


def register_beside(part: Beside) -> None:
    """Called by an app as it starts."""
    _parts[part.name] = part


def parts() -> list[Beside]:
    return sorted(_parts.values(), key=lambda part: part.position)


@dataclass(frozen=True)
class SearchPart:
    """What an app finds for the desk's search, shown above the tickets."""

    name: str
    template: str
    #: (words, user) → what the template gets
    context: Callable[[str, Any], dict[str, Any]]


_searches: dict[str, SearchPart] = {}


def register_search(part: SearchPart) -> None:
    """Called by an app as it starts."""
    _searches[part.name] = part


def search_parts() -> list[SearchPart]:
    return list(_searches.values())
