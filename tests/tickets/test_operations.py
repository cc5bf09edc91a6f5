"""What can be done to a ticket: each leaves one event that says what changed from what to what."""

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, OperationalError

from servicedesk.people.access import Forbidden
from servicedesk.tickets import operations
from servicedesk.tickets.errors import Conflict, Invalid, NotAllowedNow
from servicedesk.tickets.models import Category, Event, Link, LinkKind, Ticket
from tests.factories import (
    AgentFactory,
    OrganisationFactory,
    ServiceFactory,
    TeamFactory,
    UserFactory,
    fresh,
    make_incident,
    resolve,
)

pytestmark = pytest.mark.django_db


def last(ticket):
    return ticket.events.order_by("-pk").first()


def test_opening_numbers_routes_and_prioritises():
    team = TeamFactory()
    organisation = OrganisationFactory()
    customer = UserFactory(organisation=organisation)
    ticket = make_incident(customer, service=ServiceFactory(team=team), impact=1, urgency=2)
    assert ticket.number.startswith("INC-")
    assert (ticket.team, ticket.priority, ticket.organisation) == (team, 2, organisation)
    event = ticket.events.get()
    assert (event.kind, event.actor, event.version, event.is_public) == ("opened", customer, 1, True)


def test_customers_open_in_their_own_name_and_choose_no_team(customer, agent):
    with pytest.raises(Forbidden):
        make_incident(UserFactory(), actor=customer)
    with pytest.raises(Forbidden):
        make_incident(customer, team=TeamFactory())
    assert make_incident(customer, actor=agent).requester == customer


@pytest.mark.parametrize("title", ["", "   ", "\u202e", "x" * 201, None, 7])
def test_a_bad_title_is_refused_and_leaves_no_gap_in_the_numbers(customer, title):
    first = make_incident(customer)
    with pytest.raises(Invalid) as refusal:
        make_incident(customer, title=title)
    assert "title" in refusal.value.fields
    second = make_incident(customer)
    assert int(second.number[4:]) == int(first.number[4:]) + 1


def test_a_reply_is_public_and_a_note_is_not(agent, customer):
    ticket = make_incident(customer)
    operations.reply(ticket, actor=agent, body="**Hello**")
    assert last(ticket).is_public and "<strong>Hello</strong>" in last(ticket).message.body_html
    operations.note(ticket, actor=agent, body="secret")
    assert not last(ticket).is_public
    with pytest.raises(Forbidden):
        operations.note(ticket, actor=customer, body="me too")


def test_a_reply_of_the_customer_ends_waiting_and_reopens_what_was_resolved(agent, customer):
    ticket = make_incident(customer)
    operations.reply(ticket, actor=agent, body="Which printer?", then="wait_customer")
    assert fresh(ticket).status_reason == "Which printer?"
    operations.reply(ticket, actor=customer, body="The one upstairs.", channel="portal")
    assert fresh(ticket).status == "in_progress"
    resolve(ticket, agent)
    operations.reply(ticket, actor=customer, body="No, it burns again.", channel="portal")
    row = fresh(ticket)
    assert (row.status, row.reopened) == ("in_progress", 1)


def test_an_automatic_reply_moves_nothing(agent, customer):
    ticket = make_incident(customer)
    operations.reply(ticket, actor=agent, body="Which printer?", then="wait_customer")
    operations.reply(ticket, actor=customer, body="I am on holiday", channel="email", automatic=True)
    assert fresh(ticket).status == "waiting_customer"


def test_taking_assigns_starts_and_joins_a_team(agent):
    team = TeamFactory(members=[agent])
    ticket = make_incident()
    operations.take(ticket, actor=agent)
    row = fresh(ticket)
    assert (row.assignee, row.team, row.status) == (agent, team, "in_progress")
    assert last(ticket).changes["assignee"] == [None, {"id": agent.pk, "name": agent.name}]


def test_assigning_to_another_team_takes_the_person_off(agent):
    one, two = TeamFactory(members=[agent]), TeamFactory()
    ticket = make_incident()
    operations.assign(ticket, actor=agent, team=one, assignee=agent)
    operations.assign(ticket, actor=agent, team=two)
    row = fresh(ticket)
    assert (row.team, row.assignee, row.reassigned) == (two, None, 1)
    with pytest.raises(Invalid):
        operations.assign(ticket, actor=agent, assignee=UserFactory())
    with pytest.raises(Invalid):
        operations.assign(ticket, actor=agent, team=TeamFactory(is_active=False))


def test_saving_what_is_already_so_records_nothing(agent):
    ticket = make_incident(title="Same")
    operations.change(ticket, actor=agent, title="Same", tags=[])
    assert ticket.events.count() == 1 and fresh(ticket).version == 1


def test_a_closed_ticket_is_changed_by_reopening_only(agent):
    ticket = make_incident()
    resolve(ticket, agent)
    operations.transition(ticket, "close", actor=agent)
    for attempt in (
        lambda: operations.reply(ticket, actor=agent, body="more"),
        lambda: operations.change(ticket, actor=agent, title="other"),
        lambda: operations.assign(ticket, actor=agent, team=TeamFactory()),
        lambda: operations.take(ticket, actor=agent),
    ):
        with pytest.raises(NotAllowedNow):
            attempt()
    operations.note(ticket, actor=agent, body="For the record.")
    operations.transition(ticket, "reopen_closed", actor=agent, reason="Again")
    assert fresh(ticket).status == "in_progress"


def test_two_people_changing_different_fields_do_not_disturb_each_other(agent):
    ticket = make_incident(title="Old")
    seen = fresh(ticket).version
    operations.change(ticket, actor=agent, title="By one")
    operations.change(ticket, actor=AgentFactory(), urgency=1, expected_version=seen)
    assert (fresh(ticket).title, fresh(ticket).urgency) == ("By one", 1)


def test_a_save_over_someones_change_is_refused_and_shows_both(agent):
    ticket = make_incident(title="Old")
    seen = fresh(ticket).version
    operations.change(ticket, actor=agent, title="By one")
    with pytest.raises(Conflict) as refusal:
        operations.change(ticket, actor=AgentFactory(), title="By two", expected_version=seen)
    assert (refusal.value.theirs, refusal.value.yours) == ({"title": "By one"}, {"title": "By two"})
    assert fresh(ticket).title == "By one"


def test_links_have_both_ends_and_parents_one_level(agent):
    parent, child, third = make_incident(), make_incident(), make_incident()
    operations.link(child, actor=agent, target=parent, kind=LinkKind.CHILD_OF)
    assert last(child).data["link"]["number"] == parent.number
    with pytest.raises(NotAllowedNow):
        operations.link(third, actor=agent, target=child, kind=LinkKind.CHILD_OF)
    with pytest.raises(NotAllowedNow):
        operations.link(child, actor=agent, target=third, kind=LinkKind.CHILD_OF)
    with pytest.raises(Invalid):
        operations.link(child, actor=agent, target=child, kind=LinkKind.RELATES)
    with pytest.raises(Invalid):
        operations.link(child, actor=agent, target=third, kind="married_to")
    operations.unlink(parent, actor=agent, link=Link.objects.get())
    assert not Link.objects.exists() and last(parent).kind == "unlinked"


def test_watching_is_recorded_once(agent, customer):
    ticket = make_incident(customer)
    operations.watch(ticket, actor=agent)
    operations.watch(ticket, actor=agent)
    assert ticket.events.filter(kind="watched").count() == 1
    with pytest.raises(Forbidden):
        operations.watch(ticket, actor=customer, user=UserFactory())
    operations.unwatch(ticket, actor=agent)
    assert not ticket.watchers.exists()


@pytest.mark.parametrize("tags", ["red", [7], ["x" * 41], [f"t{n}" for n in range(21)]])
def test_bad_tags_are_refused(agent, tags):
    ticket = make_incident()
    with pytest.raises(Invalid):
        operations.change(ticket, actor=agent, tags=tags)
    operations.change(ticket, actor=agent, tags=["Month End", "month-end", " VPN "])
    assert fresh(ticket).tags == ["month-end", "vpn"]


def test_unknown_fields_cannot_be_changed(agent):
    with pytest.raises(Invalid):
        operations.change(make_incident(), actor=agent, status="closed")


def test_an_inactive_choice_is_refused_but_stays_where_it_is(agent):
    service = ServiceFactory()
    ticket = make_incident(service=service)
    service.is_active = False
    service.save()
    operations.change(ticket, actor=agent, service=service, title="Changed")
    with pytest.raises(Invalid):
        operations.change(ticket, actor=agent, category=Category.objects.create(name="Old", is_active=False))


def test_events_can_neither_be_changed_nor_deleted(customer):
    ticket = make_incident(customer)
    event = ticket.events.get()
    with connection.cursor() as cursor:
        cursor.execute("SET servicedesk.allow_erasure = 'off'")
    try:
        for attempt in (
            lambda: Event.objects.filter(pk=event.pk).update(kind="nothing"),
            lambda: Event.objects.filter(pk=event.pk).delete(),
            lambda: Ticket.objects.filter(pk=ticket.pk).delete(),
        ):
            with pytest.raises((IntegrityError, OperationalError)), transaction.atomic():
                attempt()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET servicedesk.allow_erasure = 'on'")
    assert ticket.events.get().kind == "opened"


def test_the_database_refuses_a_resolved_ticket_without_its_time(customer):
    ticket = make_incident(customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(status_category="resolved")
