"""The catalogue, requests, approvals, tasks, basket and costs over REST."""

import pytest

from requests.models import Budget, ServiceRequest
from servicedesk.approvals.models import Approver
from servicedesk.people.models import CostCentre
from servicedesk.work.models import Task
from tests.api.test_incidents_api import Api
from tests.catalog.setups import LAPTOP_FORM, offer, order, plan
from tests.factories import AgentFactory, UserFactory, fresh

pytestmark = pytest.mark.django_db

TASKS = [{"key": "a", "title": "Internal work", "shown": "We prepare it"}, {"key": "b", "title": "Check"}]


@pytest.fixture
def laptop():
    return offer(
        form=LAPTOP_FORM, fulfilment=TASKS, approval_plan=plan(("Manager", "price over 500", "any", ["manager"])).name
    )


def test_a_requests_life(laptop):
    boss, agent = UserFactory(), AgentFactory()
    customer = UserFactory(manager=boss)
    me = Api(customer)
    shelf = me("GET", "catalog/offerings/").json()["results"]
    assert [(o["slug"], o["from_once"]) for o in shelf] == [("laptop", "1200.00")]
    form = me("GET", "catalog/offerings/laptop/").json()["form"]
    assert form[2]["show_if"] == ["test", "model", "=", "MacBook"] and form[1]["options"][0] == {
        "label": "Dock",
        "once": "180.00",
        "monthly": "0.00",
    }
    made = me("POST", "requests/", {"offering": "laptop", "answers": {"model": "ThinkPad", "extras": ["Dock"]}})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["status"], body["price_once"], body["offering"]) == ("awaiting_approval", "1380.00", "laptop")
    assert (
        body["answers"][1]["value"] == ["Dock"]
        and body["approvals"][0]["steps"][0]["people"][0]["person"]["id"] == boss.pk
    )
    waiting = Api(boss)("GET", "approvals/?answer=asked").json()["results"]
    assert [row["ticket"] for row in waiting] == [body["number"]]
    pk = waiting[0]["id"]
    assert Api(boss)("POST", f"approvals/{pk}/decide/", {"approve": False}).status_code == 422
    assert me("POST", f"approvals/{pk}/decide/", {"approve": True}).status_code == 404
    assert Api(boss)("POST", f"approvals/{pk}/decide/", {"approve": True}).json()["answer"] == "approved"
    assert Api(boss)("POST", f"approvals/{pk}/decide/", {"approve": True}).status_code == 409
    seen = me("GET", f"requests/{body['number']}/").json()
    assert [(s["title"], s["state"], s["carrier"]) for s in seen["steps"]] == [("We prepare it", "active", None)]
    desk = Api(agent)
    steps = desk("GET", f"requests/{body['number']}/").json()["steps"]
    assert len(steps) == 2
    for step in steps:
        assert me("GET", f"tasks/{step['carrier']}/").status_code == 404
        assert (
            desk("POST", f"tasks/{step['carrier']}/transition/", {"transition": "finish"}).json()["parent"]
            == body["number"]
        )
    assert me("GET", f"requests/{body['number']}/").json()["status"] == "fulfilled"


def test_bad_orders_are_refused_with_a_reason(laptop):
    me = Api(UserFactory())

    def refusal(body):
        answer = me("POST", "requests/", body)
        assert answer.status_code in (409, 422), answer.content
        return answer.json()

    assert "offering" in refusal({})["errors"]
    assert "offering" in refusal({"offering": "nothing"})["errors"]
    good = {"offering": "laptop", "answers": {"model": "ThinkPad"}}
    assert "price_once" in refusal({**good, "price_once": 1})["errors"]
    assert "answers.colour" in refusal({"offering": "laptop", "answers": {"colour": "red"}})["errors"]
    assert "model" in refusal({"offering": "laptop", "answers": {"model": "Abacus"}})["errors"]
    assert "reason" in refusal({"offering": "laptop", "answers": {"model": "ThinkPad", "reason": "x"}})["errors"]
    assert "quantity" in refusal({**good, "quantity": 2})["errors"]
    assert "person" in refusal({**good, "person": UserFactory().pk})["errors"]
    assert refusal({**good, "expected_price": {"once": "1", "monthly": "0"}})["title"] == "Changed meanwhile"
    assert "answers" in refusal({"offering": "laptop", "answers": []})["errors"]
    assert not ServiceRequest.objects.exists()
    assert me("POST", "requests/", {**good, "expected_price": {"once": "1200.00", "monthly": "0"}}).status_code == 201


def test_a_retried_order_is_one_order(laptop):
    me = Api(UserFactory())
    body = {"offering": "laptop", "answers": {"model": "ThinkPad"}, "token": "0b0e3f5c-2f6e-4a53-9f0e-b1d3b7a0a001"}
    assert me("POST", "requests/", body).json()["number"] == me("POST", "requests/", body).json()["number"]
    assert Api(UserFactory())("POST", "requests/", body).status_code == 403


def test_requests_are_found_by_an_answer(laptop):
    wanted = order(laptop, None, {"model": "MacBook", "reason": "Films"})
    order(laptop, None, {"model": "ThinkPad"})
    found = Api(AgentFactory())("GET", "requests/?answer=model:macbook").json()["results"]
    assert [row["number"] for row in found] == [wanted.number]
    assert Api(AgentFactory())("GET", "requests/?answer=nonsense").status_code == 422


def test_the_basket(laptop):
    user = UserFactory()
    me = Api(user)
    assert me("POST", "basket/", {"offering": "laptop", "answers": {"model": "ThinkPad"}}).status_code == 201
    draft = me("POST", "basket/", {"offering": "laptop", "draft": True}).json()
    assert len(me("GET", "basket/").json()) == 2
    assert Api(UserFactory())("DELETE", f"basket/{draft['id']}/").status_code == 404
    assert me("DELETE", f"basket/{draft['id']}/").status_code == 204
    done = me("POST", "basket/order/", {})
    assert done.status_code == 201 and done.json()["requests"] == [ServiceRequest.objects.get().number]
    assert me("GET", "basket/").json() == []
    assert me("POST", "basket/order/", {}).status_code == 422


def test_an_unfinished_basket_is_not_ordered(laptop):
    me = Api(UserFactory())
    me("POST", "basket/", {"offering": "laptop", "answers": {"model": "MacBook"}})
    answer = me("POST", "basket/order/", {})
    assert answer.status_code == 422 and "items.0.reason" in answer.json()["errors"]
    assert len(me("GET", "basket/").json()) == 1


def test_admins_keep_the_catalogue(laptop):
    boss, me = Api(UserFactory(role="admin")), Api(AgentFactory())
    document = boss("GET", "catalog/offerings/laptop/document/").json()
    assert me("GET", "catalog/offerings/laptop/document/").status_code == 403
    assert me("POST", "catalog/offerings/", document).status_code == 403
    made = boss("POST", "catalog/offerings/", {**document, "name": "Tablet"})
    assert made.status_code == 201 and made.json() == {"slug": "tablet", "version": 1, "state": "draft", "problems": []}
    assert me("GET", "catalog/offerings/tablet/").status_code == 404
    assert boss("PUT", "catalog/offerings/tablet/document/", {"form": [{"type": "choice", "label": "X"}]}).json()[
        "problems"
    ] == ["X: Write the options, one a line."]
    assert boss("POST", "catalog/offerings/tablet/publish/").status_code == 422
    assert boss("PUT", "catalog/offerings/tablet/document/", {"form": []}).json()["problems"] == []
    assert boss("POST", "catalog/offerings/tablet/publish/").json()["state"] == "published"
    assert me("GET", "catalog/offerings/tablet/").status_code == 200
    assert boss("POST", "catalog/offerings/tablet/retire/").status_code == 204
    assert me("GET", "catalog/offerings/tablet/").status_code == 404
    assert [o["slug"] for o in me("GET", "catalog/offerings/?q=lapptop").json()["results"]] == ["laptop"]


def test_tasks_are_added_and_delegation_is_passed_on(laptop):
    boss, other = UserFactory(), UserFactory()
    other.manager = boss
    other.save()
    request = order(laptop, UserFactory(manager=boss), {"model": "ThinkPad"})
    agent = Api(AgentFactory())
    assert agent("POST", "tasks/", {"parent": request.number, "title": "Call them"}).status_code == 201
    assert Task.objects.get().parent_id == request.pk
    assert agent("POST", "tasks/", {"parent": "REQ-0", "title": "x"}).status_code == 404
    assert Api(request.requester)("POST", "tasks/", {"parent": request.number, "title": "x"}).status_code == 403
    pk = Approver.objects.get().pk
    assert Api(boss)("POST", f"approvals/{pk}/delegate/", {"to": other.pk}).json()["answer"] == "delegated"
    assert Api(other)("GET", "approvals/").json()["results"][0]["in_place_of"]["id"] == boss.pk


def test_costs_and_budgets(laptop):
    owner, admin = UserFactory(), Api(UserFactory(role="admin"))
    centre = CostCentre.objects.create(code="1", name="Art", owner=owner)
    request = order(laptop, UserFactory(cost_centre=centre), {"model": "ThinkPad"})
    body = {"cost_centre": centre.pk, "month": str(request.ordered_on), "amount": "2000"}
    assert Api(owner)("PUT", "costs/", body).status_code == 403
    assert admin("PUT", "costs/", {**body, "amount": "-1"}).status_code == 422
    assert admin("PUT", "costs/", body).json()["budget"] == "2000.00"
    assert (
        admin("PUT", "costs/", {**body, "amount": "1500"}).json()["budget"] == "1500.00" and Budget.objects.count() == 1
    )
    row = Api(owner)("GET", "costs/").json()[0]
    assert (row["used"], row["budget"]) == ("1200.00", "1500.00")
    assert Api(owner)("GET", "costs/?month=13").status_code == 422
    assert Api(UserFactory())("GET", "costs/").json() == []
    agent = Api(AgentFactory())
    assert agent("POST", f"requests/{request.number}/charge/", {"cost_centre": None}).json()["cost_centre"] is None
    assert agent("POST", f"requests/{request.number}/end-monthly/", {"month": "2026-11-01"}).status_code == 409
    assert (
        Api(request.requester)("POST", f"requests/{request.number}/charge/", {"cost_centre": centre.pk}).status_code
        == 403
    )
    assert fresh(request).status == "awaiting_approval"
