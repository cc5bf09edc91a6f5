"""How tasks present themselves to the ticket layer, and what a process gives whose tickets have a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.tickets.errors import NotAllowedNow
from servicedesk.tickets.registry import Process

from .lifecycle import LIFECYCLE
from .models import Task


@dataclass(frozen=True)
class Planned:
    """A process whose tickets have a plan of steps."""

    kind: str
    #: (locked ticket, at): every step is over; called in the transaction that ended the last one
    finished: Callable[[Any, Any], None]
    #: (locked ticket, step, at) → the ticket that carries an order; raises OperationError where it cannot be made
    order: Callable[[Any, Any, Any], Any]
    #: (locked ticket, at): one of its tasks began to wait, or went on
    progressed: Callable[[Any, Any], None] = lambda ticket, at: None
    #: (ticket): whether its steps may begin now
    begins: Callable[[Any], bool] = lambda ticket: True
    #: what an outside system is told beside the task
    payload: Callable[[Any], dict[str, Any]] = lambda ticket: {}


_planned: dict[str, Planned] = {}


def register_planned(planned: Planned) -> None:
    """Called by a process as it starts."""
    _planned[planned.kind] = planned


def planned_of(ticket: Any) -> Planned | None:
    """The process's side, or None for a kind whose tickets only get tasks by hand."""
    return _planned.get(ticket.kind)


def _context(ticket: Any, user: Any) -> dict[str, Any]:
    task = Task.objects.select_related("parent__requester").filter(pk=ticket.pk).first()
    call = getattr(task, "call", None) if ticket.status == "waiting_system" else None
    return {"task": task, "call": call}


def _guard(row: Any, slug: str, actor: Any, at: Any) -> None:
    if slug == "reopen":
        parent = Task.objects.select_related("parent").get(pk=row.pk).parent
        if parent.is_over:
            raise NotAllowedNow(_("%(number)s is over already.") % {"number": parent.number})


def _followed(row: Any, event: Any) -> None:
    from .engine import carrier_moved

    if event.kind != "opened":
        carrier_moved(row, event)


def _above(ticket: Any) -> int | None:
    return Task.objects.filter(pk=ticket.pk).values_list("parent_id", flat=True).first()


TASK = Process(
    kind="task",
    prefix="TSK",
    label=gettext_lazy("Task"),
    label_plural=gettext_lazy("Tasks"),
    model=Task,
    lifecycle=LIFECYCLE,
    icon="square-check-big",
    panel="work/panel.html",
    context=_context,
    guard=_guard,
    followed=_followed,
    above=_above,
    for_customers=False,
)
