"""Adding tasks to a ticket by hand."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.operations import core

from . import engine
from .models import StepState, Task, WorkStep
from .process import TASK

#: A ticket has at most so many steps.
MOST_STEPS = 100


@transaction.atomic
def add_task(
    ticket: Ticket, *, actor: Any, title: str, instructions: str = "", team: Any = None, assignee: Any = None,
    planned_seconds: int | None = None, at: datetime.datetime | None = None,
) -> Task:  # fmt: skip
    """Add a task that begins at once; the ticket waits for it as for those of its plan.

    ``planned_seconds`` is the working time it may take. Raises Invalid and NotAllowedNow.
    """
    row = core.lock(ticket, actor, "plan")
    if row.kind == TASK.kind:
        raise NotAllowedNow(_("A task has no tasks of its own."))
    if row.is_over:
        raise NotAllowedNow(_("%(number)s is over already.") % {"number": row.number})
    count = WorkStep.objects.filter(ticket_id=row.pk).count()
    if count >= MOST_STEPS:
        raise NotAllowedNow(_("A ticket has at most %(n)d tasks.") % {"n": MOST_STEPS})
    if planned_seconds is not None and not 0 < planned_seconds < 5 * 366 * 86_400:
        raise Invalid({"planned_seconds": _("This is no time that a task can take.")})
    at = at or timezone.now()
    title = core.text(title, "title", limit=150, one_line=True)
    step = WorkStep.objects.create(
        ticket=row, key=f"added-{count + 1}", position=count, title=title, team=team, state=StepState.ACTIVE,
        instructions=core.text(instructions, "instructions", limit=core.MAX_BODY, required=False),
        planned_seconds=planned_seconds, started_at=at,
    )  # fmt: skip
    core.record(row, "task_added", actor=actor, at=at, activity=False, step=title)
    task = engine.open_task(row, step, at=at, description=step.instructions, assignee=assignee, actor=actor)
    WorkStep.objects.filter(pk=step.pk).update(carrier=task)
    ticket.version = row.version
    return Task.objects.get(pk=task.pk)
