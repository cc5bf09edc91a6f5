"""Pipelines ask before they deploy, and say what became of it."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.utils import timezone

from changes.models import Change, ChangeModel, Deployment, Freeze
from tests.api.test_incidents_api import Api
from tests.factories import AgentFactory, ServiceFactory, UserFactory

from .setups import at, model

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    return Api(AgentFactory(name="Pipeline"))


@pytest.fixture
def web():
    return ServiceFactory(name="Web shop", criticality=3)


def ask(api, **values):
    body = {"service": "web shop", "version": "1.4.0", "environment": "production", "key": "run-1", **values}
    return api("POST", "changes/gate/", body)


def test_a_preapproved_deployment_passes_and_is_closed_by_its_report(pipeline, web):
    model("Deploy the web shop", service=web).tasks.create(title="Deploy")
    committed = timezone.now() - datetime.timedelta(hours=5)
    answer = ask(pipeline, commit="abc123", committed_at=committed.isoformat(), pipeline_url="https://ci.example.org/1")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["decision"], body["reasons"]) == ("allowed", [])
    number = body["change"]
    assert pipeline("POST", f"changes/gate/{number}/", {"status": "started"}).json()["status"] == "implementing"
    assert pipeline("POST", f"changes/gate/{number}/", {"status": "succeeded"}).json()["status"] == "closed"
    change = Change.objects.get(number=number)
    assert (change.outcome, change.type) == ("successful", "standard")
    assert change.deployment.finished_at == change.ended_at


def test_the_same_question_again_is_the_same_change(pipeline, web):
    model("Deploy the web shop", service=web)
    first, second = ask(pipeline), ask(pipeline)
    assert first.json() == second.json() and Change.objects.count() == 1
    for state in ("started", "started", "succeeded", "succeeded"):
        assert pipeline("POST", f"changes/gate/{first.json()['change']}/", {"status": state}).status_code == 200
    late = pipeline("POST", f"changes/gate/{first.json()['change']}/", {"status": "failed"})
    assert late.status_code == 409 and "reported already" in late.json()["detail"]


def test_a_replayed_key_with_something_else_is_a_conflict(pipeline, web):
    model("Deploy the web shop", service=web)
    ask(pipeline)
    other = ask(pipeline, version="2.0.0")
    assert other.status_code == 409 and "1.4.0" in other.json()["detail"]
    assert Change.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_question_at_the_same_moment_makes_one_change(pipeline, web):
    model("Deploy the web shop", service=web)

    def one(_n):
        try:
            return ask(pipeline).json()["change"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(one, range(6)))) == 1
    assert Deployment.objects.count() == Change.objects.count() == 1


def test_without_approval_in_advance_it_waits(pipeline, web):
    answer = ask(pipeline).json()
    assert answer["decision"] == "waiting" and answer["status"] == "assess"
    refused = pipeline("POST", f"changes/gate/{answer['change']}/", {"status": "started"})
    assert refused.status_code == 409


def test_a_freeze_refuses_and_says_why(pipeline, web):
    model("Deploy the web shop", service=web)
    Freeze.objects.create(name="Black Friday", starts_at=at(-1), ends_at=at(30))
    answer = ask(pipeline).json()
    assert answer["decision"] == "refused" and "Black Friday" in answer["reasons"][0]
    Freeze.objects.all().delete()
    again = ask(pipeline).json()
    assert (again["decision"], again["change"]) == ("allowed", answer["change"])


def test_a_failure_takes_the_models_approval_away(pipeline, web):
    model("Deploy the web shop", service=web)
    number = ask(pipeline).json()["change"]
    pipeline("POST", f"changes/gate/{number}/", {"status": "started"})
    pipeline("POST", f"changes/gate/{number}/", {"status": "failed", "message": "Health checks stayed red."})
    assert Change.objects.get(number=number).resolution == "Health checks stayed red."
    assert not ChangeModel.objects.get().is_preapproved
    assert ask(pipeline, key="run-2").json()["decision"] == "waiting"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"service": "Nowhere"}, "service"), ({"key": ""}, "key"), ({"model": "none"}, "model"),
        ({"version": ""}, "version"), ({"pipeline_url": "javascript:alert(1)"}, "pipeline_url"), ({"extra": 1}, "extra"),
    ],
)  # fmt: skip
def test_a_wrong_question_names_its_field(pipeline, web, values, field):
    answer = ask(pipeline, **values)
    assert answer.status_code in (400, 422) and field in str(answer.json())
    assert Change.objects.count() == 0


def test_customers_get_no_gate(web):
    assert ask(Api(UserFactory())).status_code == 403
