"""What processes add to the portal: to its front page, to its search, and to the bar on top."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Front:
    """A part of the front page and of what the question finds; templates get what the functions give."""

    name: str
    position: int = 10
    home_template: str = ""
    home: Callable[[Any], dict[str, Any]] = field(default=lambda user: {})
    find_template: str = ""
    #: what a service's page shows of it; the function gets the service
    service_template: str = ""
    service: Callable[[Any, Any], dict[str, Any]] = field(default=lambda user, service: {})
    find: Callable[[Any, str], dict[str, Any]] = field(default=lambda user, words: {})


@dataclass(frozen=True)
class NavItem:
    """An entry of the bar, with what waits behind it."""

    slug: str
    label: Any
    url: str
    count: int
    icon: str


_fronts: dict[str, Front] = {}
_navs: list[tuple[Callable[[Any], list[NavItem]], bool]] = []


def register_front(front: Front) -> None:
    """Called by a process as it starts."""
    _fronts[front.name] = front


def register_nav(nav: Callable[[Any], list[NavItem]], *, public: bool = False) -> None:
    """Called by a process as it starts; ``public`` for entries that people see who are not logged in."""
    if (nav, public) not in _navs:
        _navs.append((nav, public))


def fronts() -> list[Front]:
    return sorted(_fronts.values(), key=lambda front: front.position)


def nav_items(user: Any) -> list[NavItem]:
    """The bar's entries for this person."""
    return [item for nav, public in _navs if public or user.is_authenticated for item in nav(user)]
