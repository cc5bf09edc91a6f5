"""Clocks in the database: kept right inside the transaction of every operation, or rebuilt from events.

:func:`on_event` hears of every event as it is recorded and touches only what
the event touches, with one query where it touches nothing. Where an event alone
does not tell (a goal that matches for the first time, a reopening), the ticket's
history is replayed. :func:`rebuild` does that for many tickets at once.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Min
from django.utils import timezone

from servicedesk.tickets import outbox
from servicedesk.tickets.language import facts_of
from servicedesk.tickets.models import Event, Ticket
from servicedesk.tickets.operations import core

from .fold import COMPUTED, react, replay, set_next, settle
from .happenings import Happening, happening_of, history_of, matters
from .models import Clock, ClockState, Trigger
from .rules import AgreementRules, rules

_COLUMNS = tuple(field.column for field in Clock._meta.concrete_fields)
#: What :func:`clock_of` reads, of a table ``c``.
CLOCK = ", ".join(f"c.{name}" for name in _COLUMNS)
_ATTRIBUTES = tuple(field.attname for field in Clock._meta.concrete_fields)
_JSON = (_COLUMNS.index("spans"), _COLUMNS.index("pauses"))
#: The configuration (``r``) and the latest cycle of each agreement on a ticket (``c``), if any.
LATEST = (
    "FROM sla_configuration r LEFT JOIN (SELECT DISTINCT ON (agreement_id) * FROM sla_clock"
    " WHERE ticket_id = %s ORDER BY agreement_id, cycle DESC) c ON true"
)
#: What :func:`_write` brings up to date in a row that is there.
_WRITTEN = tuple(
    name for name in _ATTRIBUTES if name not in ("id", "ticket_id", "agreement_id", "cycle")
)  # fmt: skip


def clock_of(row: Sequence[Any]) -> Clock:
    """A clock from a row of all its columns in order."""
    values = list(row)
    for place in _JSON:
        if isinstance(values[place], str):
            values[place] = json.loads(values[place])
    return Clock.from_db("default", _ATTRIBUTES, values)


def _latest(ticket_id: int) -> tuple[int | None, dict[int, Clock]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT r.revision, {CLOCK} {LATEST}", [ticket_id])
        rows = cursor.fetchall()
    if not rows:
        return None, {}
    clocks = [clock_of(row[1:]) for row in rows if row[1] is not None]
    return rows[0][0], {clock.agreement_id: clock for clock in clocks}


def on_event(event: Event, ticket: Ticket) -> None:
    """Bring the ticket's clocks up to an event just recorded; inside the operation's transaction, the ticket locked."""
    if not matters(event):
        return
    revision, latest = _latest(ticket.pk)
    if revision is None:
        return
    what: Happening | None = None
    changed: list[Clock] = []
    history: list[Happening] | None = None
    now = timezone.now()
    for agreement in rules(revision).by_kind.get(ticket.kind, ()):
        if what is None:
            what = happening_of(event, facts_of(ticket), ticket.status_reason)
        clock = latest.get(agreement.pk)
        if _in_doubt(agreement, clock, what):
            history = history or history_of(ticket, Event.objects.filter(ticket_id=ticket.pk, pk__lte=event.pk))
            cycles = replay(agreement, history)
            known = {row.cycle: row for row in Clock.objects.filter(ticket_id=ticket.pk, agreement_id=agreement.pk)}
            for fresh in cycles:
                old = known.get(fresh.cycle)
                if old is not None and old.state == fresh.state == ClockState.STOPPED:
                    continue  # finished, perhaps under earlier rules: it stays
                _adopt(fresh, old, ticket.pk, agreement)
                _ready(agreement, fresh, now)
                changed.append(fresh)
                latest[agreement.pk] = fresh
        elif _touched(agreement, clock, what):
            fresh_clock = react(agreement, clock, what)
            if fresh_clock is None or fresh_clock.target is None:
                continue
            fresh_clock.ticket_id, fresh_clock.agreement_id = ticket.pk, agreement.pk
            _ready(agreement, fresh_clock, now)
            changed.append(fresh_clock)
            latest[agreement.pk] = fresh_clock
    if not changed:
        return
    _write(changed)
    due = next_due(latest.values())
    if due != ticket.due_at:
        core.set_due(ticket, due)


def _ready(agreement: AgreementRules, clock: Clock, now: datetime.datetime) -> None:
    if outbox.is_silent():
        clock.quiet_until = now
    set_next(agreement, clock)


def _adopt(fresh: Clock, known: Clock | None, ticket_id: int, agreement: AgreementRules) -> None:
    """Give a replayed clock its place, and what does not follow from events."""
    fresh.ticket_id, fresh.agreement_id = ticket_id, agreement.pk
    if known is None:
        return
    fresh.pk, fresh.fired, fresh.quiet_until = known.pk, known.fired, known.quiet_until
    if known.breached_at is not None and (fresh.breached_at is None or known.breached_at < fresh.breached_at):
        # Remembered for ever, whatever today's rules make of it.
        fresh.breached_at, fresh.breach_kept = known.breached_at, True
    else:
        fresh.breach_kept = False


def _touched(agreement: AgreementRules, clock: Clock | None, what: Happening) -> bool:
    """Whether the event changes anything about the clock but what :func:`fold.settle` would find anyway."""
    if clock is None or clock.state == ClockState.STOPPED:
        return bool(agreement.starts & what.triggers)
    if what.before is not what.facts or agreement.stops & what.triggers:
        return True
    paused = clock.state == ClockState.PAUSED
    return paused != (what.category in agreement.pauses) or (
        paused and clock.pauses[-1][2:] != [what.status, what.reason]
    )


def _in_doubt(agreement: AgreementRules, clock: Clock | None, what: Happening) -> bool:
    """Whether cycles that no goal matched so far, and that are therefore not kept, may come to count."""
    if Trigger.OPENED in what.triggers or (clock is not None and clock.state != ClockState.STOPPED):
        return False
    if agreement.continues and Trigger.REOPENED in agreement.starts & what.triggers:
        return True
    changed = what.before is not what.facts
    return changed and agreement.goal_for(what.facts) is not None and agreement.goal_for(what.before) is None


def next_due(clocks: Iterable[Clock]) -> datetime.datetime | None:
    """When the first of a ticket's running promises is due."""
    return min(
        (c.due_at for c in clocks if c.state == ClockState.RUNNING and c.due_at is not None and c.goal_id is not None),
        default=None,
    )


def _write(clocks: Sequence[Clock]) -> None:
    """Insert or update, in one statement."""
    for clock in clocks:
        clock.pk = clock.pk or None
    fresh = [clock for clock in clocks if clock.pk is None]
    if len(clocks) == 1 and not fresh:
        clocks[0].save(force_update=True, update_fields=_WRITTEN)
        return
    if fresh:
        Clock.objects.bulk_create(
            fresh, update_conflicts=True, unique_fields=["ticket", "agreement", "cycle"], update_fields=_WRITTEN
        )
    known = [clock for clock in clocks if clock not in fresh]
    if known:
        Clock.objects.bulk_create(known, update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN)


# --- Many tickets, from their events ---------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """Where a kept clock is not what its ticket's events say."""

    number: str
    agreement: str
    cycle: int
    field: str
    kept: Any
    replayed: Any


def differences(kept: Clock | None, replayed: Clock | None) -> list[tuple[str, Any, Any]]:
    """(field, kept, replayed) of what follows from events and is not the same."""
    if kept is None or replayed is None:
        return [("clock", "there" if kept else "missing", "there" if replayed else "missing")]
    fields = [name for name in COMPUTED if not (name == "breached_at" and kept.breach_kept)]
    return [
        (name, getattr(kept, name), getattr(replayed, name))
        for name in fields
        if getattr(kept, name) != getattr(replayed, name)
    ]


def rebuild(
    tickets: Sequence[Ticket],
    agreements: Sequence[AgreementRules],
    *,
    now: datetime.datetime,
    quiet_until: datetime.datetime | None = None,
    moved: bool = True,
    finished: bool = True,
    write: bool = True,
) -> list[Difference]:
    """Replay agreements on tickets from their events and return how the kept clocks differed.

    The tickets are locked by the caller if ``write``. ``finished`` False leaves
    stopped clocks as they are. Thresholds up to ``quiet_until`` will fire nothing,
    of clocks that were not there before, and unless ``moved`` is False of the others:
    but what was due already and waited for the sweep still fires.
    """
    ids = [ticket.pk for ticket in tickets]
    events: dict[int, list[Event]] = {pk: [] for pk in ids}
    for event in Event.objects.filter(ticket__in=ids).order_by("ticket_id", "pk"):
        events[event.ticket_id].append(event)
    kept: dict[tuple[int, int], dict[int, Clock]] = {}
    for clock in Clock.objects.filter(ticket__in=ids, agreement__in=[agreement.pk for agreement in agreements]):
        kept.setdefault((clock.ticket_id, clock.agreement_id), {})[clock.cycle] = clock
    found: list[Difference] = []
    changed: list[Clock] = []
    gone: list[int] = []
    for ticket in tickets:
        history = history_of(ticket, events[ticket.pk])
        for agreement in agreements:
            before = kept.get((ticket.pk, agreement.pk), {})
            after = {clock.cycle: clock for clock in replay(agreement, history)}
            for cycle in sorted({*before, *after}):
                old, new = before.get(cycle), after.get(cycle)
                if old is not None and old.state == ClockState.STOPPED and not finished:
                    if write:
                        continue
                    if old.revision != agreement.revision:
                        continue  # finished under earlier rules
                if old is not None and moved and quiet_until is not None:
                    settle(old, quiet_until)  # what the earlier rules made of it until they changed
                remembered = old.breached_at if old is not None else None
                for each in filter(None, (old, new)):
                    settle(each, now)
                found += [Difference(ticket.number, agreement.name, cycle, *what) for what in differences(old, new)]
                if old is not None:
                    old.breached_at = remembered  # what is only now seen of a wrong clock is no memory
                if new is None:
                    gone.append(old.pk)  # type: ignore[union-attr]
                    continue
                _adopt(new, old, ticket.pk, agreement)
                if quiet_until is not None and (moved or old is None):
                    new.quiet_until = _quiet(old, quiet_until)
                set_next(agreement, new)
                changed.append(new)
    if write:
        if gone:
            Clock.objects.filter(pk__in=gone).delete()
        _write(changed)
        refresh_due(tickets)
    return found


def _quiet(old: Clock | None, until: datetime.datetime) -> datetime.datetime:
    if old is None:
        return until
    if old.next_at is not None and old.next_at <= until:
        # Two, for a breach is waited for a microsecond after its instant.
        until = old.next_at - datetime.timedelta(microseconds=2)
    return max(until, old.quiet_until or until)


def refresh_due(tickets: Sequence[Ticket]) -> None:
    """Bring ``Ticket.due_at`` up to the clocks; two queries."""
    running = Clock.objects.filter(
        ticket__in=tickets, state=ClockState.RUNNING, due_at__isnull=False, goal__isnull=False
    )
    due = dict(running.values("ticket").annotate(first=Min("due_at")).values_list("ticket", "first").order_by())
    core.set_due_many(
        {ticket.pk: due.get(ticket.pk) for ticket in tickets if due.get(ticket.pk) != ticket.due_at}
    )  # fmt: skip


def on_history(tickets: Sequence[Ticket]) -> None:
    """Another system's past was recorded: clocks for it, that fire nothing for what is over."""
    now = timezone.now()
    current = rules()
    for kind, agreements in current.by_kind.items():
        of_kind = [ticket for ticket in tickets if ticket.kind == kind]
        if of_kind:
            rebuild(of_kind, agreements, now=now, quiet_until=now)
