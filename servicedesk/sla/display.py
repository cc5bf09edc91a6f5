"""Clocks as people see them: chips for agents, promises for customers."""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.tickets import registry
from servicedesk.tickets.models import Ticket

from .business_time import WorkingHours
from .durations import written
from .engine import CLOCK, LATEST, clock_of
from .fold import elapsed, paused_seconds
from .models import AgreementType, Clock, ClockState
from .rules import AgreementRules, last_known, rules

#: Below this share of the target a chip turns amber.
SOON = 0.25
#: How far ahead pages know the calendars; one that stands open longer asks again with its next reload.
HORIZON = datetime.timedelta(days=15)


@dataclass(frozen=True)
class Chip:
    """What is due, in few words."""

    words: str
    tone: str  #: soon, late, paused, met, or none
    icon: str
    title: str = ""
    left: int = 0  #: working seconds until it is due, negative after; of one that ticks
    at: int = 0  #: when that was so, seconds since 1970
    calendar: int = 0
    soon: int = 0  #: below so many seconds it turns amber
    ticks: bool = False


def span_words(seconds: int) -> str:
    """``2 h 10 m``, ``35 m``: working time, hours at most, for a day's length depends on the calendar. due.js says the same."""
    minutes = abs(seconds) // 60
    if minutes < 1:
        return _("<1 m")
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(m)d m") % {"m": rest}
    return _("%(h)d h %(m)02d m") % {"h": hours, "m": rest} if hours < 10 else _("%(h)d h") % {"h": hours}


def left_of(due: datetime.datetime, hours: WorkingHours, now: datetime.datetime) -> int:
    """Working seconds until it is due, negative after."""
    return hours.between(now, due) if now <= due else -hours.between(due, now)


def moment_words(at: datetime.datetime) -> str:
    """``today 14:00``, ``Tuesday 14:00``, ``12 March 14:00``: in the viewer's zone, as one would say it."""
    local, today = timezone.localtime(at), timezone.localdate()
    days = (local.date() - today).days
    clock = f"{local:%H:%M}"
    if days == 0:
        return _("today %(time)s") % {"time": clock}
    if days == 1:
        return _("tomorrow %(time)s") % {"time": clock}
    if days == -1:
        return _("yesterday %(time)s") % {"time": clock}
    return f"{date_format(local, 'l' if 1 < days < 7 else 'j F')} {clock}"


def running_chip(
    due: datetime.datetime, target: int, calendar: int, hours: WorkingHours, now: datetime.datetime, name: str = ""
) -> Chip:
    """The chip of a clock that runs."""
    left = left_of(due, hours, now)
    soon = int(target * SOON)
    late = due < now
    words = _("breached %(time)s ago") if late else _("%(time)s left")
    title = _("%(name)s: due %(when)s") % {"name": name, "when": moment_words(due)} if name else moment_words(due)
    return Chip(
        words % {"time": span_words(left)}, "late" if late else "soon" if left < soon else "", "clock", title, left,
        int(now.timestamp()), calendar, soon, ticks=True,
    )  # fmt: skip


def paused_chip(target: int, done: int, name: str = "") -> Chip:
    """The chip of a clock that stands."""
    left = target - done
    title = (_("%(time)s left") if left >= 0 else _("%(time)s over")) % {"time": span_words(left)}
    return Chip(_("paused"), "late" if left < 0 else "paused", "pause", f"{name}: {title}" if name else title)


_ROWS = (
    "SELECT r.revision, c.ticket_id, c.agreement_id, c.state, c.due_at, c.target, c.elapsed, c.calendar_id"
    " FROM sla_configuration r LEFT JOIN sla_clock c ON c.ticket_id = ANY(%s) AND c.state <> 'stopped'"
    " AND c.goal_id IS NOT NULL"
)


def row_chips(ticket_ids: list[int]) -> dict[int, Chip]:
    """Ticket → the chip of what is due next, or of a pause where nothing runs; one query."""
    if not ticket_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [ticket_ids])
        rows = cursor.fetchall()
    if not rows:
        return {}
    current, now = rules(rows[0][0]), timezone.now()
    best: dict[int, tuple[Any, ...]] = {}
    for _revision, ticket, agreement, state, due, target, done, calendar in rows:
        if ticket is None or calendar not in current.hours:
            continue
        runs = state == ClockState.RUNNING and due is not None
        if not runs and done is None:
            continue
        rank = (0, due.timestamp()) if runs else (1, target - done)
        if ticket not in best or rank < best[ticket][0]:
            best[ticket] = (rank, runs, due, target, done, calendar, agreement)
    return {
        ticket: running_chip(due, target, calendar, current.hours[calendar], now, _metric(current.by_id.get(agreement)))
        if runs
        else paused_chip(target, done, _metric(current.by_id.get(agreement)))
        for ticket, (_rank, runs, due, target, done, calendar, agreement) in best.items()
    }


def _metric(agreement: AgreementRules | None) -> str:
    return agreement.metric if agreement is not None else ""


_hours: tuple[int, int, list[tuple[int, str]]] = (0, 0, [])


def coming_hours() -> list[tuple[int, str]]:
    """(calendar, its open stretches in the coming two weeks as ``from-to`` in seconds since 1970); kept for an hour."""
    global _hours
    current = last_known()
    hour = int(time.time() // 3600)
    if _hours[:2] != (current.revision, hour):
        start = datetime.datetime.fromtimestamp(hour * 3600, datetime.UTC)
        found = []
        for pk, hours in current.hours.items():
            stretches = hours.intervals(start, start + HORIZON)
            found.append((pk, " ".join(f"{int(a.timestamp())}-{int(b.timestamp())}" for a, b in stretches)))
        _hours = (current.revision, hour, found)
    return _hours[2]


# --- The ticket page ----------------------------------------------------------------------------------


@dataclass
class ClockCard:
    """A clock on the ticket page."""

    name: str
    metric: str
    chip: Chip
    share: int  #: of the target that is used, per cent, at most 100
    about: str
    due: datetime.datetime | None
    was_due: bool
    pauses: list[dict[str, Any]] = field(default_factory=list)


_TICKET = (
    "SELECT r.revision, EXISTS (SELECT 1 FROM sla_page WHERE ticket_id = %s AND acknowledged_at IS NULL),"  # noqa: S608
    f" {CLOCK} {LATEST}"
)


def clocks_of(ticket: Ticket) -> tuple[list[ClockCard], bool]:
    """The latest cycle of each agreement on a ticket, what is due first on top, and whether somebody is being paged; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_TICKET, [ticket.pk, ticket.pk])
        rows = cursor.fetchall()
    if not rows:
        return [], False
    current, now = rules(rows[0][0]), timezone.now()
    cards = []
    for row in rows:
        if row[2] is None:
            continue
        clock = clock_of(row[2:])
        agreement = current.by_id.get(clock.agreement_id)
        if agreement is not None and clock.goal_id is not None and clock.calendar_id in current.hours:
            cards.append((_rank(clock), _card(ticket, clock, agreement, current.hours[clock.calendar_id], now)))  # type: ignore[index]
    cards.sort(key=lambda item: item[0])
    return [card for _order, card in cards], rows[0][1]


def _rank(clock: Clock) -> tuple[int, float]:
    order = {ClockState.RUNNING: 0, ClockState.PAUSED: 1, ClockState.STOPPED: 2}[ClockState(clock.state)]
    return order, clock.due_at.timestamp() if clock.due_at else 0.0


def _card(
    ticket: Ticket, clock: Clock, agreement: AgreementRules, hours: WorkingHours, now: datetime.datetime
) -> ClockCard:
    target = clock.target or 1
    running = clock.state == ClockState.RUNNING
    done = elapsed(clock, hours, now) // 1_000_000 if running else clock.elapsed or 0
    if running and clock.due_at is not None:
        chip = running_chip(clock.due_at, target, clock.calendar_id or 0, hours, now)
    elif clock.state == ClockState.PAUSED:
        chip = paused_chip(target, done)
    elif clock.breached_at is None:
        chip = Chip(_("met in %(time)s") % {"time": span_words(done)}, "met", "check")
    else:
        chip = Chip(_("breached, took %(time)s") % {"time": span_words(done)}, "late", "clock")
    about = _("%(target)s of working time, %(done)s used") % {"target": written(target), "done": span_words(done)}
    if clock.cycle > 1:
        about += " · " + _("cycle %(n)d") % {"n": clock.cycle}
    if clock.breached_at not in (None, clock.due_at) and clock.state != ClockState.STOPPED:
        about += " · " + _("breached %(when)s") % {"when": moment_words(clock.breached_at)}
    if stood := paused_seconds(clock):
        about += " · " + _("stood for %(time)s") % {"time": span_words(stood)}
    return ClockCard(
        agreement.name, agreement.metric, chip, min(100, done * 100 // target), about, clock.due_at,
        running and clock.due_at is not None and clock.due_at < now, _pauses(ticket, clock),
    )  # fmt: skip


def _pauses(ticket: Ticket, clock: Clock) -> list[dict[str, Any]]:
    states = registry.get(ticket.kind).lifecycle
    found = []
    for begin, end, status, reason in clock.pauses:
        try:
            label = str(states.state(status).label)
        except KeyError:
            label = status
        if reason is None and end is None:
            continue  # stopped, and still so
        found.append(
            {
                "start": datetime.datetime.fromisoformat(begin),
                "end": datetime.datetime.fromisoformat(end) if end else None,
                "label": label,
                "reason": reason or "",
            }
        )
    return found


# --- Customers ------------------------------------------------------------------------------------------


def promises_of(ticket: Ticket) -> list[dict[str, Any]]:
    """What a customer is told: each running promise in plain words, and whether it is late; one query.

    Only agreements with customers, and only metrics that have words for it.
    """
    clocks = Clock.objects.filter(ticket=ticket, goal__isnull=False, due_at__isnull=False, state=ClockState.RUNNING)
    rows = list(clocks.order_by("due_at").values_list("agreement_id", "due_at"))
    if not rows:
        return []
    known, now = rules().by_id, timezone.now()
    found = []
    for agreement_id, due in rows:
        if due is None:
            continue
        agreement = known.get(agreement_id)
        if agreement is None or agreement.type != AgreementType.SLA or not agreement.promise:
            continue
        text = agreement.promise.format(when=moment_words(due))
        found.append({"text": text, "late": due < now, "due": due})
    return found


def moved_words(count: int) -> str:
    """How many open clocks a change moves, in a sentence."""
    return ngettext("This moves %(n)d open clock.", "This moves %(n)d open clocks.", count) % {"n": count}
