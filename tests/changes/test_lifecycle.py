"""The three kinds of change, from draft to closed, and what has to be true on the way."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from changes import operations
from changes.models import ChangeSettings, Freeze
from changes.models.risk import RiskQuestion, questionnaire, revision_of
from servicedesk.approvals import operations as approvals
from servicedesk.approvals.models import ApprovalPlan, Approver, Step
from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Conflict, Invalid, NotAllowedNow
from servicedesk.tickets.models import Event
from servicedesk.work.models import Task, WorkStep
from tests.desk.test_queue import query_count
from tests.factories import AgentFactory, ServiceFactory, UserFactory

from .setups import again, answers, assessed, at, begin, change, model, scheduled

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory(name="Lena Krüger")


def step(row, slug, agent, **values):
    tickets.transition(row, slug, actor=agent, **values)
    return again(row)


def test_a_harmless_normal_change_needs_no_approval(agent):
    row = scheduled(agent)
    assert (row.status, row.risk_level, row.holds) == ("scheduled", "low", True)
    row = begin(row, agent)
    assert row.status == "implementing" and row.started_at is not None
    row = operations.finish(row, actor=agent, outcome="successful")
    assert row.status == "review"
    row = operations.review(row, actor=agent, text="All as planned.")
    assert (row.status, row.outcome, row.holds) == ("closed", "successful", False)


def test_a_risky_change_is_approved_by_others(agent):
    owner, manager = AgentFactory(), AgentFactory(role="change_manager")
    row = assessed(change(agent, ServiceFactory(owner=owner, criticality=1)), agent, risky=True)
    assert row.risk_level == "critical" and row.risk_reasons
    row = step(row, "ask_approval", agent)
    first = Approver.objects.get(step__approval__ticket=row.pk, answer="asked")
    assert first.user == owner
    approvals.decide(first, actor=owner, approve=True)
    approvals.decide(Approver.objects.get(answer="asked"), actor=manager, approve=True)
    assert again(row).status == "scheduled"


def test_a_refused_change_is_rejected_with_the_reason_and_can_be_revised(agent):
    owner = AgentFactory()
    row = step(
        assessed(change(agent, ServiceFactory(owner=owner, criticality=1)), agent, risky=True), "ask_approval", agent
    )
    approvals.decide(Approver.objects.get(answer="asked"), actor=owner, approve=False, comment="Not before the audit.")
    row = again(row)
    assert (row.status, row.status_reason, row.holds) == ("rejected", "Not before the audit.", False)
    assert step(row, "revise_rejected", agent, reason="After the audit").status == "draft"


def test_nobody_approves_a_change_that_they_raised_or_carry_out(agent):
    carrier, admin = AgentFactory(), AgentFactory(role="admin")
    row = change(agent, ServiceFactory(owner=agent, criticality=1), assignee=carrier)
    step(assessed(row, agent, risky=True), "ask_approval", carrier)
    asked = Approver.objects.get(answer="asked")
    assert asked.user == admin  # the owner raised it, so an admin decides
    for person in (agent, carrier):
        with pytest.raises(Invalid, match="own request"):
            approvals.delegate(asked, actor=admin, to=person)
    Approver.objects.filter(pk=asked.pk).update(user=agent)
    with pytest.raises(access.Forbidden, match="own request"):
        approvals.decide(Approver.objects.get(pk=asked.pk), actor=agent, approve=True)


def test_a_standard_change_is_scheduled_at_once_and_closed_when_it_went_well(agent):
    made = model(service=ServiceFactory())
    row = change(agent, type="standard", model=made, title="Restart web 3")
    row = begin(step(row, "schedule", agent), agent)
    assert operations.finish(row, actor=agent, outcome="successful").status == "closed"


def test_a_failure_takes_the_approval_in_advance_away(agent):
    made = model(service=ServiceFactory())
    row = begin(step(change(agent, type="standard", model=made), "schedule", agent), agent)
    row = operations.finish(row, actor=agent, outcome="failed", remark="It did not come up.")
    made.refresh_from_db()
    assert (row.status, made.is_preapproved, made.lost_because) == ("review", False, row)
    other = change(agent, type="standard", model=made)
    with pytest.raises(NotAllowedNow, match="lost its approval"):
        step(other, "schedule", agent)
    assert step(other, "submit", agent).status == "assess"
    made.is_preapproved = True
    made.save()
    assert made.lost_because is None


def test_an_emergency_goes_to_the_ecab_at_once_and_is_reviewed(agent):
    manager = AgentFactory(role="change_manager")
    row = change(agent, type="emergency", backout="")
    with pytest.raises(NotAllowedNow, match="ECAB"):
        step(row, "submit", agent)
    row = step(row, "ask_ecab", agent)
    approvals.decide(Approver.objects.filter(user=manager).get(), actor=manager, approve=True)
    row = step(row, "start", agent)
    row = operations.finish(row, actor=agent, outcome="successful")
    assert row.status == "review"
    with pytest.raises(Invalid):
        operations.review(row, actor=agent, text=" ")


def test_an_emergency_needs_somebody_who_approves_emergencies(agent):
    ChangeSettings.objects.update(emergency_plan=None)
    with pytest.raises(NotAllowedNow, match="admin has to say"):
        step(change(agent, type="emergency"), "ask_ecab", agent)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"implementation": ""}, "implementation plan"),
        ({"backout": ""}, "back-out"),
        ({"start": None, "end": None}, "window"),
    ],
)
def test_what_is_missing_is_named(agent, values, words):
    with pytest.raises(NotAllowedNow, match=words):
        step(change(agent, **values), "submit", agent)


def test_a_freeze_blocks_all_but_an_approved_emergency(agent):
    manager = AgentFactory(role="change_manager")
    service = ServiceFactory()
    row = assessed(change(agent, service), agent)
    Freeze.objects.create(name="Year end", starts_at=at(1), ends_at=at(500))
    with pytest.raises(NotAllowedNow, match="Year end"):
        step(row, "ask_approval", agent)
    urgent = step(change(agent, service, type="emergency"), "ask_ecab", agent)
    with pytest.raises(NotAllowedNow):
        step(urgent, "start", agent)
    approvals.decide(Approver.objects.get(user=manager), actor=manager, approve=True)
    assert step(urgent, "start", agent).status == "implementing"


def test_it_begins_in_its_window_only(agent):
    row = scheduled(agent)
    with pytest.raises(NotAllowedNow, match="has not begun"):
        step(row, "start", agent)


def test_tasks_begin_with_the_implementation_one_after_another(agent):
    row = change(agent)
    for title in ("Stop", "Patch", "Start"):
        operations.plan_task(row, actor=agent, title=title, assignee=agent)
    operations.plan_task(row, actor=agent, title="Watch", at_once=True)
    dropped = WorkStep.objects.get(title="Patch")
    operations.drop_task(row, actor=agent, step=dropped)
    assert Task.objects.count() == 0
    row = step(assessed(row, agent), "ask_approval", agent)
    if row.status == "authorise":
        pytest.fail("a harmless change needed approval")
    row = begin(row, agent)
    assert [task.title for task in Task.objects.order_by("pk")] == ["Stop"]
    assert Task.objects.get().assignee == agent
    with pytest.raises(NotAllowedNow, match="Not all its tasks"):
        operations.finish(row, actor=agent, outcome="successful")
    tickets.transition(Task.objects.get(), "finish", actor=agent)
    assert {task.title for task in Task.objects.all()} == {"Stop", "Start", "Watch"}
    operations.finish(row, actor=agent, outcome="backed_out", remark="It broke.")
    assert {t.status for t in Task.objects.exclude(title="Stop")} == {"not_needed"}


def test_an_implementing_change_is_not_moved(agent):
    row = begin(scheduled(agent), agent)
    with pytest.raises(NotAllowedNow, match="cannot be moved"):
        operations.move(row, actor=agent, start=at(5), end=at(6))


def test_a_window_ends_after_it_begins(agent):
    with pytest.raises(Invalid, match="end after"):
        change(agent, lasts=-1)


def test_hours_that_clocks_leave_out_are_refused_and_the_doubled_one_is_the_first(agent):
    row = change(agent)
    year = timezone.now().year + 1
    spring = max(d for d in range(25, 32) if datetime.date(year, 3, d).weekday() == 6)
    with pytest.raises(Invalid, match="does not exist"):
        operations.move(
            row, actor=agent, start=datetime.datetime(year, 3, spring, 2, 30),
            end=datetime.datetime(year, 3, spring, 5), zone="Europe/Berlin",
        )  # fmt: skip
    autumn = max(d for d in range(25, 32) if datetime.date(year, 10, d).weekday() == 6)
    row = operations.move(
        row, actor=agent, start=datetime.datetime(year, 10, autumn, 1), end=datetime.datetime(year, 10, autumn, 4),
        zone="Europe/Berlin",
    )  # fmt: skip
    assert row.window.upper - row.window.lower == datetime.timedelta(hours=4)


def test_a_questionnaire_that_changes_while_it_is_answered(agent):
    row = step(change(agent), "submit", agent)
    shown = revision_of(questionnaire())
    RiskQuestion.objects.order_by("position").first().options.create(label="Perhaps", points=50, position=9)
    with pytest.raises(Conflict, match="was changed"):
        operations.assess(row, actor=agent, answers=answers(), revision=shown)
    assert again(row).risk_score is None


def test_a_questionnaire_that_changed_since_asks_for_a_new_assessment(agent):
    row = assessed(change(agent, ServiceFactory(criticality=4)), agent)
    RiskQuestion.objects.create(text="Is it Friday?").options.create(label="No", points=0)
    with pytest.raises(NotAllowedNow, match="answer it again"):
        step(row, "ask_approval", agent)
    operations.assess(row, actor=agent, answers=answers(), revision=revision_of(questionnaire()))
    assert step(row, "ask_approval", agent).status == "scheduled"


def test_a_move_that_makes_it_riskier_is_assessed_again(agent):
    service = ServiceFactory(criticality=2)
    row = scheduled(agent, service)
    assert row.risk_level == "low"
    for hours in (100, 101):
        scheduled(agent, service, begins=hours, title=f"Other {hours}")
    change_settings = ChangeSettings.get()
    change_settings.of_questions, change_settings.of_services, change_settings.of_record = 0, 20, 0
    change_settings.of_collisions = 80
    change_settings.save()
    row = operations.move(row, actor=agent, start=at(100), end=at(102))
    assert row.status == "assess" and row.risk_level in ("high", "critical")


def test_conditions_of_approval_steps_ask_about_the_change(agent):
    plan = ApprovalPlan.objects.get(name="Change: high risk")
    first, second = plan.steps.all()
    for row, condition in ((first, "outage is yes and risk is critical"), (second, "change_type is emergency")):
        row.condition = condition
        row.full_clean()
        row.save()
    row = assessed(change(agent, ServiceFactory(criticality=1), outage=True), agent, risky=True)
    step(row, "ask_approval", agent)
    states = list(Step.objects.filter(approval__ticket=row.pk).values_list("name", "state"))
    assert states == [("Service owner", "asking"), ("Change advisory board", "skipped")]


def test_two_people_change_the_plan(agent, login):
    row, client = change(agent), login(agent)
    shown = client.get(f"/desk/{row.number}/plan/").content.decode()
    assert f'name="version" value="{row.version}"' in shown or f'value="{row.version}"' in shown
    operations.plan(row, actor=AgentFactory(), implementation="Theirs")
    form = {"implementation": "Mine", "backout": row.backout, "version": row.version, "services": [row.service_id]}
    answer = client.post(f"/desk/{row.number}/plan/", form)
    assert answer.status_code == 422 and "Mine" in answer.content.decode()
    assert again(row).implementation == "Theirs"


def test_the_page_costs_the_same_whatever_the_change_has(agent, login):
    service, client = ServiceFactory(criticality=4), login(agent)
    row = change(agent, service)
    operations.plan_task(row, actor=agent, title="One")
    query_count(client, f"/desk/{row.number}/")
    before = query_count(client, f"/desk/{row.number}/")
    for n in range(4):
        operations.plan_task(row, actor=agent, title=f"Task {n}")
        scheduled(agent, service, title=f"Other {n}")
    operations.plan(row, actor=agent, services=[service, ServiceFactory(), ServiceFactory()])
    query_count(client, f"/desk/{row.number}/")
    assert query_count(client, f"/desk/{row.number}/") <= before + 1  # the names of what it meets


def test_everything_leaves_its_event(agent):
    row = scheduled(agent)
    kinds = list(Event.objects.filter(ticket=row.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds[:4] == ["opened", "moved", "assessment_requested", "assessed"]


def test_customers_neither_raise_nor_see_changes(agent, client):
    row = scheduled(agent)
    customer = UserFactory()
    client.force_login(customer)
    assert client.get(f"/desk/{row.number}/").status_code == 403
    assert client.get(f"/portal/tickets/{row.number}/").status_code == 404
