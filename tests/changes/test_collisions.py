"""What a window meets, found by PostgreSQL, is what looking at every pair finds."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changes import collisions, gate, operations
from changes.approving import APPROVABLE
from changes.models import Change, Freeze, MaintenanceWindow, Occurrence
from servicedesk.services.models import Dependency, Service
from servicedesk.tickets.models import Event
from tests.factories import AgentFactory, ServiceFactory, TeamFactory

from .setups import assessed, at, change, scheduled

pytestmark = pytest.mark.django_db
BASE = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC)


def span(hours):
    start, length = hours
    return BASE + datetime.timedelta(hours=start), BASE + datetime.timedelta(hours=start + length)


SPANS = st.tuples(st.integers(0, 30), st.integers(1, 6)).map(span)
SERVICES = st.sets(st.integers(0, 4), max_size=3)
#: Edges run from lower to higher numbers, so that there is no circle.
EDGES = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda e: e[0] < e[1]), max_size=4)


def reach(start, edges):
    found, todo = set(start), list(start)
    while todo:
        here = todo.pop()
        for a, b in edges:
            if a == here and b not in found:
                found.add(b)
                todo.append(b)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edges=EDGES, own=SERVICES, window=SPANS,
    others=st.lists(st.tuples(SERVICES, SPANS, st.booleans()), max_size=6),
    frozen=st.lists(st.tuples(SERVICES, SPANS), max_size=3),
    upkeep=st.lists(st.tuples(SERVICES, st.lists(SPANS, max_size=3), st.booleans()), max_size=3),
)  # fmt: skip
def test_it_finds_what_brute_force_finds(edges, own, window, others, frozen, upkeep):
    for model in (Freeze, MaintenanceWindow, Change, Dependency, Service):
        model.objects.all().delete()
    rows = [Service.objects.create(name=f"S{n}") for n in range(5)]
    for a, b in edges:
        Dependency.objects.create(service=rows[a], needs=rows[b])
    expected = set()
    up = reach(own, {(b, a) for a, b in edges})
    near = up | reach(own, edges)
    agent = AgentFactory()
    start, end = window
    for n, (services, (a, b), holds) in enumerate(others):
        made = operations.raise_change(actor=agent, title=f"C{n}", services=[rows[s] for s in services])
        Change.objects.filter(pk=made.pk).update(window=(a, b), holds=holds)
        if holds and a < end and b > start and services & near:
            expected.add(("service" if services & own else "dependency", made.pk))
    for n, (services, (a, b)) in enumerate(frozen):
        freeze = Freeze.objects.create(name=f"F{n}", starts_at=a, ends_at=b)
        freeze.services.set([rows[s] for s in services])
        if a < end and b > start and (not services or services & up):
            expected.add(("freeze", freeze.pk))
    for n, (services, spans, active) in enumerate(upkeep):
        rule = MaintenanceWindow.objects.create(name=f"M{n}", weekdays=[], begins=datetime.time(), is_active=active)
        rule.services.set([rows[s] for s in services])
        Occurrence.objects.bulk_create(Occurrence(rule=rule, window=pair) for pair in spans)
    for s in own:
        rules = [spans for services, spans, active in upkeep if active and s in services]
        everywhere = [pair for services, spans, _active in upkeep if s in services for pair in spans]
        if rules and not any(a <= start and b >= end for a, b in everywhere):
            expected.add(("maintenance", rows[s].pk))
    found = collisions.find([rows[s].pk for s in own], DateTimeTZRange(start, end, "[)")) if own else []
    expected = expected if own else set()
    assert {(c.kind, c.pk) for c in found} == expected


def test_windows_that_only_touch_do_not_collide():
    agent, service = AgentFactory(), ServiceFactory(criticality=4)
    scheduled(agent, service, begins=10, lasts=2)
    assert collisions.of(change(agent, service, begins=12), agent) == []
    assert [c.kind for c in collisions.of(change(agent, service, begins=11), agent)] == ["service"]


def test_a_change_of_a_private_team_is_not_named():
    agent, service = AgentFactory(), ServiceFactory(criticality=4)
    insider = AgentFactory()
    secret = TeamFactory(is_private=True, members=[insider])
    scheduled(insider, service, title="Wiretap", team=secret)
    words = collisions.of(change(agent, service), agent)[0].words
    assert "Wiretap" not in words and "private team" in words


def test_what_is_kept_for_everybody_names_no_change_of_a_private_team():
    service, insider = ServiceFactory(criticality=4), AgentFactory()
    secret = TeamFactory(is_private=True, members=[insider])
    scheduled(insider, service, title="Wiretap", team=secret)
    row = assessed(change(insider, service, begins=100), insider)
    row = operations.move(row, actor=insider, start=at(24), end=at(26))
    event = Event.objects.get(ticket=row.pk, kind="rescheduled")
    for kept in (
        row.risk_reasons,
        event.data["collisions"],
        gate.decision(row).reasons,
        APPROVABLE.details(row)["collisions"],
    ):
        assert "private team" in str([getattr(c, "words", c) for c in kept]) and "Wiretap" not in str(kept)


def test_it_uses_the_index():
    agent, service = AgentFactory(), ServiceFactory()
    row = assessed(change(agent, service), agent)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT 1 FROM changes_change c WHERE c.holds AND c.window && %s::tstzrange", [row.window]
        )
        plan = "\n".join(line[0] for line in cursor.fetchall())
    assert "change_window_held" in plan


def test_maintenance_windows_keep_their_local_hour_across_the_change_of_clocks():
    rule = MaintenanceWindow(
        name="Sunday night", weekdays=[6], begins=datetime.time(22), minutes=120, zone="Europe/Berlin"
    )
    spans = rule.occurrences(datetime.date(2026, 10, 18), datetime.date(2026, 10, 31))
    assert [a.hour for a, _b in spans] == [20, 21]
    assert {b - a for a, b in spans} == {datetime.timedelta(hours=2)}


def test_outside_of_a_maintenance_window_is_said_and_does_not_block():
    agent, service = AgentFactory(), ServiceFactory(criticality=4)
    rule = MaintenanceWindow.objects.create(name="Never", weekdays=[], begins=datetime.time(3))
    rule.services.add(service)
    row = change(agent, service)
    assert [c.kind for c in collisions.of(row, agent)] == ["maintenance"]
    assert not any(c.blocks for c in collisions.of(row, agent))
    Occurrence.objects.create(rule=rule, window=(at(1), at(90)))
    assert collisions.of(row, agent) == []
