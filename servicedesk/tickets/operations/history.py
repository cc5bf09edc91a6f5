"""Taking over what happened elsewhere: a ticket's past as events in the past.

The one operation that does not walk the lifecycle: another system's history is
recorded as it was, step by step, and nobody is told of it. It works on many
tickets at once, because a company's past is large.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from .. import outbox
from ..markdown import render
from ..models import Event, StatusCategory, Ticket
from ..registry import Process
from . import core


@dataclass
class Step:
    """What another system recorded at one moment: the ticket's fields from then on."""

    at: datetime.datetime
    values: dict[str, Any]  #: fields of Ticket; ``status`` is a state of the process
    source: dict[str, Any]  #: kept with the event, JSON: where it stands in the source, who did it there


@dataclass
class Past:
    """One ticket's history, oldest first. ``ticket`` is set where the ticket is known already."""

    external_ref: str
    opened_at: datetime.datetime
    opening: dict[str, Any]  #: fields of Ticket at its opening
    steps: list[Step] = field(default_factory=list)
    ticket: Ticket | None = None


def _kind(changes: core.Changes) -> str:
    if "status" in changes:
        return "moved"
    if {"team", "assignee"} & set(changes):
        return "assigned"
    return "changed" if changes else "recorded"


def _apply(ticket: Ticket, step: Step, before: datetime.datetime) -> Event:
    """Bring an unsaved ticket up to a step and make its event; never earlier than ``before``."""
    at = max(step.at, before)
    values = dict(step.values)
    state = ticket.process.lifecycle.state(values.get("status", ticket.status))
    if "status" in values and state.slug != ticket.status:
        values["status_category"] = state.category
        over = state.category in (StatusCategory.RESOLVED, StatusCategory.CLOSED)
        values["resolved_at"] = (ticket.resolved_at or at) if over else None
        values["closed_at"] = at if state.category == StatusCategory.CLOSED else None
        if not over and ticket.is_over:
            values |= {"resolution": "", "resolution_code": None}
    changes = core.set_fields(ticket, values)
    ticket.version += 1
    ticket.activity_at = at
    return Event(
        kind=_kind(changes), at=at, version=ticket.version, is_public="status" in changes,
        data={**({"changes": changes} if changes else {}), "source": step.source},
    )  # fmt: skip


def _new_ticket(process: Process, past: Past) -> Ticket:
    state = process.lifecycle.state(process.lifecycle.initial)
    ticket = Ticket(
        kind=process.kind, external_ref=past.external_ref, opened_at=past.opened_at, activity_at=past.opened_at,
        status=state.slug, status_category=state.category, version=1, **past.opening,
    )  # fmt: skip
    ticket.description_html = render(ticket.description)
    return ticket


def _numbers(process: Process, count: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [process.sequence, count])
        return [f"{process.prefix}-{row[0]}" for row in cursor.fetchall()]


@transaction.atomic
def record_history(process: Process, pasts: Iterable[Past]) -> list[Ticket]:
    """Record several tickets' histories, all or nothing; returns the tickets as they are at the end.

    A new ticket gets an event ``opened`` at ``opened_at``, and every step one
    event at its time, or at the time of the event before it where the source's
    clock went back: the order is what happened. The process's own table gets
    its defaults.
    """
    fresh: list[Ticket] = []
    known: list[Ticket] = []
    events: list[tuple[Ticket, Event]] = []
    for past in pasts:
        if past.ticket is None:
            ticket = _new_ticket(process, past)
            fresh.append(ticket)
            data = {"channel": ticket.channel}
            events.append((ticket, Event(kind="opened", at=past.opened_at, version=1, is_public=True, data=data)))
        else:
            ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=past.ticket.pk)
            known.append(ticket)
        before = ticket.activity_at
        for step in past.steps:
            event = _apply(ticket, step, before)
            before = event.at
            events.append((ticket, event))
    for ticket, number in zip(fresh, _numbers(process, len(fresh)), strict=True):
        ticket.number = number
    Ticket.objects.bulk_create(fresh)
    if fresh:
        own = process.model._meta
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{own.db_table}" ("{own.pk.column}") SELECT unnest(%s::bigint[])',
                [[ticket.pk for ticket in fresh]],
            )
    for ticket in known:
        ticket.save()
    for ticket, event in events:
        event.ticket_id = ticket.pk
    Event.objects.bulk_create([event for _ticket, event in events], batch_size=2000)
    tickets = [*fresh, *known]
    outbox.history_recorded.send(sender=Event, tickets=tickets)
    return tickets
