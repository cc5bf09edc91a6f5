"""Every process's lifecycle: what its table promises, the engine and the operations keep."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.people.access import Forbidden
from servicedesk.tickets import operations, registry
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.lifecycle import Lifecycle, State, Transition
from servicedesk.tickets.models import StatusCategory
from tests.examples import rolled_back
from tests.factories import AgentFactory, UserFactory, code, fresh, make_incident, resolve

pytestmark = pytest.mark.django_db
PROCESSES = [pytest.param(process, id=process.kind) for process in registry.all_processes()]


@pytest.mark.parametrize("process", PROCESSES)
def test_every_state_can_be_reached_and_only_the_closed_ones_may_be_final(process):
    lifecycle = process.lifecycle
    reached, todo = {lifecycle.initial}, [lifecycle.initial]
    while todo:
        for step in lifecycle.leaving(todo.pop()):
            if step.target not in reached:
                reached.add(step.target)
                todo.append(step.target)
    assert reached == {state.slug for state in lifecycle.states}
    final = {state.slug for state in lifecycle.states if not list(lifecycle.leaving(state.slug))}
    assert all(lifecycle.state(slug).category == "closed" for slug in final)
    assert {state.category for state in lifecycle.states} <= set(StatusCategory.values)


def test_waiting_needs_a_reason(agent):
    ticket = make_incident()
    with pytest.raises(Invalid) as refusal:
        operations.transition(ticket, "wait_supplier", actor=agent, reason="  ")
    assert list(refusal.value.fields) == ["reason"]
    assert fresh(ticket).status == "new"
    operations.transition(ticket, "wait_supplier", actor=agent, reason="Part ordered")
    assert (fresh(ticket).status, fresh(ticket).status_reason) == ("waiting_supplier", "Part ordered")


def test_resolving_needs_a_resolution_and_a_code(agent):
    ticket = make_incident()
    with pytest.raises(Invalid):
        operations.transition(ticket, "resolve", actor=agent, resolution="Done", resolution_code=None)
    with pytest.raises(Invalid):
        operations.transition(ticket, "resolve", actor=agent, resolution="", resolution_code=code())
    done = resolve(ticket, agent)
    assert done.status_category == "resolved" and done.resolved_at is not None


def test_a_step_that_does_not_leave_the_state_is_refused_with_a_sentence(agent):
    ticket = make_incident()
    with pytest.raises(NotAllowedNow, match=f"not possible while {ticket.number} is “New”"):
        operations.transition(ticket, "close", actor=agent)
    with pytest.raises(NotAllowedNow, match="no step"):
        operations.transition(ticket, "explode", actor=agent)


def test_customers_confirm_and_reopen_but_do_not_resolve(agent, customer):
    ticket = make_incident(customer)
    with pytest.raises(Forbidden):
        resolve(ticket, customer)
    resolve(ticket, agent)
    operations.transition(ticket, "reopen", actor=customer, reason="Still burning")
    row = fresh(ticket)
    assert (row.status, row.reopened, row.resolution, row.resolved_at) == ("in_progress", 1, "", None)
    resolve(ticket, agent)
    operations.transition(ticket, "confirm", actor=customer)
    assert fresh(ticket).closed_at is not None


def test_a_table_with_a_mistake_is_refused_at_start():
    states = (State("a", "A", "open"), State("b", "B", "closed"))
    with pytest.raises(ValueError, match="states it does not have"):
        Lifecycle("a", states, (Transition("go", "Go", frozenset({"a"}), "c"),))
    with pytest.raises(ValueError, match="twice"):
        Lifecycle("a", (*states, State("a", "A", "open")), ())
    with pytest.raises(ValueError, match="nobody can give"):
        Lifecycle("a", states, (Transition("go", "Go", frozenset({"a"}), "b", needs=("luck",)),))


SLUGS = sorted({step.slug for process in registry.all_processes() for step in process.lifecycle.transitions})


@settings(max_examples=40)
@given(steps=st.lists(st.sampled_from(SLUGS), max_size=10))
@rolled_back
def test_whatever_is_tried_the_ticket_stays_consistent(db, steps):
    """Refused steps change nothing; taken ones leave one event each, and times that fit the state."""
    agent = AgentFactory()
    ticket = make_incident(UserFactory())
    for slug in steps:
        before = fresh(ticket)
        events = ticket.events.count()
        try:
            operations.transition(
                ticket, slug, actor=agent, reason="Because", resolution="Done", resolution_code=code()
            )
        except NotAllowedNow:
            after = fresh(ticket)
            assert (after.status, after.version, ticket.events.count()) == (before.status, before.version, events)
            continue
        after = fresh(ticket)
        step = after.process.lifecycle.transition(slug)
        assert before.status in step.sources and after.status == step.target
        assert ticket.events.count() == events + 1 and after.version == before.version + 1
        assert (after.resolved_at is not None) >= (after.status_category == "resolved")
        assert (after.closed_at is not None) == (after.status_category == "closed")
