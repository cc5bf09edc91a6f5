"""Changes over REST: a whole life, refusals, who may."""

from __future__ import annotations

import datetime

import pytest
from django.utils.dateparse import parse_datetime

from changes.models import Change
from changes.models.risk import questionnaire, revision_of
from servicedesk.approvals.models import Approver
from tests.api.test_incidents_api import Api
from tests.factories import AgentFactory, ServiceFactory, UserFactory

from .setups import answers, at, model

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory()


def raise_one(api, service, **values):
    body = {
        "title": "Patch", "services": [service.pk], "implementation": "Do it", "backout": "Undo it",
        "start": at(2).isoformat(), "end": at(4).isoformat(), **values,
    }  # fmt: skip
    return api("POST", "changes/", body)


def test_a_changes_life(agent):
    api, owner = Api(agent), AgentFactory()
    made = raise_one(api, ServiceFactory(owner=owner, criticality=1))
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert api("POST", f"changes/{number}/transition/", {"transition": "submit"}).status_code == 200
    asked = api("GET", "changes/questionnaire/").json()
    assert asked["revision"] == revision_of(questionnaire()) and asked["questions"][0]["options"]
    body = {"answers": {str(q): o for q, o in answers(risky=True).items()}, "revision": asked["revision"]}
    assessed = api("POST", f"changes/{number}/assess/", body).json()
    assert assessed["risk_level"] == "critical" and assessed["risk_reasons"]
    assert api("POST", f"changes/{number}/transition/", {"transition": "ask_approval"}).json()["status"] == "authorise"
    AgentFactory(role="change_manager")
    turn = Approver.objects.get(answer="asked")
    assert turn.user == owner
    moved = api("POST", f"changes/{number}/move/", {"start": at(-0.1).isoformat(), "end": at(4).isoformat()})
    assert moved.status_code == 200, moved.content


def test_a_stale_questionnaire_is_a_conflict(agent):
    api = Api(agent)
    number = raise_one(api, ServiceFactory()).json()["number"]
    api("POST", f"changes/{number}/transition/", {"transition": "submit"})
    body = {"answers": {str(q): o for q, o in answers().items()}, "revision": "0" * 64}
    assert api("POST", f"changes/{number}/assess/", body).status_code == 409


def test_what_it_meets_is_in_it(agent):
    api, service = Api(agent), ServiceFactory()
    first = raise_one(api, service).json()["number"]
    Change.objects.filter(number=first).update(holds=True)
    second = raise_one(api, service).json()
    assert [(c["kind"], c["change"]) for c in second["collisions"]] == [("service", first)]


def test_what_a_window_would_meet(agent):
    api, service = Api(agent), ServiceFactory()
    number = raise_one(api, service).json()["number"]
    Change.objects.update(holds=True)
    ask = f"changes/collisions/?service={service.pk}&start={at(3):%Y-%m-%dT%H:%MZ}&end={at(5):%Y-%m-%dT%H:%MZ}"
    assert [c["change"] for c in api("GET", ask).json()] == [number]
    for wrong in (
        "",
        "?service=x&start=2027-01-01T00:00Z&end=2027-01-02T00:00Z",
        ask.replace("start", "begin").partition("collisions/")[2],
    ):
        assert api("GET", f"changes/collisions/{wrong}").status_code == 422


def test_naive_times_are_by_the_clock_of_the_zone(agent):
    api = Api(agent)
    made = raise_one(
        api, ServiceFactory(), start="2027-01-10T22:00", end="2027-01-10T23:00", zone="Europe/Berlin"
    ).json()
    assert parse_datetime(made["start"]) == datetime.datetime(2027, 1, 10, 21, tzinfo=datetime.UTC)


def test_from_a_model_with_its_form(agent):
    made = model("Firewall rule", service=ServiceFactory())
    made.questions.create(type="text", label="Rule", key="rule", required=True)
    api = Api(agent)
    body = {"title": "Open 443", "model": "firewall-rule", "answers": {}, "start": at(1).isoformat()}
    assert "rule" in str(api("POST", "changes/", body).json())
    body["answers"] = {"rule": "a → b:443"}
    change = api("POST", "changes/", body).json()
    assert change["type"] == "standard" and change["answers"][0]["text"] == "a → b:443"
    assert api("GET", "change-models/firewall-rule/").json()["done"] == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"end": at(1).isoformat()}, "end"), ({"zone": "Mars/Base"}, "zone"), ({"services": [999999]}, "services"),
        ({"model": "none"}, "model"), ({"type": "standard"}, "model"), ({"answers": {"a": 1}}, "answers"),
        ({"risk_score": 1}, "risk_score"), ({"start": "tomorrow"}, "start"),
    ],
)  # fmt: skip
def test_bad_input_names_its_field(agent, values, field):
    answer = raise_one(Api(agent), ServiceFactory(), **values)
    assert answer.status_code in (400, 422) and field in str(answer.json())
    assert Change.objects.count() == 0


def test_lists_filter_and_refuse_nonsense(agent):
    api, service = Api(agent), ServiceFactory()
    number = raise_one(api, service).json()["number"]
    found = api("GET", f"changes/?affects={service.pk}&type=normal").json()["results"]
    assert [row["number"] for row in found] == [number]
    assert api("GET", "changes/?overlaps_from=2027-01-01T00:00Z").status_code == 422
    assert api("GET", "changes/?type=huge").status_code == 422


def test_customers_have_no_changes(agent):
    number = raise_one(Api(agent), ServiceFactory()).json()["number"]
    other = Api(UserFactory())
    assert other("GET", "changes/").status_code == 403
    assert other("GET", f"changes/{number}/").status_code == 403
