"""What processes add to the agents' rail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RailEntry:
    """A page of a process: shown under *More*."""

    slug: str  #: what its pages call ``current``
    label: Any
    url: str  #: name of its address
    icon: str
    position: int = 10
    key: str = ""  #: after ``g``: goes there


_entries: dict[str, RailEntry] = {}


def register_entry(entry: RailEntry) -> None:
    """Called by a process as it starts."""
    _entries[entry.slug] = entry


def entries() -> list[RailEntry]:
    return sorted(_entries.values(), key=lambda entry: entry.position)
