"""What a clock becomes when something happens: the whole engine, without a database.

A clock is a pure function of the events so far, the agreement, and the present:
:func:`react` takes one event after another, :func:`settle` brings a clock up to
an instant. Doing so event by event as they happen, or all at once from the
ticket's history, gives the same clocks.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from .business_time import WorkingHours
from .happenings import Happening
from .models import Clock, ClockState, Trigger
from .rules import AgreementRules, GoalRule, Threshold

_MICRO = datetime.timedelta(microseconds=1)
#: Fields that follow from events and agreement: what a comparison of clocks compares.
COMPUTED = (
    "cycle", "goal_id", "calendar_id", "target", "goal_since", "state", "started_at", "stopped_at", "spans", "pauses",
    "due_at", "breached_at", "elapsed",
)  # fmt: skip


def _iso(at: datetime.datetime) -> str:
    return at.astimezone(datetime.UTC).isoformat()


def _instant(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def boundary(clock: Clock) -> datetime.datetime:
    """The last instant a clock knows of: nothing happens to it before."""
    last = clock.started_at
    for begin, end, *_why in (*clock.spans[-1:], *clock.pauses[-1:]):
        last = max(last, _instant(end or begin))
    return max(last, clock.goal_since, clock.stopped_at or last)


# --- Working time -----------------------------------------------------------------------------


def elapsed(clock: Clock, hours: WorkingHours, now: datetime.datetime | None = None) -> int:
    """Working microseconds it ran, up to ``now`` if it still does."""
    total = 0
    for begin, end in clock.spans:
        stop = _instant(end) if end else now
        if stop is not None:
            total += hours.microseconds(_instant(begin), stop)
    return total


def reached(clock: Clock, hours: WorkingHours, amount: int) -> datetime.datetime | None:
    """When it had, or will have, run for ``amount`` working microseconds; None if it stands before that."""
    done = 0
    for begin, end in clock.spans:
        start = _instant(begin)
        if end is None:
            try:
                return hours.add_microseconds(start, amount - done)
            except ValueError:
                return None  # never: no so much open time is left
        here = hours.microseconds(start, _instant(end))
        if amount <= done + here:
            return hours.add_microseconds(start, amount - done)
        done += here
    return None


def _projected(clock: Clock, hours: WorkingHours, amount: int) -> datetime.datetime | None:
    """When ``amount`` would have been reached had the last span gone on: what was promised when it stopped."""
    last = _instant(clock.spans[-1][0]) if clock.spans else clock.started_at
    before = sum(hours.microseconds(_instant(a), _instant(b)) for a, b in clock.spans[:-1])
    try:
        return hours.add_microseconds(last, amount - before)
    except ValueError:
        return None


def paused_seconds(clock: Clock) -> int:
    """Real seconds it stood paused, without the time between a stop and a reopening."""
    total = datetime.timedelta()
    for begin, end, _status, reason in clock.pauses:
        if reason is not None and end is not None:
            total += _instant(end) - _instant(begin)
    return total // datetime.timedelta(seconds=1)


# --- Happening by happening ---------------------------------------------------------------------


def react(rules: AgreementRules, clock: Clock | None, what: Happening) -> Clock | None:
    """The clock after an event: the same one changed, a new cycle's, or None where there is none still.

    ``clock`` is the latest cycle. A clock that no goal matches has ``goal_id``
    None, and is kept by the caller only if one ever did.
    """
    at = max(what.at, boundary(clock)) if clock is not None else what.at
    if clock is not None:
        settle(clock, at)
    if clock is None or clock.state == ClockState.STOPPED:
        begun = rules.starts & what.triggers
        if not begun:
            return clock
        if clock is not None and rules.continues and begun == {Trigger.REOPENED}:
            _end(clock.pauses, at)
            clock.stopped_at = None
        else:
            cycle = clock.cycle + (1 if _counts(clock) else 0) if clock is not None else 1
            clock = Clock(cycle=cycle, started_at=at, goal_since=at, spans=[], pauses=[])
    if rules.stops & what.triggers:
        _choose(rules, clock, what, at)
        _end(clock.spans, at)
        _end(clock.pauses, at)
        clock.state, clock.stopped_at = ClockState.STOPPED, at
        if rules.continues:  # the time until it is reopened is no pause, but no running either
            clock.pauses = clock.pauses + [[_iso(at), None, what.status, None]]
    elif what.category in rules.pauses:
        _end(clock.spans, at)
        _pause(clock, what, at)
        clock.state = ClockState.PAUSED
        _choose(rules, clock, what, at)
    else:
        _end(clock.pauses, at)
        if not clock.spans or clock.spans[-1][1] is not None:
            clock.spans = clock.spans + [[_iso(at), None]]
        clock.state = ClockState.RUNNING
        _choose(rules, clock, what, at)
    _reckon(rules, clock)
    settle(clock, at)
    return clock


def _counts(clock: Clock) -> bool:
    """Whether a goal ever matched this cycle: only such cycles have a number of their own."""
    return clock.target is not None


def _end(stretches: list, at: datetime.datetime) -> None:
    if stretches and stretches[-1][1] is None:
        if stretches[-1][0] == _iso(at):
            stretches.pop()
        else:
            stretches[-1][1] = _iso(at)


def _pause(clock: Clock, what: Happening, at: datetime.datetime) -> None:
    last = clock.pauses[-1] if clock.pauses else None
    if last is not None and last[1] is None and last[2:] == [what.status, what.reason]:
        return
    _end(clock.pauses, at)
    clock.pauses = clock.pauses + [[_iso(at), None, what.status, what.reason]]


def _choose(rules: AgreementRules, clock: Clock, what: Happening, at: datetime.datetime) -> None:
    goal = rules.goal_for(what.facts)
    if goal is None:
        clock.goal_id = None
        clock.due_at = None
    elif (clock.goal_id, clock.target, clock.calendar_id) != (goal.pk, goal.target, goal.calendar_id):
        if clock.target is not None or clock.started_at != at:
            clock.goal_since = at
        clock.goal_id, clock.target, clock.calendar_id = goal.pk, goal.target, goal.calendar_id


def _reckon(rules: AgreementRules, clock: Clock) -> None:
    """Due time and elapsed time from the spans."""
    goal = rules.goal_of(clock)
    clock.revision = rules.revision
    if goal is None:
        clock.due_at, clock.elapsed = None, None
        return
    amount = goal.target * 1_000_000
    clock.due_at = reached(clock, goal.hours, amount)
    if clock.due_at is None and clock.state == ClockState.STOPPED:
        clock.due_at = _projected(clock, goal.hours, amount)
    running = clock.state == ClockState.RUNNING
    clock.elapsed = None if running else elapsed(clock, goal.hours) // 1_000_000


def settle(clock: Clock, now: datetime.datetime) -> None:
    """Remember a breach if the due time passed before ``now``."""
    if clock.breached_at is not None or clock.due_at is None or clock.goal_id is None:
        return
    late = clock.due_at < (now if clock.stopped_at is None else min(now, clock.stopped_at))
    if late and (clock.state == ClockState.RUNNING or _was_late(clock)):
        clock.breached_at = max(clock.due_at, clock.goal_since)


def _was_late(clock: Clock) -> bool:
    """Whether the due time of a clock that stands lies inside its spans, not where the last would have gone on to."""
    return bool(clock.spans) and clock.due_at is not None and clock.due_at < _instant(clock.spans[-1][1])


def replay(rules: AgreementRules, history: Iterable[Happening]) -> list[Clock]:
    """Every cycle of an agreement on a ticket, from its whole history; those that no goal ever matched are left out."""
    cycles: list[Clock] = []
    for what in history:
        latest = cycles[-1] if cycles else None
        clock = react(rules, latest, what)
        if clock is not None and clock is not latest:
            if latest is not None and not _counts(latest):
                cycles.pop()
            cycles.append(clock)
    return [clock for clock in cycles if _counts(clock)]


# --- Thresholds -----------------------------------------------------------------------------------


def instant_of(
    threshold: Threshold, clock: Clock, goal: GoalRule, now: datetime.datetime | None = None
) -> datetime.datetime | None:
    """When a rule is to fire for this clock, or None: not while it stands, not before its quiet ends.

    A rule confined to opening hours waits for the next opening; with ``now``
    also when it is overdue and it is closed now (a worker was down overnight).
    """
    amount = threshold.after(goal.target)
    if amount is None:
        return None
    at = reached(clock, goal.hours, amount)
    if at is None:
        return None
    at = max(at, clock.goal_since)
    if clock.quiet_until is not None and at <= clock.quiet_until:
        return None
    if threshold.only_open:
        try:
            if not (goal.hours.is_open(at) or goal.hours.is_open(at - _MICRO)):
                at = goal.hours.next_open(at)
            if now is not None and now > at + GRACE and not goal.hours.is_open(now):
                at = goal.hours.next_open(now)
        except ValueError:
            return None
    return at


#: Stands in ``Clock.fired`` for the breach itself, once it was told; rules have larger numbers.
BREACH = 0
#: How late a rule confined to opening hours may still fire after closing time.
GRACE = datetime.timedelta(minutes=2)


def pending(
    rules: AgreementRules, clock: Clock, now: datetime.datetime | None = None
) -> list[tuple[datetime.datetime, Threshold | None]]:
    """What has still to fire, earliest first: rules, and None for the breach itself."""
    goal = rules.goal_of(clock)
    if goal is None:
        return []
    found: list[tuple[datetime.datetime, Threshold | None]] = []
    for threshold in rules.thresholds:
        if threshold.pk not in clock.fired:
            at = instant_of(threshold, clock, goal, now)
            if at is not None:
                found.append((at, threshold))
    if BREACH not in clock.fired:
        at = _breach_instant(clock)
        if at is not None and (clock.breached_at is None or clock.quiet_until is None or at > clock.quiet_until):
            found.append((at + _MICRO, None))
    found.sort(key=lambda item: item[0])
    return found


def _breach_instant(clock: Clock) -> datetime.datetime | None:
    """When it was breached, or will be if it runs on."""
    if clock.breached_at is not None or clock.due_at is None:
        return clock.breached_at
    if clock.state == ClockState.RUNNING or _was_late(clock):
        return max(clock.due_at, clock.goal_since)
    return None


def set_next(rules: AgreementRules, clock: Clock) -> None:
    """Keep the instant of the first threshold that has not fired."""
    waiting = pending(rules, clock)
    clock.next_at = waiting[0][0] if waiting else None
