"""Clocks start, pause, stop and move with what happens to a ticket."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from servicedesk.sla.models import Clock
from servicedesk.tickets import operations
from tests.factories import AgentFactory, ServiceFactory, UserFactory, fresh, make_incident, resolve

from .setups import HOUR, MONDAY, always, clock, nine_to_five, promise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare")]


def at(hours: float) -> datetime.datetime:
    return MONDAY + datetime.timedelta(hours=hours)


def test_a_report_starts_the_resolution_clock_in_working_time() -> None:
    promise("resolution", ("", 10))
    ticket = make_incident(at=MONDAY)
    row = clock(ticket)
    assert (row.state, row.started_at, row.target) == ("running", MONDAY, 36_000)
    assert row.due_at == at(24 + 2)  # eight hours on Monday, two on Tuesday
    assert fresh(ticket).due_at == row.due_at


def test_waiting_pauses_with_its_reason_and_going_on_moves_the_due_time(agent: Any) -> None:
    promise("resolution", ("", 4))
    ticket = make_incident(at=MONDAY)
    operations.transition(ticket, "wait_customer", actor=agent, reason="Which printer?", at=at(1))
    row = clock(ticket)
    assert (row.state, row.due_at, row.next_at, row.elapsed) == ("paused", None, None, 3600)
    assert row.pauses[0][2:] == ["waiting_customer", "Which printer?"]
    assert fresh(ticket).due_at is None
    operations.transition(ticket, "resume", actor=agent, at=at(3))
    row = clock(ticket)
    assert (row.state, row.due_at) == ("running", at(6))
    assert row.pauses == [[at(1).isoformat(), at(3).isoformat(), "waiting_customer", "Which printer?"]]


def test_a_new_reason_while_waiting_is_a_pause_of_its_own(agent: Any) -> None:
    promise("resolution")
    ticket = make_incident(at=MONDAY)
    operations.transition(ticket, "wait_customer", actor=agent, reason="Which printer?", at=at(1))
    operations.transition(ticket, "wait_supplier", actor=agent, reason="Toner ordered", at=at(2))
    assert [pause[3] for pause in clock(ticket).pauses] == ["Which printer?", "Toner ordered"]
    assert clock(ticket).elapsed == 3600


def test_resolving_in_time_meets_the_promise(agent: Any) -> None:
    promise("resolution", ("", 4))
    ticket = make_incident(at=MONDAY)
    resolve(ticket, agent, at=at(4))  # at the very due time
    row = clock(ticket)
    assert (row.state, row.stopped_at, row.elapsed, row.breached_at) == ("stopped", at(4), 4 * 3600, None)
    assert fresh(ticket).due_at is None


def test_resolving_late_remembers_the_breach_with_its_instant(agent: Any) -> None:
    promise("resolution", ("", 4))
    ticket = make_incident(at=MONDAY)
    resolve(ticket, agent, at=at(5))
    row = clock(ticket)
    assert (row.breached_at, row.elapsed) == (at(4), 5 * 3600)


def test_reopening_continues_the_cycle_and_the_time_between_does_not_count(agent: Any) -> None:
    promise("resolution", ("", 4))
    ticket = make_incident(at=MONDAY)
    resolve(ticket, agent, at=at(1))
    operations.transition(ticket, "reopen", actor=agent, reason="It burns again", at=at(3))
    row = clock(ticket)
    assert (row.cycle, row.state, row.started_at, row.due_at, row.stopped_at) == (1, "running", MONDAY, at(6), None)


def test_or_restarts_it_where_the_agreement_says_so(agent: Any) -> None:
    promise("resolution", ("", 4), on_reopen="restart")
    ticket = make_incident(at=MONDAY)
    resolve(ticket, agent, at=at(1))
    operations.transition(ticket, "reopen", actor=agent, reason="It burns again", at=at(3))
    first, second = Clock.objects.order_by("cycle")
    assert (first.state, first.elapsed) == ("stopped", 3600)
    assert (second.cycle, second.started_at, second.due_at) == (2, at(3), at(7))


def test_a_reopened_ticket_keeps_its_breach(agent: Any) -> None:
    promise("resolution", ("", 1))
    ticket = make_incident(at=MONDAY)
    resolve(ticket, agent, at=at(2))
    operations.transition(ticket, "reopen", actor=agent, reason="Again", at=at(3))
    assert clock(ticket).breached_at == at(1)


def test_the_first_response_is_a_public_reply_by_an_agent(agent: Any) -> None:
    promise("first_response", ("", 2))
    ticket = make_incident(at=MONDAY)
    operations.note(ticket, actor=agent, body="Looks bad", at=at(0.1))
    operations.reply(ticket, actor=agent, body="We got it", automatic=True, at=at(0.2))
    operations.reply(ticket, actor=ticket.requester, body="Hurry!", channel="portal", at=at(0.3))
    operations.take(ticket, actor=agent, at=at(0.4))
    assert clock(ticket).state == "running"
    operations.reply(ticket, actor=agent, body="I am on my way", at=at(0.5))
    row = clock(ticket)
    assert (row.state, row.elapsed) == ("stopped", 1800)
    operations.reply(ticket, actor=agent, body="Still here", at=at(1))
    assert Clock.objects.count() == 1


def test_an_agent_who_answers_their_own_report_in_the_portal_is_a_customer() -> None:
    promise("first_response")
    agent = AgentFactory()
    ticket = make_incident(agent, actor=agent, at=MONDAY)
    operations.reply(ticket, actor=agent, body="By the way …", channel="portal", at=at(1))
    assert clock(ticket).state == "running"


def test_the_next_response_has_a_cycle_for_each_time_the_customer_waits(agent: Any) -> None:
    promise("next_response", ("", 2))
    ticket = make_incident(at=MONDAY)
    assert not Clock.objects.exists()
    customer = ticket.requester
    operations.reply(ticket, actor=customer, body="Hello?", channel="portal", at=at(1))
    operations.reply(ticket, actor=customer, body="Anybody?", channel="portal", at=at(2))
    assert (clock(ticket).cycle, clock(ticket).due_at) == (1, at(3))  # the first unanswered word counts
    operations.reply(ticket, actor=agent, body="Yes", at=at(2.5))
    operations.reply(ticket, actor=customer, body="And now?", channel="portal", at=at(3))
    assert (clock(ticket).cycle, clock(ticket).state, clock(ticket).due_at) == (2, "running", at(5))


def test_assignment_ends_when_somebody_is_assigned(agent: Any) -> None:
    promise("assignment", ("", 1))
    ticket = make_incident(at=MONDAY)
    operations.assign(ticket, actor=agent, assignee=agent, at=at(0.5))
    assert (clock(ticket).state, clock(ticket).elapsed) == ("stopped", 1800)
    at_once = make_incident(UserFactory(), actor=agent, assignee=agent, at=MONDAY)
    assert (clock(at_once).state, clock(at_once).elapsed, clock(at_once).due_at) == ("stopped", 0, at(1))


def test_the_first_goal_that_matches_applies_and_none_is_no_clock() -> None:
    service = ServiceFactory(name="Payroll")
    promise("resolution", ("service:Payroll priority<=2", 1), ("service:payroll", 2), calendar=always())
    assert clock(make_incident(service=service, impact=1, urgency=1, at=MONDAY)).target == 3600
    assert clock(make_incident(service=service, at=MONDAY)).target == 7200
    other = make_incident(at=MONDAY)
    assert not Clock.objects.filter(ticket=other).exists()
    assert fresh(other).due_at is None


def test_a_renamed_service_keeps_its_promise() -> None:
    service = ServiceFactory(name="Payroll")
    promise("resolution", ("service:Payroll", 2))
    service.name = "Wages"
    service.save()
    assert clock(make_incident(service=service, at=MONDAY)).target == 7200


def test_raising_the_priority_chooses_again_over_the_whole_history(agent: Any) -> None:
    promise("resolution", ("priority:1", 1), ("", 8))
    ticket = make_incident(at=MONDAY)
    assert clock(ticket).due_at == at(8)
    operations.change(ticket, actor=agent, impact=1, urgency=1, at=at(3))
    row = clock(ticket)
    # Breached at once, but not before the promise was made.
    assert (row.target, row.due_at, row.breached_at, row.goal_since) == (3600, at(1), at(3), at(3))
    operations.change(ticket, actor=agent, impact=2, urgency=2, at=at(4))
    assert (clock(ticket).due_at, clock(ticket).breached_at) == (at(8), at(3))


def test_a_ticket_that_comes_to_match_later_has_its_whole_past(agent: Any) -> None:
    promise("resolution", ("priority:1", 4))
    ticket = make_incident(at=MONDAY)
    operations.transition(ticket, "wait_customer", actor=agent, reason="Which?", at=at(1))
    operations.transition(ticket, "resume", actor=agent, at=at(2))
    assert not Clock.objects.exists()
    operations.change(ticket, actor=agent, impact=1, urgency=1, at=at(3))
    row = clock(ticket)
    assert (row.started_at, row.due_at, row.goal_since, len(row.spans)) == (MONDAY, at(5), at(3), 2)


def test_a_goal_that_no_longer_matches_leaves_nothing_due(agent: Any) -> None:
    promise("resolution", ("priority:3", 4))
    ticket = make_incident(at=MONDAY)
    operations.change(ticket, actor=agent, impact=1, urgency=1, at=at(1))
    row = clock(ticket)
    assert (row.goal_id, row.due_at, row.next_at) == (None, None, None)
    operations.change(ticket, actor=agent, impact=2, urgency=2, at=at(2))
    assert clock(ticket).due_at == at(4)


def test_the_clock_stands_still_at_night_and_over_the_weekend(agent: Any) -> None:
    promise("resolution", ("", 4))
    friday = MONDAY + datetime.timedelta(days=4, hours=6)  # 15:00
    ticket = make_incident(at=friday)
    assert clock(ticket).due_at == MONDAY + datetime.timedelta(days=7, hours=2)


def test_of_several_promises_the_first_is_what_the_ticket_is_due_by(agent: Any) -> None:
    promise("resolution", ("", 8))
    first = promise("first_response", ("", 1))
    ticket = make_incident(at=MONDAY)
    assert fresh(ticket).due_at == at(1)
    operations.reply(ticket, actor=agent, body="On it", at=at(0.5))
    assert (clock(ticket, first).state, fresh(ticket).due_at) == ("stopped", at(8))


def test_pauses_do_not_round_seconds_away(agent: Any) -> None:
    promise("resolution", ("", 1), calendar=always())
    ticket = make_incident(at=MONDAY)
    moment = MONDAY
    for _turn in range(10):
        moment += datetime.timedelta(seconds=1, microseconds=900_000)
        operations.transition(ticket, "wait_customer", actor=agent, reason="x", at=moment)
        operations.transition(ticket, "resume", actor=agent, at=moment)
    assert clock(ticket).due_at == MONDAY + HOUR
    resolve(ticket, agent, at=moment)
    assert clock(ticket).elapsed == 19


def test_a_promise_outside_the_first_calendar_counts_its_own_hours() -> None:
    promise("resolution", ("", 4), calendar=nine_to_five(name="Early", week={"0": [["06:00", "10:00"]]}))
    assert clock(make_incident(at=MONDAY)).due_at == MONDAY + datetime.timedelta(days=7)
