"""What a process gives so that its tickets can be approved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .finding import Context


@dataclass(frozen=True)
class Approvable:
    """A process's side: who it is about, what its conditions ask, and what follows."""

    kind: str
    #: (ticket) → whom rules are about
    context: Callable[[Any], Context]
    #: (locked ticket, approval, actor): called in the deciding transaction, after the event
    decided: Callable[[Any, Any, Any], None]
    #: template of what an approver reads before deciding; gets ``ticket`` and what ``details`` gives
    template: str = "approvals/ticket.html"
    details: Callable[[Any], dict[str, Any]] = lambda ticket: {}
    #: (ticket) → ids of people who may not decide, beside whoever it is for and whoever asked
    barred: Callable[[Any], set[int]] = lambda ticket: set()


_known: dict[str, Approvable] = {}


def register_approvable(approvable: Approvable) -> None:
    """Called by a process as it starts."""
    _known[approvable.kind] = approvable


def approvable_of(ticket: Any) -> Approvable:
    """The process's side; raises KeyError for a kind of ticket that is never approved."""
    return _known[ticket.kind]
