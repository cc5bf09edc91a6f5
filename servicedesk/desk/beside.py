"""What stands beside a ticket and is fetched after its page: tickets alike, and what other apps know about it."""

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
