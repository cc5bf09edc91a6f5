"""Working time: how much of it lies between two instants, and when some of it will have passed.

Pure arithmetic, no Django and no database. Open time is real elapsed time whose
local wall clock lies inside the opening hours: on the day the clocks go forward,
01:00–05:00 is three hours; when an hour comes twice, it counts twice. Weeks are
summed, not walked: the cost does not grow with the distance in days.
"""

from __future__ import annotations

import datetime
import functools
import zoneinfo
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

Moment = datetime.time | str
Hours = Sequence[tuple[Moment, Moment]]
Spans = tuple[tuple[int, int], ...]  # of one day, in microseconds since its midnight

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_ZERO = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)
_MICRO = datetime.timedelta(microseconds=1)
_LAST = (datetime.datetime(9998, 1, 1, tzinfo=datetime.UTC) - _ZERO) // _MICRO
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _since_zero(at: datetime.datetime) -> int:
    """Microseconds since the first of January of year 1, UTC."""
    if at.tzinfo is None:
        raise ValueError("An instant needs a time zone; this one has none.")
    return (at - _ZERO) // _MICRO


@functools.lru_cache(maxsize=4096)
def _shifts(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """The instants in that UTC year at which the zone's offset changes, each with the new offset; microseconds.

    Found by looking at each day's ends and halving: no zone changes twice within a day.
    """
    info = zoneinfo.ZoneInfo(zone)

    def offset(second: int) -> int:
        at = _ZERO + datetime.timedelta(seconds=second)
        return (at.astimezone(info).utcoffset() or datetime.timedelta()) // _MICRO

    begin = _since_zero(datetime.datetime(year, 1, 1, tzinfo=datetime.UTC)) // _SECOND
    end = _since_zero(datetime.datetime(year + 1, 1, 1, tzinfo=datetime.UTC)) // _SECOND
    found = []
    before = offset(begin - 1)
    if (now := offset(begin)) != before:
        found.append((begin * _SECOND, now))
        before = now
    for day in range(begin, end, 86_400):
        last = min(day + 86_400, end) - 1
        after = offset(last)
        if after != before:
            low, high = day - 1, last  # the change lies after low, at high the latest
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if offset(middle) == after else (middle, high)
            found.append((high * _SECOND, after))
            before = after
    return tuple(found)


def _stretches(zone: str, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(from, to, offset): stretches of constant offset, none longer than a year, that make up ``[begin, end)``."""
    at = _ZERO + datetime.timedelta(microseconds=begin)
    offset = (at.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset() or datetime.timedelta()) // _MICRO
    year = at.year
    while begin < end:
        next_year = _since_zero(datetime.datetime(year + 1, 1, 1, tzinfo=datetime.UTC))
        stop = min(end, next_year)
        for instant, new in _shifts(zone, year):
            if begin < instant < stop:
                yield begin, instant, offset
                begin, offset = instant, new
        yield begin, stop, offset
        begin, year = stop, year + 1
        if begin == next_year and (at_once := _shifts(zone, year)) and at_once[0][0] == begin:
            offset = at_once[0][1]


def _of_day(moment: Moment, *, closing: bool) -> int:
    """Microseconds since midnight; ``24:00`` closes a day."""
    if isinstance(moment, str):
        if moment == "24:00" and closing:
            return _DAY
        try:
            moment = datetime.time.fromisoformat(moment)
        except ValueError:
            raise ValueError(f"“{moment}” is not a time of day such as 09:00.") from None
    if moment.tzinfo is not None:
        raise ValueError(f"{moment} has a time zone of its own; opening hours have the calendar's.")
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * _SECOND + moment.microsecond


def _spans(hours: Hours, name: str) -> Spans:
    """One day's hours, sorted and checked; raises ValueError naming the day."""
    spans = sorted((_of_day(a, closing=False), _of_day(b, closing=True)) for a, b in hours)
    for begin, end in spans:
        if end <= begin:
            raise ValueError(f"{name}: opening hours end at or before they begin.")
    for (_begin, end), (begin, _end) in pairwise(spans):
        if begin < end:
            raise ValueError(f"{name}: opening hours overlap.")
    return tuple(spans)


class WorkingHours:
    """When a calendar is open, in its zone.

    ``week`` maps weekdays (0 is Monday) to any number of intervals; a gap is a
    break. ``holidays`` are closed all day. ``special_days`` have hours that
    replace both the weekday's and a holiday's. Raises ValueError, with a sentence
    an admin understands, for hours that cannot be.
    """

    def __init__(
        self,
        zone: str,
        week: Mapping[int, Hours],
        holidays: Collection[datetime.date] = (),
        special_days: Mapping[datetime.date, Hours] | None = None,
    ):
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"“{zone}” is not a time zone such as Europe/Paris.") from None
        if unknown := [day for day in week if day not in range(7)]:
            raise ValueError(f"A weekday is a number from 0 (Monday) to 6 (Sunday), not {unknown[0]!r}.")
        self.zone = zone
        self._info = zoneinfo.ZoneInfo(zone)
        self._week = tuple(_spans(week.get(day, ()), _NAMES[day]) for day in range(7))
        self._special: dict[int, Spans] = {day.toordinal(): () for day in holidays}
        for date, hours in (special_days or {}).items():
            self._special[date.toordinal()] = _spans(hours, date.isoformat())
        if not any(self._week) and not any(self._special.values()):
            raise ValueError("These hours are never open.")
        lengths = [sum(b - a for a, b in spans) for spans in self._week]
        self._before_weekday = (0, *accumulate(lengths))
        self._special_days = sorted(self._special)
        # How much more or less than its weekday each special day is open, summed up to it.
        self._corrections = (
            0,
            *accumulate(
                sum(b - a for a, b in self._special[day]) - lengths[(day + 6) % 7] for day in self._special_days
            ),
        )

    def _day(self, day: int) -> Spans:
        spans = self._special.get(day)
        return self._week[(day + 6) % 7] if spans is None else spans

    def _before_day(self, day: int) -> int:
        """Open microseconds of all local days before the one with this ordinal."""
        weeks, rest = divmod(day - 1, 7)
        usual = weeks * self._before_weekday[7] + self._before_weekday[rest]
        return usual + self._corrections[bisect_left(self._special_days, day)]

    def _before(self, local: int) -> int:
        """Open microseconds before a local wall-clock instant, as if it had always had one offset."""
        day, rest = divmod(local, _DAY)
        day += 1
        return self._before_day(day) + sum(min(rest, b) - a for a, b in self._day(day) if rest > a)

    def between(self, start: datetime.datetime, end: datetime.datetime) -> int:
        """Open seconds in ``[start, end)``, whole ones; 0 when ``end <= start``."""
        return self.microseconds(start, end) // _SECOND

    def microseconds(self, start: datetime.datetime, end: datetime.datetime) -> int:
        """Open microseconds in ``[start, end)``: for sums of several spans, which whole seconds would round down each."""
        begin, stop = _since_zero(start), _since_zero(end)
        if stop <= begin:
            return 0
        return sum(
            self._before(b + offset) - self._before(a + offset) for a, b, offset in _stretches(self.zone, begin, stop)
        )

    def add(self, start: datetime.datetime, seconds: int) -> datetime.datetime:
        """The first instant at which ``seconds`` of open time after ``start`` have passed, in UTC; ``start`` for 0.

        Raises ValueError for a negative number, and when there is not so much open time before the year 9998.
        """
        if seconds < 0:
            raise ValueError("Working time cannot be taken back.")
        return self.add_microseconds(start, seconds * _SECOND)

    def add_microseconds(self, start: datetime.datetime, left: int) -> datetime.datetime:
        """As :meth:`add`, in microseconds; ``start`` for nothing or less."""
        if left <= 0:
            return start
        begin = _since_zero(start)
        last = _LAST
        if not self._before_weekday[7]:
            last = min(last, (self._special_days[-1] + 2) * _DAY)  # only special days are open
        for a, b, offset in _stretches(self.zone, begin, max(last, begin)):
            done = self._before(a + offset)
            here = self._before(b + offset) - done
            if left > here:
                left -= here
                continue
            local = self._find(done + left, (a + offset) // _DAY + 1, (b + offset) // _DAY + 1)
            return _ZERO + datetime.timedelta(microseconds=local - offset)
        raise ValueError("These hours have not so much open time left.")

    def _find(self, target: int, first: int, last: int) -> int:
        """The first local instant, between the days, before which there are ``target`` open microseconds."""
        day = first + bisect_left(range(first, last + 1), target, key=lambda day: self._before_day(day + 1))
        left = target - self._before_day(day)
        for begin, end in self._day(day):
            if left <= end - begin:
                return (day - 1) * _DAY + begin + left
            left -= end - begin
        raise AssertionError("the day has less open time than counted")

    def is_open(self, at: datetime.datetime) -> bool:
        """Whether the calendar is open at that instant."""
        if at.tzinfo is None:
            raise ValueError("An instant needs a time zone; this one has none.")
        local = at.astimezone(self._info)
        clock = _of_day(local.time(), closing=False)
        spans = self._day(local.toordinal())
        place = bisect_right(spans, (clock, _DAY + 1)) - 1
        return place >= 0 and clock < spans[place][1]

    def next_open(self, at: datetime.datetime) -> datetime.datetime:
        """``at`` if it is open then, else the next opening. Raises ValueError where there is none."""
        return at if self.is_open(at) else self.add_microseconds(at, 1) - _MICRO

    def intervals(
        self, start: datetime.datetime, end: datetime.datetime
    ) -> list[tuple[datetime.datetime, datetime.datetime]]:
        """The open stretches between the two, in UTC, those that touch made one; walks the days."""
        begin, stop = _since_zero(start), _since_zero(end)
        found: list[tuple[int, int]] = []
        if stop <= begin:
            return []
        for a, b, offset in _stretches(self.zone, begin, stop):
            for day in range((a + offset) // _DAY, (b + offset) // _DAY + 1):
                for opens, closes in self._day(day + 1):
                    low = max(a, day * _DAY + opens - offset)
                    high = min(b, day * _DAY + closes - offset)
                    if low >= high:
                        continue
                    if found and found[-1][1] == low:
                        found[-1] = (found[-1][0], high)
                    else:
                        found.append((low, high))
        return [
            (_ZERO + datetime.timedelta(microseconds=low), _ZERO + datetime.timedelta(microseconds=high))
            for low, high in found
        ]
