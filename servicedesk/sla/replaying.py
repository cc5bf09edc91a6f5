"""Rebuilding clocks from events for an admin, and writing them out."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Iterator
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet

from servicedesk.tickets.models import Ticket

from .engine import Difference, rebuild
from .fold import elapsed, paused_seconds, settle
from .models import Clock, ClockState
from .present import database_now
from .rules import rules

CHUNK = 200
COLUMNS = (
    "number", "external_reference", "agreement", "cycle", "started", "due", "stopped", "paused_seconds",
    "elapsed_seconds", "breached_at",
)  # fmt: skip


def replay_tickets(
    tickets: QuerySet[Ticket], *, check: bool, finished: bool, progress: Callable[[int], None] = lambda n: None
) -> Iterator[Difference]:
    """Rebuild (or with ``check`` only compare) the clocks of these tickets; yields what differed.

    Nothing fires for the past of a clock that was not there. Chunks are
    transactions of their own; memory stays constant.
    """
    last = 0
    while True:
        with transaction.atomic():
            rows = tickets.filter(pk__gt=last).order_by("pk")
            if not check:
                rows = rows.select_for_update(of=("self",))
            chunk = list(rows[:CHUNK])
            now = database_now()
            current = rules()
            found: list[Difference] = []
            for kind, agreements in current.by_kind.items():
                of_kind = [ticket for ticket in chunk if ticket.kind == kind]
                if of_kind:
                    found += rebuild(
                        of_kind, agreements, now=now, quiet_until=now, moved=False, finished=finished, write=not check
                    )
        yield from found
        if not chunk:
            return
        last = chunk[-1].pk
        progress(len(chunk))


def _time(at: datetime.datetime | None) -> str:
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def export(out: IO[str], *, agreement: str = "") -> int:
    """Write every clock as CSV (COLUMNS; instants in UTC, durations in whole seconds); returns how many.

    ``elapsed_seconds`` is working time of the goal's calendar, up to now for a
    clock that runs; ``paused_seconds`` is real time in pausing states.
    """
    now = database_now()
    hours = rules().hours
    clocks = Clock.objects.select_related("ticket", "agreement").order_by("ticket", "agreement", "cycle")
    clocks = clocks.only(*_NEEDED)
    if agreement:
        clocks = clocks.filter(agreement__name=agreement)
    writer: Any = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for clock in clocks.iterator(chunk_size=2000):
        count += 1
        settle(clock, now)
        done: int | str = clock.elapsed if clock.elapsed is not None else ""
        if clock.state == ClockState.RUNNING and clock.calendar_id is not None and clock.calendar_id in hours:
            done = elapsed(clock, hours[clock.calendar_id], now) // 1_000_000
        writer.writerow(
            [
                clock.ticket.number, clock.ticket.external_ref, clock.agreement.name, clock.cycle, _time(clock.started_at),
                _time(clock.due_at), _time(clock.stopped_at), paused_seconds(clock), done, _time(clock.breached_at),
            ]
        )  # fmt: skip
    return count


_NEEDED = (
    *(field.name for field in Clock._meta.concrete_fields if field.name not in ("fired", "next_at")),
    "ticket__number", "ticket__external_ref", "agreement__name",
)  # fmt: skip
