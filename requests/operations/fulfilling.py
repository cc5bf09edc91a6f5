"""From an approved request to a fulfilled one: its tasks, and what their states make of it."""

from __future__ import annotations

import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import fulfilment, versions
from servicedesk.approvals import operations as approvals
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.models import Event, Ticket
from servicedesk.tickets.operations import core
from servicedesk.work import engine
from servicedesk.work.models import OVER, StepState, Task, WorkStep

from ..lifecycle import AT_WORK
from ..models import ServiceRequest
from ..showing import condition_facts, placeholders


def open_steps(row: Ticket) -> list[WorkStep]:
    """Steps of the plan that are not over."""
    return list(WorkStep.objects.filter(ticket_id=row.pk).exclude(state__in=OVER))


def start(ticket: Ticket, *, at: datetime.datetime) -> None:
    """Begin the plan of a request that is in fulfilment now."""
    row = core.lock(ticket, None, "view")
    request = ServiceRequest.objects.select_related(
        "offering_version", "offering__service__team", "ordered_by", "requester"
    ).get(pk=row.pk)
    steps = fulfilment.steps_for(
        versions.plan_of(request.offering_version), condition_facts(request), placeholders(request),
        request.offering.service.team,
    )  # fmt: skip
    if steps:
        engine.begin(row, steps, actor=None, at=at)


def moved(row: Ticket, event: Event) -> None:
    """What follows when a request's state changed; called in the same transaction."""
    slug = event.data.get("step")
    if row.status in ("cancelled", "rejected"):
        approvals.cancel(row, actor=event.actor, at=event.at)
        reason = row.status_reason or _("The request was cancelled.")
        engine.stop(row, actor=event.actor, reason=reason, at=event.at)
    elif event.changes.get("status", ["", ""])[0] == "submitted" and row.status == "in_fulfilment" and slug != "begin":
        start(row, at=event.at)  # taken by an agent
    elif slug == "begin" and event.actor is not None:
        start(row, at=event.at)
    engine.carrier_moved(row, event)


def all_steps_over(row: Ticket, *, at: datetime.datetime) -> None:
    """Every step is done or not needed: the request is fulfilled."""
    fresh = Ticket.objects.get(pk=row.pk)
    if fresh.status in AT_WORK:
        tickets.transition(fresh, "fulfil", actor=None, at=at, resolution=_("Everything that was to do is done."))


def follow_tasks(row: Ticket, *, at: datetime.datetime) -> None:
    """Wait while all that is at work waits; go on when something goes on."""
    fresh = Ticket.objects.get(pk=row.pk)
    at_work = WorkStep.objects.filter(ticket_id=row.pk, state=StepState.ACTIVE).exclude(carrier=None)
    statuses = list(at_work.values_list("carrier__status", "carrier__status_reason"))
    waiting = [reason for status, reason in statuses if status == "waiting"]
    if statuses and len(waiting) == len(statuses):
        if fresh.status == "in_fulfilment":
            tickets.transition(fresh, "wait", actor=None, at=at, reason=waiting[0] or _("A task waits."))
    elif fresh.status == "waiting" and Task.objects.filter(parent_id=row.pk).exists():
        tickets.transition(fresh, "resume", actor=None, at=at)


def approved(ticket: Ticket, *, at: datetime.datetime | None = None) -> None:
    """The approval was given."""
    at = at or timezone.now()
    row = tickets.transition(ticket, "approve", actor=None, at=at)
    start(row, at=at)


def refused(ticket: Ticket, *, reason: str, at: datetime.datetime | None = None) -> None:
    """The approval was refused, or nobody decided in time."""
    tickets.transition(ticket, "reject", actor=None, at=at or timezone.now(), reason=reason)
