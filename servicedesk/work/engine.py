"""Which step of a plan begins when, and what its end means. Called with the plan's ticket locked."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import OperationError
from servicedesk.tickets.models import Channel, Event, Ticket
from servicedesk.tickets.operations import core

from . import calls
from .models import OVER, StepKind, StepState, WorkStep
from .process import TASK, planned_of


def begin(row: Ticket, steps: Iterable[WorkStep], *, actor: Any, at: datetime.datetime | None = None) -> None:
    """Keep the plan's steps (unsaved rows) and start those that wait for nothing."""
    steps = list(steps)
    for place, step in enumerate(steps):
        step.ticket, step.position = row, place
    WorkStep.objects.bulk_create(steps)
    advance(row, actor=actor, at=at or timezone.now())


def advance(row: Ticket, *, actor: Any, at: datetime.datetime) -> None:
    """Start every step whose predecessors are over; tell the process when none is left."""
    side = planned_of(row)
    if side is not None and not side.begins(row):
        return
    while True:
        steps = list(WorkStep.objects.filter(ticket_id=row.pk).select_related("team", "assignee"))
        over = {step.key for step in steps if step.state in OVER}
        ready = [step for step in steps if step.state == StepState.WAITING and set(step.after) <= over]
        for step in ready:
            _start(row, step, at=at)
        # A step may be over at once: an order that needed nothing.
        if not any(step.state in OVER for step in WorkStep.objects.filter(pk__in=[s.pk for s in ready])):
            break
    if steps and not WorkStep.objects.filter(ticket_id=row.pk).exclude(state__in=OVER).exists():
        if side is not None:
            side.finished(row, at)


def _start(row: Ticket, step: WorkStep, *, at: datetime.datetime) -> None:
    step.state, step.started_at = StepState.ACTIVE, at
    step.save(update_fields=["state", "started_at"])
    core.record(
        row, "step_started", actor=None, at=at, public=bool(step.shown), activity=False,
        step=step.title, shown=step.shown or None,
    )  # fmt: skip
    side = planned_of(row)
    if step.kind == StepKind.ORDER and side is not None:
        try:
            with transaction.atomic():
                carrier = side.order(row, step, at)
        except OperationError as error:
            # Nothing is lost: somebody makes it by hand, and reads why.
            step.remark = error.message[:500]
            text = _("This request could not be made by itself: %(why)s") % {"why": error.message}
            carrier = open_task(row, step, at=at, description=f"{text}\n\n{step.instructions}".strip())
    else:
        carrier = open_task(
            row, step, at=at, description=step.instructions, assignee=_usable(step.assignee),
        )  # fmt: skip
    WorkStep.objects.filter(pk=step.pk).update(carrier=carrier, remark=step.remark)
    step.carrier = carrier
    if step.kind == StepKind.WEBHOOK and step.url:
        calls.prepare(carrier, row, step)
    elif step.kind == StepKind.ORDER:
        fresh = Ticket.objects.get(pk=carrier.pk)
        if fresh.is_over:  # over before it was known as the step's
            _end(row, step, _state_of(fresh), actor=None, at=at, remark=fresh.status_reason)


def open_task(
    row: Ticket, step: WorkStep, *, at: datetime.datetime, description: str, assignee: Any = None, actor: Any = None
) -> Ticket:
    """The task that carries a step."""
    name = f" – {row.requester.name}" if row.requester is not None else ""
    title = (step.title[: 200 - len(name)] + name)[:200]
    return tickets.open_ticket(
        TASK, actor=actor, title=title, description=description, service=_usable(row.service), impact=row.impact,
        urgency=row.urgency, team=_usable(step.team) or _usable(row.team), assignee=assignee, channel=Channel.SYSTEM,
        at=at, planned_seconds=step.planned_seconds, parent_id=row.pk,
    )  # fmt: skip


def _usable(thing: Any) -> Any:
    """A team or service that may have been retired since."""
    return thing if thing is not None and thing.is_active else None


def _state_of(carrier: Ticket) -> StepState:
    """What a carrier that is over makes of its step."""
    if carrier.status in ("failed", "rejected"):
        return StepState.FAILED
    return StepState.SKIPPED if carrier.status in ("not_needed", "cancelled") else StepState.DONE


def carrier_moved(carrier: Ticket, event: Event) -> None:
    """A task or request that carries a step came to its end, or was taken up again."""
    step = WorkStep.objects.filter(carrier_id=carrier.pk).select_related("ticket").first()
    if step is None or step.ticket.is_over:
        return
    row = core.lock(step.ticket, None, "view")
    if carrier.is_over:
        if step.state == StepState.ACTIVE:
            _end(row, step, _state_of(carrier), actor=event.actor, at=event.at, remark=carrier.status_reason)
            advance(row, actor=event.actor, at=event.at)
        return
    if step.state != StepState.ACTIVE:
        step.state, step.ended_at, step.remark = StepState.ACTIVE, None, ""
        step.save(update_fields=["state", "ended_at", "remark"])
    side = planned_of(row)
    if side is not None:
        side.progressed(row, event.at)


_EVENTS = {StepState.DONE: "step_done", StepState.SKIPPED: "step_skipped", StepState.FAILED: "step_failed"}


def _end(row: Ticket, step: WorkStep, state: StepState, *, actor: Any, at: datetime.datetime, remark: str = "") -> None:
    step.state, step.ended_at, step.remark = state, at, remark[:500]
    step.save(update_fields=["state", "ended_at", "remark"])
    public = bool(step.shown) and state == StepState.DONE
    core.record(
        row, _EVENTS[state], actor=actor, at=at, public=public, activity=state == StepState.FAILED,
        step=step.title, shown=step.shown or None, remark=None if public else remark or None,
        carrier=step.carrier.number if step.carrier is not None else None,
    )  # fmt: skip


def stop(row: Ticket, *, actor: Any, reason: str, at: datetime.datetime) -> None:
    """The ticket is over: steps to come are not needed, and tasks under way end."""
    steps = list(WorkStep.objects.filter(ticket_id=row.pk).exclude(state__in=OVER).select_related("carrier"))
    for step in steps:
        step.state, step.ended_at, step.remark = StepState.SKIPPED, at, reason[:500]
        step.save(update_fields=["state", "ended_at", "remark"])
    for step in steps:
        carrier = step.carrier
        if carrier is not None and not carrier.is_over:
            slug = "skip" if carrier.kind == TASK.kind else "cancel"
            tickets.transition(carrier, slug, actor=None, at=at, reason=reason)
