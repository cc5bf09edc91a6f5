"""Ordering: what becomes of an order, and what is refused."""

from decimal import Decimal

import pytest

from catalog import versions
from requests.models import Answer, ServiceRequest
from requests.operations import Item, place
from servicedesk.approvals.models import Approver
from servicedesk.approvals.operations import decide
from servicedesk.people import access
from servicedesk.people.models import Membership
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.work.models import WorkStep
from tests.catalog.setups import LAPTOP_FORM, offer, order, plan
from tests.desk.test_queue import query_count
from tests.factories import AgentFactory, OrganisationFactory, TeamFactory, UserFactory, fresh

pytestmark = pytest.mark.django_db

TASKS = [
    {
        "key": "prepare",
        "title": "Prepare {model}",
        "shown": "We prepare your laptop",
        "instructions": "Extras: {extras}",
        "due": "4h",
    },
    {"key": "account", "title": "Prepare the account"},
    {"key": "hand_over", "title": "Hand over", "shown": "You get your laptop", "after": "prepare, account"},
]


def test_from_order_through_approval_and_tasks_to_fulfilled():
    boss = UserFactory()
    customer = UserFactory(manager=boss)
    agent = AgentFactory()
    laptop = offer(
        form=LAPTOP_FORM,
        fulfilment=TASKS,
        price_once="100",
        approval_plan=plan(("Manager", "price over 500", "any", ["manager"])).name,
        delivery="24h",
    )
    request = order(laptop, customer, {"model": "ThinkPad", "extras": ["Dock", "Insurance"]})
    assert request.planned_seconds == 24 * 3600 and request.due_at is not None
    assert (request.status, request.price_once, request.price_monthly) == (
        "awaiting_approval",
        Decimal(1480),
        Decimal(5),
    )
    assert request.number.startswith("REQ-")
    asked = Approver.objects.get()
    assert asked.user == boss
    decide(asked, actor=boss, approve=True, comment="Fine")
    assert fresh(request).status == "in_fulfilment"
    steps = {step.key: step for step in WorkStep.objects.filter(ticket=request.pk)}
    assert {key: step.state for key, step in steps.items()} == {
        "prepare": "active",
        "account": "active",
        "hand_over": "waiting",
    }
    assert steps["prepare"].title == "Prepare ThinkPad"
    assert steps["prepare"].carrier.planned_seconds == 4 * 3600
    for key in ("prepare", "account"):
        tickets.transition(steps[key].carrier, "finish", actor=agent)
    last = WorkStep.objects.get(ticket=request.pk, key="hand_over")
    assert last.state == "active"
    tickets.transition(last.carrier, "finish", actor=agent)
    assert fresh(request).status == "fulfilled"
    kinds = list(fresh(request).events.values_list("kind", flat=True))
    assert kinds == [
        "opened",
        "moved",
        "approval_requested",
        "approval_asked",
        "approval_voted",
        "approval_decided",
        "moved",
        "step_started",
        "step_started",
        "step_done",
        "step_done",
        "step_started",
        "step_done",
        "moved",
    ]
    versions_ = list(fresh(request).events.values_list("version", flat=True))
    assert versions_ == sorted(set(versions_))


def test_answers_are_stored_typed_and_hidden_ones_not_at_all():
    request = order(offer(form=LAPTOP_FORM), None, {"model": "ThinkPad", "extras": ["Dock"], "needed_by": "2026-12-24"})
    rows = {a.key: a for a in request.answers.all()}
    assert set(rows) == {"model", "extras", "needed_by"}
    assert rows["model"].options == ["ThinkPad"] and rows["extras"].options == ["Dock"]
    assert str(rows["needed_by"].date) == "2026-12-24"
    assert "ThinkPad" in fresh(request).description
    assert Answer.objects.filter(key="needed_by", date__lt="2027-01-01").get().request == request


def test_answers_are_found_by_search(agent):
    from servicedesk.tickets.search import search

    request = order(offer(form=LAPTOP_FORM), None, {"model": "MacBook", "reason": "Photogrammetry of bridges"})
    assert [hit.number for hit in search(agent, "photogrammetry")] == [request.number]


def test_a_forged_price_changes_nothing(login):
    customer = UserFactory()
    offer(form=LAPTOP_FORM)
    sent = {"answer-model": "ThinkPad", "price_once": "1", "seen_once": "0", "seen_monthly": "0", "do": "order"}
    assert login(customer).post("/portal/order/laptop/", sent).status_code == 302
    assert ServiceRequest.objects.get().price_once == 1200


def test_a_price_that_changed_meanwhile_is_shown_not_charged(login):
    offering = offer(form=LAPTOP_FORM, price_once="100")
    sent = {"answer-model": "ThinkPad", "seen_once": "80", "seen_monthly": "0"}
    answer = login(UserFactory()).post("/portal/order/laptop/", sent)
    assert answer.status_code == 422 and "The price is 1,300 €" in answer.content.decode()
    assert not ServiceRequest.objects.exists() and "checked" in answer.content.decode()
    assert offering.requests.count() == 0


def test_the_same_order_sent_twice_is_one(login):
    offer(form=LAPTOP_FORM)
    client = login(UserFactory())
    sent = {"answer-model": "ThinkPad", "token": "0b0e3f5c-2f6e-4a53-9f0e-b1d3b7a0a001"}
    first, second = client.post("/portal/order/laptop/", sent), client.post("/portal/order/laptop/", sent)
    assert first.url == second.url and ServiceRequest.objects.count() == 1
    assert login(UserFactory()).post("/portal/order/laptop/", sent).status_code == 422


@pytest.mark.parametrize("limit", ["organisation", "team", "role", "service"])
def test_what_one_is_not_entitled_to_is_neither_shown_nor_orderable(login, limit):
    offering = offer(form=LAPTOP_FORM)
    organisation, team = OrganisationFactory(), TeamFactory()
    inside = {
        "organisation": lambda: UserFactory(organisation=organisation), "role": lambda: AgentFactory(),
        "team": lambda: AgentFactory(), "service": lambda: UserFactory(organisation=organisation),
    }[limit]()  # fmt: skip
    if limit == "organisation":
        offering.organisations.add(organisation)
    elif limit == "team":
        offering.teams.add(team)
        Membership.objects.create(team=team, user=inside)
    elif limit == "role":
        offering.roles = ["agent"]
        offering.save()
    else:
        offering.service.organisations.add(organisation)
    outside = UserFactory()
    sent = {"answer-model": "ThinkPad"}
    assert "Laptop" in login(inside).get("/portal/catalogue/").content.decode()
    for path in ("/portal/catalogue/", "/portal/find/?q=laptop", "/portal/catalogue/hardware/", "/portal/"):
        assert "Laptop" not in login(outside).get(path).content.decode().replace("“laptop”", "")
    assert login(outside).get("/portal/order/laptop/").status_code == 404
    assert login(outside).post("/portal/order/laptop/", sent).status_code == 404
    with pytest.raises(Invalid, match="cannot be ordered"):
        order(offering, outside, {"model": "ThinkPad"})
    with pytest.raises(access.Forbidden):
        order(offering, outside, {"model": "ThinkPad"}, person=inside)
    assert login(inside).post("/portal/order/laptop/", sent).status_code == 302


def test_an_agent_orders_for_others_what_those_are_entitled_to():
    offering, organisation = offer(form=LAPTOP_FORM), OrganisationFactory()
    offering.organisations.add(organisation)
    inside, outside, agent = UserFactory(organisation=organisation), UserFactory(), AgentFactory()
    assert order(offering, agent, {"model": "ThinkPad"}, person=inside).requester == inside
    with pytest.raises(Invalid, match="cannot be ordered"):
        order(offering, agent, {"model": "ThinkPad"}, person=outside)


def test_what_is_retired_or_whose_service_is_gone_cannot_be_ordered():
    offering = offer(form=LAPTOP_FORM)
    versions.retire(offering)
    with pytest.raises(Invalid):
        order_raw(offering)
    other = offer("Screen")
    other.service.stage = "retired"
    other.service.save()
    with pytest.raises(Invalid):
        order_raw(other)


def order_raw(offering):
    return place([Item(offering=offering, data={})], actor=UserFactory())


def test_too_many_are_refused():
    offering = offer(form=LAPTOP_FORM, most=3)
    with pytest.raises(Invalid, match="Between 1 and 3"):
        order(offering, None, {"model": "ThinkPad"}, quantity=4)
    assert order(offering, None, {"model": "ThinkPad"}, quantity=3).price_once == 3600


def test_all_or_nothing():
    good, bad = (
        offer(form=LAPTOP_FORM),
        offer("Screen", form=[{"type": "text", "label": "Room", "key": "room", "required": True}]),
    )
    items = [
        Item(offering=good, data={"answer-model": "ThinkPad"}, names="items.0."),
        Item(offering=bad, data={}, names="items.1."),
    ]
    with pytest.raises(Invalid) as caught:
        place(items, actor=UserFactory())
    assert list(caught.value.fields) == ["items.1.room"] and not ServiceRequest.objects.exists()
    with pytest.raises(Invalid):
        place([], actor=UserFactory())


def test_a_running_request_keeps_its_version():
    offering = offer(form=LAPTOP_FORM, fulfilment=TASKS, approval_plan=plan(("M", "", "any", ["manager"])).name)
    boss = UserFactory()
    request = order(offering, UserFactory(manager=boss), {"model": "ThinkPad"})
    offer(form=[{"type": "text", "label": "Anything", "key": "anything"}], fulfilment=[{"title": "Something else"}])
    decide(Approver.objects.get(), actor=boss, approve=True)
    assert [s.title for s in WorkStep.objects.filter(ticket=request.pk)] == [
        "Prepare ThinkPad",
        "Prepare the account",
        "Hand over",
    ]
    assert request.offering_version.number == 1 and offering.versions.get(state="published").number == 2


def test_a_customer_cannot_take_the_steps_that_follow_by_themselves():
    boss = UserFactory()
    request = order(offer(approval_plan=plan(("M", "", "any", ["manager"])).name), UserFactory(manager=boss))
    for slug in ("approve", "reject", "begin", "fulfil", "ask_approval"):
        for actor in (request.requester, boss, AgentFactory()):
            with pytest.raises((access.Forbidden, NotAllowedNow)):
                tickets.transition(fresh(request), slug, actor=actor, reason="x", resolution="x")
    assert fresh(request).status == "awaiting_approval"


def test_the_pages_have_a_fixed_number_of_queries(login):
    customer = UserFactory()
    client = login(customer)
    for number in range(3):
        offer(f"Thing {number}", form=LAPTOP_FORM)
    client.get("/portal/catalogue/"), client.get("/portal/order/thing-1/"), client.get("/portal/")
    pages = [
        "/portal/catalogue/",
        "/portal/order/thing-1/",
        "/portal/",
        "/portal/find/?q=thing",
        "/portal/catalogue/hardware/",
    ]
    before = [query_count(client, path) for path in pages]
    for number in range(3, 20):
        offer(f"Thing {number}", form=LAPTOP_FORM)
    for path in pages:
        client.get(path)
    assert [query_count(client, path) for path in pages] == before
    assert before[0] <= 6 and before[1] <= 10, before


def test_every_state_of_the_lifecycle_has_words_for_customers():
    from requests.lifecycle import LIFECYCLE

    assert all(state.customer_label for state in LIFECYCLE.states)
