"""Firing what falls due.

A clock's ``next_at`` is in a partial index, so a sweep that finds nothing costs
the same for any number of clocks. What is due is claimed with ``FOR UPDATE …
SKIP LOCKED``, clock and ticket together, so that sweeps beside each other and
agents at work never wait for each other; firings, events and the next instants
are written and committed in one transaction. PostgreSQL's clock decides
what is due: a worker with a wrong clock does no harm. The actions that a rule
calls for are rows of their own (reactions.py), done after the commit.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import structlog
from django.db import connection, transaction

from servicedesk.tickets.models import Ticket
from servicedesk.tickets.operations import core

from . import configuring
from .engine import CLOCK, clock_of
from .fold import BREACH, pending, settle
from .models import Clock, EscalationAction, Reaction
from .rules import AgreementRules, Threshold, rules

BATCH = 400
#: Clocks of an agreement just edited that one sweep brings up to its revision.
STALE = 40
#: When a clock that cannot be computed is tried again.
LATER = datetime.timedelta(minutes=5)

log = structlog.get_logger(__name__)

_DUE = (
    f"SELECT statement_timestamp(), t.id, t.number, t.version, {CLOCK}"  # noqa: S608 (our own column names)
    " FROM sla_clock c JOIN tickets_ticket t ON t.id = c.ticket_id"
    " WHERE c.next_at <= statement_timestamp() ORDER BY c.next_at LIMIT %s FOR UPDATE OF c, t SKIP LOCKED"
)
#: What of a ticket is read with it; more is fetched only if somebody asks.
_TICKET = ["id", "number", "version"]


def sweep(limit: int = BATCH) -> int:
    """Fire up to ``limit`` due clocks in one transaction; returns how many were claimed."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_DUE, [limit])
            rows = cursor.fetchall()
        if not rows:
            return 0
        now: datetime.datetime = rows[0][0]
        known = rules().by_id
        tickets: dict[int, Ticket] = {}
        items: list[tuple[Ticket, str, bool, dict[str, Any]]] = []
        fired: list[tuple[Clock, Threshold, datetime.datetime, int]] = []
        clocks: list[Clock] = []
        stale: list[Clock] = []
        for row in rows:
            clock = clock_of(row[4:])
            ticket = tickets.get(clock.ticket_id)
            if ticket is None:
                ticket = tickets[clock.ticket_id] = Ticket.from_db("default", _TICKET, row[1:4])
            agreement = known.get(clock.agreement_id)
            if agreement is not None and clock.revision != agreement.revision:
                stale.append(clock)
                continue
            clocks.append(clock)
            if agreement is None:
                clock.next_at = None  # the agreement is not active any more
                continue
            told, before = (len(items), len(fired)), clock.fired
            try:
                _fire(agreement, clock, ticket, now, items, fired)
            except Exception:
                # One that cannot be computed must not hold the others up for ever.
                log.exception("clock_cannot_be_computed", clock=clock.pk)
                del items[told[0] :], fired[told[1] :]
                clock.next_at, clock.fired = now + LATER, before
        events = core.record_many(items, at=now) if items else []
        _keep(fired, [event.pk for event in events], now)
        _advance(clocks)
        if stale:
            configuring.catch_up(stale[:STALE])
    return len(rows)


def _fire(
    agreement: AgreementRules, clock: Clock, ticket: Ticket, now: datetime.datetime,
    items: list[tuple[Ticket, str, bool, dict[str, Any]]],
    fired: list[tuple[Clock, Threshold, datetime.datetime, int]],
) -> None:  # fmt: skip
    """Collect what of a clock is due, and set its next instant."""
    clock.next_at = None
    for at, threshold in pending(agreement, clock, now):
        if at > now:
            clock.next_at = at
            break
        words: dict[str, Any] = {"agreement": agreement.name, "metric": agreement.metric, "cycle": clock.cycle}
        if clock.due_at is not None:
            words["due"] = clock.due_at.isoformat()
        if threshold is not None:
            fired.append((clock, threshold, at, len(items)))
            clock.fired = [*clock.fired, threshold.pk]
            items.append((ticket, "escalated", False, {**words, "at": threshold.at, "amount": threshold.amount}))
        else:
            settle(clock, now)
            clock.fired = [*clock.fired, BREACH]
            if clock.quiet_until is None or at > clock.quiet_until:
                items.append((ticket, "breached", False, words))


def _keep(fired: Sequence[tuple[Clock, Threshold, datetime.datetime, int]], events: list[int], now: Any) -> None:
    """The record of each firing, unique in the database, and the actions it calls for."""
    if not fired:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sla_firing (clock_id, rule_id, threshold_at, event_id, fired_at)"
            " SELECT *, %s FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[])"
            " RETURNING id, rule_id",
            [
                now,
                [clock.pk for clock, _threshold, _at, _place in fired],
                [threshold.pk for _clock, threshold, _at, _place in fired],
                [at for _clock, _threshold, at, _place in fired],
                [events[place] for _clock, _threshold, _at, place in fired],
            ],
        )
        firings = cursor.fetchall()
    actions: dict[int, list[int]] = {}
    wanted = {threshold.pk for _clock, threshold, _at, _place in fired}
    for pk, rule in EscalationAction.objects.filter(rule__in=wanted).values_list("pk", "rule_id"):
        actions.setdefault(rule, []).append(pk)
    reactions = [
        Reaction(firing_id=pk, action_id=action, try_at=now) for pk, rule in firings for action in actions.get(rule, ())
    ]
    if reactions:
        made = Reaction.objects.bulk_create(reactions)
        ids = [reaction.pk for reaction in made]
        transaction.on_commit(lambda: _send(ids), robust=True)


def _send(ids: list[int]) -> None:
    from .tasks import react

    for start in range(0, len(ids), 50):
        react.delay(ids[start : start + 50])  # lost ones are found by the sweep


def _advance(clocks: Sequence[Clock]) -> None:
    """Write what a sweep changes of clocks, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sla_clock SET next_at = new.next_at, breached_at = new.breached_at, fired = new.fired::bigint[]"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[])"
            " AS new (id, next_at, breached_at, fired) WHERE sla_clock.id = new.id",
            [
                [clock.pk for clock in clocks],
                [clock.next_at for clock in clocks],
                [clock.breached_at for clock in clocks],
                ["{" + ",".join(map(str, clock.fired)) + "}" for clock in clocks],
            ],
        )
