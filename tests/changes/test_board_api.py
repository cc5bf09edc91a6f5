"""Meetings, freezes and maintenance windows over REST."""

from __future__ import annotations

import pytest

from changes.models import Freeze, MaintenanceWindow, Meeting
from servicedesk.approvals.models import Approver
from servicedesk.tickets import operations as tickets
from tests.api.test_incidents_api import Api
from tests.factories import AgentFactory, ServiceFactory, UserFactory

from .setups import again, assessed, at, change

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return AgentFactory(role="change_manager")


def times(first, last):
    return {"starts_at": at(first).isoformat(), "ends_at": at(last).isoformat()}


def test_a_meeting_from_plan_to_result(manager):
    agent, owner = AgentFactory(), AgentFactory()
    row = assessed(change(agent, ServiceFactory(criticality=1, owner=owner)), agent, risky=True)
    tickets.transition(row, "ask_approval", actor=agent)
    api = Api(manager)
    made = api("POST", "cab-meetings/", {"title": "CAB", **times(1, 2), "members": [owner.pk]})
    assert made.status_code == 201, made.content
    pk, items = made.json()["id"], made.json()["items"]
    assert [(i["change"], i["asked"]) for i in items] == [(row.number, [owner.pk])]
    assert Api(owner)("POST", f"cab-meetings/{pk}/vote/", {"change": row.number, "choice": "no"}).status_code == 200
    api("POST", f"cab-meetings/{pk}/note/", {"change": row.number, "minutes": "Too soon."})
    assert Api(agent)("POST", f"cab-meetings/{pk}/apply/", {"change": row.number}).status_code == 403
    done = api("POST", f"cab-meetings/{pk}/apply/", {"change": row.number}).json()
    assert "Rejected" in done["items"][0]["result"] and again(row).status_reason == "Too soon."
    assert Approver.objects.get(answer="rejected").via == "meeting"
    assert api("POST", f"cab-meetings/{pk}/end/", {"minutes": "Short."}).json()["state"] == "over"
    late = api("POST", f"cab-meetings/{pk}/vote/", {"change": row.number, "choice": "yes"})
    assert late.status_code == 409


def test_meetings_refuse_nonsense(manager):
    api, member = Api(manager), AgentFactory()
    body = {"title": "CAB", **times(1, 2), "members": [member.pk]}
    assert api("POST", "cab-meetings/", {**body, **times(2, 1)}).status_code == 422
    assert api("POST", "cab-meetings/", {**body, "members": [UserFactory().pk]}).status_code == 422
    assert Api(member)("POST", "cab-meetings/", body).status_code == 403
    assert Api(UserFactory())("GET", "cab-meetings/").status_code == 403
    assert Meeting.objects.count() == 0
    pk = api("POST", "cab-meetings/", body).json()["id"]
    assert api("POST", f"cab-meetings/{pk}/vote/", {"change": "CHG-1", "choice": "yes"}).status_code == 404
    moved = api("PUT", f"cab-meetings/{pk}/", {**body, **times(5, 6)})
    assert moved.status_code == 200 and Meeting.objects.get().sequence == 1
    assert api("POST", f"cab-meetings/{pk}/cancel/").json()["state"] == "cancelled"
    assert len(api("GET", "cab-meetings/").json()["results"]) == 1


def test_freezes_are_kept_by_change_managers(manager):
    api, service = Api(manager), ServiceFactory()
    made = api("POST", "freezes/", {"name": "Year end", **times(1, 50), "services": [service.pk]})
    assert made.status_code == 201 and made.json()["services"][0]["id"] == service.pk
    pk = made.json()["id"]
    assert api("PATCH", f"freezes/{pk}/", {"reason": "Books"}).json()["reason"] == "Books"
    assert "ends_at" in str(api("PATCH", f"freezes/{pk}/", {"ends_at": at(-5).isoformat()}).json())
    other = Api(AgentFactory())
    assert other("GET", "freezes/").json()["results"][0]["name"] == "Year end"
    assert other("DELETE", f"freezes/{pk}/").status_code == 403
    assert Api(UserFactory())("GET", "freezes/").status_code == 403
    assert api("DELETE", f"freezes/{pk}/").status_code == 204 and Freeze.objects.count() == 0


def test_maintenance_windows_have_their_times_ready(manager):
    api, service = Api(manager), ServiceFactory()
    body = {"name": "Sunday", "weekdays": [6], "begins": "22:00", "services": [service.pk], "zone": "Europe/Berlin"}
    made = api("POST", "maintenance-windows/", body)
    assert made.status_code == 201, made.content
    assert MaintenanceWindow.objects.get().ready.count() > 50
    pk = made.json()["id"]
    assert api("PATCH", f"maintenance-windows/{pk}/", {"is_active": False}).status_code == 200
    assert MaintenanceWindow.objects.get().ready.count() == 0
    for wrong in ({"weekdays": []}, {"weekdays": [7]}, {"zone": "Mars"}, {"begins": "25:00"}, {"minutes": 1}):
        assert api("POST", "maintenance-windows/", {**body, **wrong}).status_code in (400, 422)


def test_tasks_are_planned_and_dropped():
    agent = AgentFactory()
    api, row = Api(agent), change(agent)
    first = api("POST", f"changes/{row.number}/tasks/", {"title": "Stop"}).json()
    second = api("POST", f"changes/{row.number}/tasks/", {"title": "Start"}).json()
    assert (first["state"], second["after"]) == ("waiting", [first["key"]])
    assert api("DELETE", f"changes/{row.number}/tasks/{first['key']}/").status_code == 204
    assert api("GET", f"changes/{row.number}/").json()["tasks"][0]["after"] == []
    assert api("DELETE", f"changes/{row.number}/tasks/{first['key']}/").status_code == 404
