"""Working time: every case computed by walking real time minute by minute, and the laws for all others."""

import datetime
import json
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from servicedesk.sla.business_time import WorkingHours

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "business_time.json"
UTC = datetime.UTC
WEEKDAYS = {day: [("09:00", "17:00")] for day in range(5)}


def at(text, zone="UTC"):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def hours_of(case):
    def day(rows):
        return [tuple(row) for row in rows]

    return WorkingHours(
        case["zone"], {int(number): day(rows) for number, rows in case["week"].items()},
        [datetime.date.fromisoformat(text) for text in case["holidays"]],
        {datetime.date.fromisoformat(text): day(rows) for text, rows in case["special_days"].items()},
    )  # fmt: skip


@pytest.mark.skipif(not CASES.exists(), reason="the cases computed elsewhere are not at hand (business_time.json)")
def test_every_case_that_was_walked_minute_by_minute():
    for number, case in enumerate(json.loads(CASES.read_text())):
        hours = hours_of(case)
        start, due, end = (datetime.datetime.fromisoformat(case[name]) for name in ("start", "due", "end"))
        assert hours.add(start, case["add_minutes"] * 60) == due, (number, case)
        assert hours.between(start, end) == case["working_minutes"] * 60, (number, case)
        assert hours.is_open(start) == case["open_at_start"], (number, case)


def test_a_day_ends_when_it_closes_not_when_the_next_opens():
    office = WorkingHours("UTC", WEEKDAYS)
    assert office.add(at("2026-11-23T09:00"), 8 * 3600) == at("2026-11-23T17:00")
    assert office.add(at("2026-11-23T09:00"), 8 * 3600 + 1) == at("2026-11-24T09:00:01")
    assert office.add(at("2026-11-27T16:00"), 2 * 3600) == at("2026-11-30T10:00")
    start = at("2026-11-22T03:00")
    assert office.add(start, 0) is start


def test_breaks_holidays_and_special_days():
    day = datetime.date(2026, 12, 24)
    hours = WorkingHours(
        "UTC", {day: [("09:00", "12:00"), ("13:00", "24:00")] for day in range(7)}, [day, datetime.date(2026, 12, 25)],
        {day: [("10:00", "11:00")]},
    )  # fmt: skip
    assert hours.between(at("2026-12-23T11:00"), at("2026-12-23T14:00")) == 2 * 3600
    assert hours.between(at("2026-12-24T00:00"), at("2026-12-26T00:00")) == 3600
    assert hours.is_open(at("2026-12-23T23:59:59")) and not hours.is_open(at("2026-12-23T12:30"))
    assert hours.is_open(at("2026-12-24T10:00")) and not hours.is_open(at("2026-12-24T11:00"))


def test_the_days_on_which_the_clocks_change():
    night = WorkingHours("Europe/Berlin", {6: [("01:00", "05:00")]})
    spring, autumn = "2026-03-29T00:00", "2026-10-25T00:00"
    for text, seconds in ((spring, 3 * 3600), (autumn, 5 * 3600)):
        start = at(text, "Europe/Berlin")
        assert night.between(start, start.astimezone(UTC) + datetime.timedelta(days=1)) == seconds
    # 02:00–02:30 comes twice: two half hours, an hour apart.
    twice = WorkingHours("Europe/Berlin", {6: [("02:00", "02:30")]})
    assert twice.add(at("2026-10-25T00:00"), 30 * 60) == at("2026-10-25T00:30")
    assert twice.add(at("2026-10-25T00:00"), 31 * 60) == at("2026-10-25T01:01")


def test_a_day_that_never_was():
    samoa = WorkingHours("Pacific/Apia", {day: [("00:00", "24:00")] for day in range(7)})
    start = at("2011-12-29T00:00", "Pacific/Apia")
    assert samoa.between(start, at("2012-01-01T00:00", "Pacific/Apia")) == 2 * 86_400


@pytest.mark.parametrize(
    ("zone", "week", "special", "sentence"),
    [("Mars/Base", WEEKDAYS, {}, "not a time zone"), ("UTC", {}, {}, "never open"),
     ("UTC", {0: [("17:00", "09:00")]}, {}, "Monday: opening hours end"), ("UTC", {7: [("09:00", "10:00")]}, {}, "weekday"),
     ("UTC", {1: [("09:00", "12:00"), ("11:00", "13:00")]}, {}, "Tuesday: opening hours overlap"),
     ("UTC", {0: [("9", "10:00")]}, {}, "not a time of day"), ("UTC", {0: [("24:00", "24:00")]}, {}, "not a time of day"),
     ("UTC", WEEKDAYS, {datetime.date(2026, 1, 1): [("10:00", "10:00")]}, "2026-01-01: opening hours end")],
)  # fmt: skip
def test_hours_that_cannot_be_are_refused_with_a_sentence(zone, week, special, sentence):
    with pytest.raises(ValueError, match=sentence):
        WorkingHours(zone, week, (), special)


def test_what_cannot_be_counted():
    past = WorkingHours("UTC", {}, (), {datetime.date(2020, 1, 1): [("09:00", "10:00")]})
    assert past.add(at("2019-12-31T00:00"), 3600) == at("2020-01-01T10:00")
    for start, seconds in (("2019-12-31T00:00", 3601), ("2021-01-01T00:00", 1)):
        with pytest.raises(ValueError, match="not so much open time"):
            past.add(at(start), seconds)
    office = WorkingHours("UTC", WEEKDAYS)
    with pytest.raises(ValueError, match="taken back"):
        office.add(at("2026-01-01T00:00"), -1)
    for call in (office.is_open, lambda naive: office.add(naive, 1), lambda naive: office.between(naive, naive)):
        with pytest.raises(ValueError, match="time zone"):
            call(datetime.datetime(2026, 1, 1))


ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Kolkata",
    "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Apia", "America/St_Johns", "Asia/Beirut", "Pacific/Chatham",
]  # fmt: skip
minutes = st.integers(0, 1440)


@st.composite
def opening(draw, *, least=0):
    cuts = sorted(draw(st.sets(minutes, min_size=2 * least, max_size=6)))
    text = [f"{cut // 60:02}:{cut % 60:02}" for cut in cuts]
    return list(zip(text[::2], text[1::2], strict=False))


@st.composite
def calendars(draw):
    week = {day: draw(opening()) for day in range(7)}
    week[draw(st.integers(0, 6))] = draw(opening(least=1))
    near = st.dates(datetime.date(2010, 1, 1), datetime.date(2027, 12, 31))
    return WorkingHours(
        draw(st.sampled_from(ZONES)),
        week,
        draw(st.lists(near, max_size=8)),
        draw(st.dictionaries(near, opening(), max_size=4)),
    )


instants = st.datetimes(
    datetime.datetime(2010, 1, 1), datetime.datetime(2027, 12, 31), timezones=st.just(UTC)
)  # fmt: skip


@given(calendars(), instants, st.integers(0, 40 * 86_400))
def test_what_is_added_has_passed_and_not_before(hours, start, seconds):
    due = hours.add(start, seconds)
    assert hours.between(start, due) == seconds
    if seconds:
        assert hours.between(start, due - datetime.timedelta(seconds=1)) < seconds


@given(calendars(), st.lists(instants, min_size=3, max_size=3))
def test_parts_make_the_whole(hours, three):
    a, b, c = sorted(moment.replace(microsecond=0) for moment in three)
    assert hours.between(a, b) + hours.between(b, c) == hours.between(a, c)
    assert 0 <= hours.between(a, b) <= (b - a).total_seconds()
    assert hours.between(c, a) == 0


@given(calendars(), instants, st.integers(0, 10 * 86_400), st.integers(0, 10 * 86_400))
def test_adding_twice_is_adding_once(hours, start, one, two):
    assert hours.add(hours.add(start, one), two) == hours.add(start, one + two)


@given(calendars(), instants)
@example(WorkingHours("Australia/Lord_Howe", {6: [("01:30", "02:15")]}), datetime.datetime(2026, 4, 4, tzinfo=UTC))
def test_counting_agrees_with_walking_minute_by_minute(hours, start):
    start = start.replace(second=0, microsecond=0)
    minute = datetime.timedelta(minutes=1)
    walked = sum(60 for n in range(1800) if hours.is_open(start + n * minute))
    assert hours.between(start, start + 1800 * minute) == walked


@given(st.integers(0, 10**8), st.integers(0, 40))
def test_intervals_are_the_open_time_and_touch_no_other(start: int, days: int) -> None:
    hours = WorkingHours(
        "Europe/Berlin", {0: [("09:00", "12:00"), ("13:00", "17:00")], 2: [("00:00", "24:00")], 3: [("00:00", "06:00")]}
    )
    begin = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=start)
    end = begin + datetime.timedelta(days=days)
    found = hours.intervals(begin, end)
    assert sum((b - a for a, b in found), datetime.timedelta()) == datetime.timedelta(
        microseconds=hours.microseconds(begin, end)
    )
    assert all(a < b for a, b in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    assert all((hours.is_open(a) and not hours.is_open(b)) or b == end for a, b in found)


@given(st.integers(0, 10**8))
def test_the_next_opening_is_now_or_the_first_open_instant(start: int) -> None:
    hours = WorkingHours("America/New_York", {0: [("09:00", "17:00")], 4: [("10:00", "11:30")]})
    at = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=start)
    opening = hours.next_open(at)
    assert hours.is_open(opening) and opening >= at
    assert hours.between(at, opening) == 0
