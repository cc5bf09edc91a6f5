"""Who hears of changes: owners of services, customers of planned work; and the clocks that run."""

from __future__ import annotations

import pytest

from changes.front import planned_work
from changes.models import ChangeModel
from servicedesk.notify.models import Notification
from servicedesk.services.models import Dependency
from servicedesk.sla.models import Clock
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.models import Outbox
from servicedesk.tickets.outbox import dispatch_event
from tests.factories import AgentFactory, OrganisationFactory, ServiceFactory, UserFactory, make_incident

from .setups import assessed, begin, change, model, scheduled

pytestmark = pytest.mark.django_db


def deliver():
    for event in list(Outbox.objects.order_by("pk").values_list("pk", flat=True)):
        dispatch_event(event)


def test_owners_of_what_is_changed_and_of_what_depends_on_it_are_told():
    agent, owner, above, other = AgentFactory(), AgentFactory(), AgentFactory(), AgentFactory()
    service = ServiceFactory(owner=owner, criticality=4)
    Dependency.objects.create(service=ServiceFactory(owner=above, criticality=4), needs=service)
    ServiceFactory(owner=other)
    row = begin(scheduled(agent, service), agent)
    deliver()
    told = Notification.objects.filter(kind="change", ticket=row.pk)
    assert {n.user for n in told} == {owner, above}
    assert [n.event.kind for n in told.filter(user=owner).order_by("event")] == ["moved", "rescheduled", "moved"]


def test_customers_see_planned_work_on_what_they_are_entitled_to(login):
    agent, mine, theirs = AgentFactory(), OrganisationFactory(), OrganisationFactory()
    customer = UserFactory(organisation=mine)
    open_to_all, other = ServiceFactory(criticality=4), ServiceFactory(criticality=4)
    other.organisations.add(theirs)
    scheduled(agent, open_to_all, outage=True)
    scheduled(agent, other)
    change(agent, open_to_all)  # a draft is no promise
    found = planned_work(customer)
    assert [(row["names"], row["outage"]) for row in found] == [([open_to_all.name], True)]
    client = login(customer)
    assert "Planned work" in client.get(f"/portal/services/{open_to_all.pk}/").content.decode()
    assert "Planned work" not in client.get(f"/portal/services/{other.pk}/").content.decode()


def test_clocks_of_assessment_and_approval():
    agent = AgentFactory()
    row = assessed(change(agent, ServiceFactory(criticality=1, owner=AgentFactory())), agent, risky=True)
    clocks = Clock.objects.filter(ticket=row.pk)
    assert [(c.agreement.name, c.state) for c in clocks] == [("Changes: assessment", "running")]
    tickets.transition(row, "ask_approval", actor=agent)
    states = {c.agreement.name: c.state for c in Clock.objects.filter(ticket=row.pk)}
    assert states["Changes: approval"] == "running" and states["Changes: assessment"] != "running"


def test_an_approval_that_nobody_gives_in_time_rejects_the_change():
    from servicedesk.approvals.operations import expire

    agent = AgentFactory()
    row = assessed(change(agent, ServiceFactory(criticality=1, owner=AgentFactory())), agent, risky=True)
    tickets.transition(row, "ask_approval", actor=agent)
    expire(row)
    row.refresh_from_db()
    assert (row.status, row.status_reason) == ("rejected", "Nobody decided in time.")


def test_a_change_raised_from_an_incident_is_linked_to_it(login):
    agent, service = AgentFactory(), ServiceFactory()
    incident = make_incident(title="Slow", service=service)
    client = login(agent)
    assert f"/desk/new/change/?for={incident.number}" in client.get(f"/desk/{incident.number}/").content.decode()
    form = {"title": "Faster disks", "zone": "UTC", "services": [service.pk]}
    answer = client.post(f"/desk/new/change/?type=normal&for={incident.number}", form)
    assert answer.status_code == 302
    assert "Resolved by" in client.get(f"/desk/{incident.number}/").content.decode()


def test_a_model_is_built_in_the_admin_and_used(login, admin):
    client, service = login(admin), ServiceFactory()
    form = {
        "name": "Firewall rule", "slug": "firewall-rule", "description": "", "type": "standard", "is_active": "on",
        "is_preapproved": "on", "service": service.pk, "team": "", "duration_seconds": "1800",
        "implementation": "Add it.", "test_plan": "", "communication": "", "backout": "Remove it.",
        "questions-TOTAL_FORMS": "1", "questions-INITIAL_FORMS": "0", "questions-MIN_NUM_FORMS": "0",
        "questions-MAX_NUM_FORMS": "1000", "questions-0-type": "text", "questions-0-label": "Rule",
        "questions-0-required": "on", "questions-0-position": "0", "questions-0-key": "", "questions-0-default": "",
        "questions-0-options": "", "questions-0-show_if": "", "questions-0-help": "", "questions-0-pattern": "",
        "questions-0-pattern_help": "", "questions-0-minimum": "", "questions-0-maximum": "",
        "tasks-TOTAL_FORMS": "1", "tasks-INITIAL_FORMS": "0", "tasks-MIN_NUM_FORMS": "0", "tasks-MAX_NUM_FORMS": "1000",
        "tasks-0-position": "0", "tasks-0-title": "Push", "tasks-0-team": "", "tasks-0-due_seconds": "",
        "tasks-0-instructions": "",
    }  # fmt: skip
    wrong = client.post("/admin/changes/changemodel/add/", {**form, "questions-0-show_if": "nothing is x"})
    assert wrong.status_code == 200 and ChangeModel.objects.count() == 0
    answer = client.post("/admin/changes/changemodel/add/", form)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    agent = login(AgentFactory())
    page = agent.get("/desk/new/change/?model=firewall-rule").content.decode()
    assert "Rule" in page and "Add it." in page


@pytest.mark.parametrize(
    "name", ["changemodel", "riskquestion", "risklevel", "changesettings", "freeze", "maintenancewindow"]
)
def test_the_admins_lists_and_forms_open(login, admin, name):
    client = login(admin)
    model()
    page = client.get(f"/admin/changes/{name}/")
    assert page.status_code == 200
    first = "1" if name == "changesettings" else "add"
    assert client.get(f"/admin/changes/{name}/{first}/" + ("change/" if first == "1" else "")).status_code == 200


def test_the_parts_of_the_risk_make_a_hundred(login, admin):
    client = login(admin)
    client.get("/admin/changes/changesettings/")
    form = {"of_questions": "90", "of_services": "25", "of_record": "15", "of_collisions": "10", "watch_hours": "48"}
    page = client.post("/admin/changes/changesettings/1/change/", {**form, "emergency_plan": "", "board": ""})
    assert page.status_code == 200 and "have to make 100" in page.content.decode()
