"""Plans of tasks: in parallel and one after the other, outside systems, requests within requests, and what goes wrong."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from requests.models import ServiceRequest
from servicedesk import webhooks
from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Ticket
from servicedesk.work import calls
from servicedesk.work.models import Call, Task, WorkStep
from servicedesk.work.operations import add_task
from servicedesk.work.tasks.timers import hand_on
from tests.catalog.setups import LAPTOP_FORM, offer, order, plan
from tests.examples import rolled_back
from tests.factories import AgentFactory, TeamFactory, UserFactory, fresh

pytestmark = pytest.mark.django_db


def steps(request):
    return {step.key: step.state for step in WorkStep.objects.filter(ticket=request.pk)}


def task(request, key):
    return Task.objects.get(pk=WorkStep.objects.get(ticket=request.pk, key=key).carrier_id)


def move(request, key, slug="finish", actor=None, **values):
    return tickets.transition(task(request, key), slug, actor=actor or AgentFactory(), **values)


CHAIN = [{"key": "a", "title": "A"}, {"key": "b", "title": "B", "after": "a"}, {"key": "c", "title": "C", "after": "b"}]


def test_a_step_that_is_not_needed_lets_the_next_begin():
    request = order(offer(fulfilment=CHAIN))
    move(request, "a", "skip", reason="Is there already")
    assert steps(request) == {"a": "skipped", "b": "active", "c": "waiting"}


def test_a_step_that_cannot_be_done_holds_the_next_until_it_is_taken_up_again():
    request = order(offer(fulfilment=CHAIN))
    move(request, "a", "fail", reason="No such model")
    assert steps(request) == {"a": "failed", "b": "waiting", "c": "waiting"}
    assert fresh(request).status == "in_fulfilment"
    move(request, "a", "reopen", reason="Found one")
    move(request, "a")
    assert steps(request) == {"a": "done", "b": "active", "c": "waiting"}


def test_steps_left_out_by_their_condition_pass_on_what_they_waited_for():
    fulfilment = [
        {"key": "a", "title": "A"}, {"key": "b", "title": "B", "after": "a", "only_if": "model is MacBook"},
        {"key": "c", "title": "C", "after": "b"},
    ]  # fmt: skip
    request = order(offer(form=LAPTOP_FORM, fulfilment=fulfilment), None, {"model": "ThinkPad"})
    assert steps(request) == {"a": "active", "c": "waiting"}
    move(request, "a")
    assert steps(request) == {"a": "done", "c": "active"}


def test_the_request_waits_while_all_that_is_at_work_waits():
    request = order(offer(fulfilment=[{"key": "a", "title": "A"}, {"key": "b", "title": "B"}]))
    move(request, "a", "wait", reason="Supplier")
    assert fresh(request).status == "in_fulfilment"
    move(request, "b", "wait", reason="Holidays")
    assert fresh(request).status == "waiting"
    move(request, "b", "resume")
    assert fresh(request).status == "in_fulfilment"


def test_customers_see_steps_not_internals(login):
    customer = UserFactory()
    request = order(
        offer(fulfilment=[{"key": "a", "title": "Secret preparation", "shown": "We prepare it"}, {"key": "b", "title": "Hidden check"}]),
        customer,
    )  # fmt: skip
    move(request, "a", "finish")
    page = login(customer).get(f"/portal/{request.number}/").content.decode()
    assert "We prepare it" in page and "Secret" not in page and "Hidden" not in page
    for number in Task.objects.values_list("number", flat=True):
        assert login(customer).get(f"/portal/{number}/").status_code == 404
        assert number not in page and number not in login(customer).get("/portal/tickets/").content.decode()


def test_cancelling_ends_the_tasks_and_nothing_is_fulfilled():
    request = order(offer(fulfilment=CHAIN))
    tickets.transition(fresh(request), "withdraw", actor=request.requester, reason="Changed my mind")
    assert steps(request) == {"a": "skipped", "b": "skipped", "c": "skipped"}
    assert Task.objects.get().status == "not_needed" and fresh(request).status == "cancelled"
    with pytest.raises(NotAllowedNow, match="over already"):
        move(request, "a", "reopen", reason="x")


def test_a_request_is_not_fulfilled_by_hand_while_steps_are_open():
    agent = AgentFactory()
    request = order(offer(fulfilment=CHAIN))
    with pytest.raises(NotAllowedNow, match="Not all its steps are over: A, B, C"):
        tickets.transition(fresh(request), "fulfil", actor=agent, resolution="Done")
    plain = order(offer("Plain"))
    tickets.take(fresh(plain), actor=agent)
    tickets.transition(fresh(plain), "fulfil", actor=agent, resolution="Here it is")
    assert fresh(plain).status == "fulfilled"


def test_a_task_by_hand_has_to_be_done_too():
    agent, team = AgentFactory(), TeamFactory()
    request = order(offer("Plain"))
    tickets.take(fresh(request), actor=agent)
    made = add_task(
        fresh(request), actor=agent, title="Ask the supplier", team=team, assignee=agent, planned_seconds=3600
    )
    assert (made.team, made.assignee, made.planned_seconds) == (team, agent, 3600)
    with pytest.raises(access.Forbidden):
        add_task(fresh(request), actor=request.requester, title="Mine")
    with pytest.raises(Invalid):
        add_task(fresh(request), actor=agent, title="")
    with pytest.raises(NotAllowedNow, match="no tasks of its own"):
        add_task(fresh(made), actor=agent, title="x")
    tickets.transition(made, "finish", actor=agent)
    assert fresh(request).status == "fulfilled"
    with pytest.raises(NotAllowedNow, match="is over"):
        add_task(fresh(request), actor=agent, title="Too late")


def test_a_task_has_its_clock_with_the_plans_time():
    request = order(
        offer(fulfilment=[{"key": "a", "title": "A", "due": "4h"}, {"key": "b", "title": "B"}], delivery="24h")
    )
    clock = {key: task(request, key).clocks.get() for key in ("a", "b")}
    assert (
        clock["a"].target == 4 * 3600 and clock["b"].target == 16 * 3600
    )  # the goal's own where the plan says nothing
    assert fresh(request).clocks.get(agreement__name="Requests: fulfilment").target == 24 * 3600


# --- Outside systems -----------------------------------------------------------------------------


@pytest.fixture
def outside(monkeypatch):
    """An outside system that answers as told, and remembers what it was sent."""
    sent, answers = [], []

    def post(url, body, *, key, secret=""):
        sent.append((url, body, key, secret))
        if answers and (wrong := answers.pop(0)):
            raise webhooks.Undone(wrong)
        return "HTTP 202"

    monkeypatch.setattr(webhooks, "post", post)
    return sent, answers


HOOK = [
    {"key": "hook", "kind": "webhook", "title": "Extend {folder}", "url": "https://storage.example/extend"},
    {"key": "tell", "title": "Tell them", "after": "hook"},
]
FOLDER = [{"type": "text", "label": "Folder", "key": "folder"}]


def run_calls():
    for pk in calls.due():
        calls.perform(pk)


def test_an_outside_system_starts_and_completes_a_task(outside, client):
    sent, _answers = outside
    request = order(offer(form=FOLDER, fulfilment=HOOK), None, {"folder": "T:/Art"})
    assert task(request, "hook").status == "waiting_system"
    run_calls()
    run_calls()
    assert len(sent) == 1
    url, body, key, _secret = sent[0]
    assert (url, body["title"], body["answers"]) == (
        "https://storage.example/extend",
        "Extend T:/Art",
        {"folder": "T:/Art"},
    )
    path = "/api/v1/" + body["callback"].split("/api/v1/")[1]

    def answer(data):
        return client.post(path, json.dumps(data), content_type="application/json")

    assert answer({"status": "maybe"}).status_code == 422
    assert answer({"status": "done", "extra": 1}).status_code == 422
    assert answer({"status": "done", "message": "512 GB now"}).status_code == 200
    assert steps(request) == {"hook": "done", "tell": "active"}
    assert answer({"status": "done", "message": "512 GB now"}).status_code == 200  # told twice
    assert answer({"status": "failed"}).status_code == 409
    assert task(request, "hook").messages.count() == 1
    assert client.post(path[:-4] + "x/", "{}", content_type="application/json").status_code in (404, 422)


def test_an_outside_system_that_fails_is_a_step_that_cannot_be_done(outside):
    request = order(offer(form=FOLDER, fulfilment=HOOK))
    url = calls.callback_url(task(request, "hook"))
    calls.answered(url.rstrip("/").rsplit("/", 1)[1], status="failed", message="No space")
    assert steps(request) == {"hook": "failed", "tell": "waiting"}
    assert task(request, "hook").status_reason == "No space"


def test_an_outside_system_that_never_answers_leaves_the_task_to_people(outside):
    _sent, answers = outside
    answers += ["HTTP 500"] * 20
    request = order(offer(form=FOLDER, fulfilment=HOOK))
    for _try in range(len(webhooks.BACKOFF) + 1):
        Call.objects.update(try_at="2020-01-01T00:00Z")
        run_calls()
    made = task(request, "hook")
    assert made.status == "todo" and Call.objects.get().try_at is None
    assert "could not be reached (HTTP 500)" in made.messages.get().body
    run_calls()
    assert Call.objects.get().tries == len(webhooks.BACKOFF) + 1


def test_the_sweep_hands_calls_on(outside, monkeypatch):
    from servicedesk.work import tasks

    order(offer(form=FOLDER, fulfilment=HOOK))
    handed = []
    monkeypatch.setattr(tasks.call, "delay", handed.append)
    hand_on()
    assert handed == [Call.objects.get().pk]


# --- Requests within requests --------------------------------------------------------------------


def bundle(**values):
    laptop = offer(
        form=LAPTOP_FORM,
        fulfilment=[{"key": "x", "title": "Set up"}],
        approval_plan=plan(("M", "", "any", ["manager"]), name="Own").name,
    )
    return offer(
        "New employee",
        form=[{"type": "choice", "label": "Laptop", "key": "laptop", "options": "ThinkPad\nMacBook\nNone", "required": True}],
        fulfilment=[
            {"key": "account", "title": "Account"},
            {"key": "laptop", "title": "Laptop", "shown": "A laptop", "kind": "order", "offering": laptop.slug, "after": "account",
             "values": "model = {laptop}\nextras = Dock, Mouse", "only_if": "laptop is not None", **values},
            {"key": "welcome", "title": "Welcome", "after": "laptop"},
        ],
    )  # fmt: skip


def test_a_bundle_makes_requests_that_depend_on_each_other():
    boss = UserFactory()
    customer = UserFactory(manager=boss)
    request = order(bundle(), customer, {"laptop": "ThinkPad"})
    assert request.total_once == 1400 and request.price_once == 0
    assert steps(request) == {"account": "active", "laptop": "waiting", "welcome": "waiting"}
    move(request, "account")
    part = ServiceRequest.objects.exclude(pk=request.pk).get()
    assert (part.bundle_id, part.requester, part.price_once, part.status) == (
        request.pk,
        customer,
        1400,
        "in_fulfilment",
    )
    assert {a.key: a.options for a in part.answers.all()} == {"model": ["ThinkPad"], "extras": ["Dock", "Mouse"]}
    assert part.links_out.get().target_id == request.pk
    move(part, "x")
    assert steps(request) == {"account": "done", "laptop": "done", "welcome": "active"}


def test_a_part_may_need_its_own_approval_and_a_rejection_is_a_step_that_cannot_be_done():
    from servicedesk.approvals.models import Approver
    from servicedesk.approvals.operations import decide

    boss = UserFactory()
    request = order(bundle(covered=False), UserFactory(manager=boss), {"laptop": "MacBook"})
    move(request, "account")
    # The MacBook asks for a reason that the bundle does not give: somebody orders it by hand.
    step = WorkStep.objects.get(ticket=request.pk, key="laptop")
    assert (
        step.state == "active"
        and step.carrier.kind == "task"
        and "could not be made by itself" in step.carrier.description
    )
    other = order(bundle_again(), UserFactory(manager=boss), {"laptop": "ThinkPad"})
    move(other, "account")
    part = ServiceRequest.objects.get(bundle=other.pk)
    assert part.status == "awaiting_approval"
    decide(Approver.objects.get(step__approval__ticket=part.pk), actor=boss, approve=False, comment="No")
    assert steps(other) == {"account": "done", "laptop": "failed", "welcome": "waiting"}


def bundle_again():
    from catalog.models import Offering

    return Offering.objects.get(name="New employee")


def test_cancelling_a_bundle_cancels_its_parts():
    request = order(bundle(), None, {"laptop": "ThinkPad"})
    move(request, "account")
    tickets.transition(fresh(request), "cancel", actor=AgentFactory(), reason="They do not come")
    part = ServiceRequest.objects.get(bundle=request.pk)
    assert part.status == "cancelled" and not Ticket.objects.filter(kind="task", status="todo").exists()


def test_circles_are_refused():
    from catalog import versions
    from tests.catalog.setups import draft

    draft_ = draft(
        "Loop", fulfilment=[{"key": "a", "title": "A", "after": "b"}, {"key": "b", "title": "B", "after": "a"}]
    )
    with pytest.raises(Invalid, match="in a circle"):
        versions.publish(draft_, actor=None)
    one = offer("One")
    offer("Two", fulfilment=[{"key": "x", "title": "One", "kind": "order", "offering": one.slug}])
    again = draft("One", fulfilment=[{"key": "x", "title": "Two", "kind": "order", "offering": "two"}])
    with pytest.raises(Invalid, match="includes this offering"):
        versions.publish(again, actor=None)
    unknown = draft("Three", fulfilment=[{"key": "x", "title": "X", "after": "y, x"}])
    with pytest.raises(Invalid, match="no step with the key “y”"):
        versions.publish(unknown, actor=None)


graphs = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        *(st.sets(st.integers(0, max(place - 1, 0)), max_size=2) if place else st.just(set()) for place in range(n))
    )
)


@settings(max_examples=40)
@given(
    graphs,
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["finish", "skip", "fail", "reopen", "wait", "resume"])),
        max_size=25,
    ),
)
@rolled_back
def test_whatever_is_done_no_step_begins_before_its_time(db, graph, doings):
    """Random plans, random work: a step is at work only if all before it are over; the request is fulfilled only if all are."""
    fulfilment = [
        {"key": f"s{n}", "title": f"S{n}", "after": ", ".join(f"s{m}" for m in before)}
        for n, before in enumerate(graph)
    ]
    request, agent = order(offer("Plan", fulfilment=fulfilment)), AgentFactory()
    for place, slug in doings:
        step = WorkStep.objects.filter(ticket=request.pk, key=f"s{place}").select_related("carrier").first()
        if step is None or step.carrier is None:
            continue
        try:
            tickets.transition(step.carrier, slug, actor=agent, **({"reason": "x"} if slug != "finish" else {}))
        except NotAllowedNow:
            continue
        found = {s.key: s for s in WorkStep.objects.filter(ticket=request.pk)}
        over = {key for key, s in found.items() if s.state in ("done", "skipped")}
        begun = [s for s in found.values() if s.started_at is not None]
        for s in found.values():
            if s.state == "waiting":
                assert not set(s.after) <= over or fresh(request).is_over
        assert all(s.carrier_id is not None for s in begun)
        ticket = fresh(request)
        if ticket.status == "fulfilled":
            assert over == set(found)
        assert (len(over) == len(found)) <= (ticket.status == "fulfilled")
