"""Clocks kept event by event are those that the events alone give."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.people.models import User
from servicedesk.services.models import Service
from servicedesk.sla.engine import rebuild
from servicedesk.sla.models import Clock
from servicedesk.sla.rules import rules
from servicedesk.tickets import operations
from servicedesk.tickets.errors import OperationError
from servicedesk.tickets.models import ResolutionCode, Ticket
from tests.examples import rolled_back
from tests.factories import AgentFactory, ServiceFactory, UserFactory, fresh, make_incident

from .setups import MONDAY, always, nine_to_five, promise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare")]

STEPS = ["start", "resume", "resolve", "wait_customer", "wait_supplier", "close", "reopen", "reopen_closed", "cancel"]


def act(ticket: Ticket, what: Any, at: datetime.datetime, people: tuple[User, User], service: Service) -> None:
    """One operation; what the lifecycle refuses is refused."""
    agent, customer = people
    ticket = fresh(ticket)
    try:
        match what:
            case ("step", name):
                code = ResolutionCode.objects.first()
                operations.transition(
                    ticket, name, actor=agent, at=at, reason="Because", resolution="Done", resolution_code=code
                )
            case ("priority", impact, urgency):
                operations.change(ticket, actor=agent, impact=impact, urgency=urgency, at=at)
            case ("service", chosen):
                operations.change(ticket, actor=agent, service=service if chosen else None, at=at)
            case ("title", words):
                operations.change(ticket, actor=agent, title=words, at=at)
            case ("reply", "agent"):
                operations.reply(ticket, actor=agent, body="Hello", at=at)
            case ("reply", "customer"):
                operations.reply(ticket, actor=customer, body="Hello", channel="portal", at=at)
            case ("reply", "automatic"):
                operations.reply(ticket, actor=agent, body="Hello", automatic=True, at=at)
            case ("solve",):
                code = ResolutionCode.objects.first()
                operations.reply(ticket, actor=agent, body="Done", then="resolve", at=at, resolution_code=code)
            case ("assign", somebody):
                operations.assign(ticket, actor=agent, assignee=agent if somebody else None, at=at)
            case ("take",):
                operations.take(ticket, actor=agent, at=at)
            case ("note",):
                operations.note(ticket, actor=agent, body="Hm", at=at)
    except OperationError:
        pass


ACTIONS = st.one_of(
    st.tuples(st.just("step"), st.sampled_from(STEPS)),
    st.tuples(st.just("priority"), st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.just("service"), st.booleans()),
    st.tuples(st.just("title"), st.sampled_from(["The printer burns", "Something else"])),
    st.tuples(st.just("reply"), st.sampled_from(["agent", "customer", "automatic"])),
    st.tuples(st.just("solve")),
    st.tuples(st.just("assign"), st.booleans()),
    st.tuples(st.just("take")),
    st.tuples(st.just("note")),
)
#: Seconds between two things that happen; also none, and weekends.
PAUSES = st.one_of(st.integers(0, 7200), st.floats(0, 3), st.integers(0, 4 * 86_400))


def promises() -> None:
    office, always_ = nine_to_five(), always()
    promise("first_response", ("priority<=2", 1), ("", 4), calendar=office)
    promise("next_response", ("-service:none", 2), ("priority:1", 1), calendar=always_)
    promise("assignment", ("", 3), calendar=office)
    promise("resolution", ("priority:1", 1), ("service:Payroll", 6), ("printer", 20), calendar=office)
    promise("resolution", ("priority<=2 or is:waiting", 5), calendar=always_, on_reopen="restart", name="Restarting")


@given(st.lists(st.tuples(ACTIONS, PAUSES), max_size=14))
@settings(max_examples=150)
@rolled_back
def check_equal(acts: list[tuple[Any, float]]) -> None:
    service = ServiceFactory(name="Payroll")
    promises()
    agent, customer = AgentFactory(), UserFactory()
    ticket = make_incident(customer, at=MONDAY, team=None)
    at = MONDAY
    for what, seconds in acts:
        at += datetime.timedelta(seconds=seconds)
        act(ticket, what, at, (agent, customer), service)
    now = at + datetime.timedelta(hours=5)
    agreements = list(rules().by_id.values())
    found = rebuild([fresh(ticket)], agreements, now=now, write=False)
    assert found == []
    # Written from nothing they are the same again.
    before = list(
        Clock.objects.order_by("agreement", "cycle").values("agreement", "cycle", "spans", "due_at", "next_at")
    )
    due = fresh(ticket).due_at
    Clock.objects.all().delete()
    rebuild([fresh(ticket)], agreements, now=at)
    after = list(
        Clock.objects.order_by("agreement", "cycle").values("agreement", "cycle", "spans", "due_at", "next_at")
    )
    for row in (*before, *after):
        row.pop("next_at")  # a breach that replay has settled is no longer waited for
    assert after == before
    assert fresh(ticket).due_at == due


def test_incremental_and_replayed_clocks_are_equal_for_any_sequence_of_operations() -> None:
    check_equal()


def test_the_examples_reach_what_matters(agent: Any) -> None:
    """The property is worth something only if such sequences make clocks of every kind."""
    service = ServiceFactory(name="Payroll")
    promises()
    ticket = make_incident(at=MONDAY)
    people = (agent, ticket.requester)
    for hour, what in enumerate(
        [("priority", 1, 1), ("reply", "customer"), ("reply", "agent"), ("step", "wait_customer"), ("reply", "customer"),
         ("solve",), ("step", "reopen"), ("service", True)], 1
    ):  # fmt: skip
        act(ticket, what, MONDAY + datetime.timedelta(hours=hour), people, service)
    clocks = Clock.objects.filter(ticket=ticket)
    assert clocks.count() >= 6
    assert {"running", "stopped"} <= set(clocks.values_list("state", flat=True))
    assert clocks.exclude(breached_at=None).exists()


def test_a_clock_that_was_tampered_with_is_found_and_put_right() -> None:
    agreement = promise("resolution")
    ticket = make_incident(at=MONDAY)
    Clock.objects.update(due_at=MONDAY)
    compiled = [rules().by_id[agreement.pk]]
    found = rebuild([fresh(ticket)], compiled, now=MONDAY, write=False)
    assert [(d.number, d.field) for d in found] == [(ticket.number, "due_at")]
    rebuild([fresh(ticket)], compiled, now=MONDAY)
    assert rebuild([fresh(ticket)], compiled, now=MONDAY, write=False) == []


def test_a_lost_clock_comes_back_without_firing_again(agent: Any) -> None:
    agreement = promise("resolution")
    ticket = make_incident(at=MONDAY)
    Clock.objects.update(fired=[7], quiet_until=MONDAY)
    rebuild([fresh(ticket)], [rules().by_id[agreement.pk]], now=MONDAY)
    assert Clock.objects.get().fired == [7]
