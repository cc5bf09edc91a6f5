"""Changes in a real browser: each kind's whole path, dragging into a collision and a freeze, a meeting by keyboard."""

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from changes import cab, operations
from changes.models import Change, Freeze
from servicedesk.approvals.models import ApprovalPlan, PlannedApprover, PlannedStep
from servicedesk.tickets import operations as tickets
from tests.changes.setups import again, assessed, at, change, model, scheduled
from tests.factories import AgentFactory, ServiceFactory, TeamFactory


@pytest.fixture
def agent(transactional_db):
    return AgentFactory(name="Lena Krüger", time_zone="UTC")


def fill_window(page, start, end):
    page.get_by_label("From", exact=False).first.fill(start.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Until", exact=False).first.fill(end.strftime("%Y-%m-%dT%H:%M"))


def dialog_of(page):
    return page.locator("#step")


def to_now(row, agent):
    operations.move(again(row), actor=agent, start=at(-0.1), end=at(3))


@pytest.mark.parametrize("width", [1440, 390])
def test_a_normal_change_from_draft_to_closed(visit, agent, width):
    owner = AgentFactory(name="Olga Owner")
    manager = AgentFactory(name="Carlos Mendes", role="change_manager")
    ServiceFactory(name="Payroll", owner=owner, criticality=1)
    page = visit(agent, "/desk/changes/", width=width)
    page.get_by_role("link", name="New change").first.click()
    page.get_by_role("link", name="Normal change").click()
    page.get_by_label("Title").fill("Move payroll to the new database")
    fill_window(page, at(24), at(26))
    page.get_by_label("Affected services").select_option(label="Payroll")
    page.get_by_label("An outage is expected").check()
    page.get_by_label("Implementation plan").fill("Dump, restore, switch.")
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Move payroll")
    row = Change.objects.get()
    page.get_by_role("button", name="Submit for assessment").click()
    expect(page.locator("#toasts")).to_contain_text("It still needs a back-out plan.")
    page.wait_for_load_state()
    page.get_by_role("link", name="Edit the plan").click()
    dialog_of(page).get_by_label("Back-out plan").fill("Point it back.")
    dialog_of(page).get_by_role("button", name="Save").click()
    expect(page.locator(".props")).to_contain_text("Back-out plan")
    page.get_by_role("link", name="Plan a task").click()
    dialog_of(page).get_by_label("What is to do").fill("Stop the jobs")
    dialog_of(page).get_by_role("button", name="Add").click()
    expect(page.locator(".props .plan")).to_contain_text("Stop the jobs")
    page.get_by_role("button", name="Submit for assessment").click()
    expect(page.locator("#live-head")).to_contain_text("Assess")
    page.wait_for_load_state()
    page.get_by_role("link", name="Assess the risk").click()
    expect(dialog_of(page).get_by_role("heading")).to_have_text("Assess the risk")
    for field in dialog_of(page).locator("fieldset").all():
        field.get_by_role("radio").last.check()
    dialog_of(page).get_by_role("button", name="Work out the risk").click()
    expect(page.locator(".props")).to_contain_text("Very high")
    expect(page.locator(".props")).to_contain_text("Payroll is mission critical.")
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.locator("#live-head")).to_contain_text("Authorise")
    for person in (owner, manager):
        other = visit(person, "/approvals/", width=width)
        other.get_by_role("link", name=re.compile("Move payroll")).first.click()
        expect(other.locator("main")).to_contain_text("Dump, restore, switch.")
        other.get_by_role("button", name="Approve").click()
        expect(other.locator("#toasts")).to_contain_text("recorded")
    to_now(row, agent)
    page.goto(f"/desk/{row.number}/")
    page.get_by_role("button", name="Start implementing").click()
    expect(page.locator(".props .plan").last).to_contain_text("Stop the jobs")
    page.wait_for_load_state()
    page.locator(".props .plan").get_by_role("link", name=re.compile("Stop the jobs")).click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#live-head")).to_contain_text("Done")
    page.goto(f"/desk/{row.number}/")
    page.get_by_role("link", name="The implementation is over").click()
    dialog_of(page).get_by_label("Successful with issues").check()
    dialog_of(page).get_by_role("button", name="Save").click()
    expect(dialog_of(page)).to_contain_text("Write something here")
    dialog_of(page).get_by_label("What happened").fill("A job held a lock.")
    dialog_of(page).get_by_role("button", name="Save").click()
    expect(page.locator("#live-head")).to_contain_text("Review")
    page.get_by_role("link", name="Review and close").click()
    dialog_of(page).get_by_label("Review", exact=True).fill("Check for locks before the next one.")
    dialog_of(page).get_by_role("button", name="Close the change").click()
    expect(page.locator("#live-head")).to_contain_text("Closed")
    assert again(row).outcome == "with_issues"


def test_a_standard_change_from_its_model(visit, agent):
    made = model("Restart a web server", service=ServiceFactory(name="Shop"))
    made.questions.create(type="choice", label="Which one?", key="which", required=True, options="web-1\nweb-2")
    made.tasks.create(title="Restart")
    page = visit(agent, "/desk/new/change/")
    page.get_by_role("link", name="Restart a web server").click()
    fill_window(page, at(-0.1), at(1))
    page.get_by_label("web-2").check()
    page.get_by_role("button", name="Make the draft").click()
    expect(page.locator("#live-talk")).to_contain_text("web-2")
    page.get_by_role("button", name="Schedule").click()
    expect(page.locator("#live-head")).to_contain_text("Scheduled")
    page.get_by_role("button", name="Start implementing").click()
    expect(page.locator("#live-head")).to_contain_text("Implementing")
    row = Change.objects.get()
    task = row.tasks.get()
    tickets.transition(task, "finish", actor=agent)
    page.goto(f"/desk/{row.number}/")
    page.get_by_role("link", name="The implementation is over").click()
    dialog_of(page).get_by_label("Successful", exact=True).check()
    dialog_of(page).get_by_role("button", name="Save").click()
    expect(page.locator("#live-head")).to_contain_text("Closed")
    page.goto("/desk/new/change/")
    expect(page.get_by_role("link", name="Restart a web server")).to_contain_text("1 of 1 went well")


def test_an_emergency_and_its_forced_review(visit, agent):
    manager = AgentFactory(name="Carlos Mendes", role="change_manager")
    ServiceFactory(name="VPN")
    page = visit(agent, "/desk/new/change/?type=emergency")
    page.get_by_label("Title").fill("Block the attacker")
    fill_window(page, at(-0.1), at(1))
    page.get_by_label("Affected services").select_option(label="VPN")
    page.get_by_label("Implementation plan").fill("One rule.")
    page.get_by_role("button", name="Make the draft").click()
    page.get_by_role("button", name="Ask the ECAB").click()
    expect(page.locator("#live-head")).to_contain_text("Authorise")
    row = Change.objects.get()
    other = visit(manager, "/approvals/")
    other.get_by_role("link", name=re.compile("Block the attacker")).first.click()
    other.get_by_role("button", name="Approve").click()
    expect(other.locator("#toasts")).to_contain_text("recorded")
    page.goto(f"/desk/{row.number}/")
    page.get_by_role("button", name="Start implementing").click()
    expect(page.locator("#live-head")).to_contain_text("Implementing")
    page.wait_for_load_state()
    page.get_by_role("link", name="The implementation is over").click()
    dialog_of(page).get_by_label("Successful", exact=True).check()
    dialog_of(page).get_by_role("button", name="Save").click()
    expect(page.locator(".props")).to_contain_text("Every emergency is reviewed afterwards.")
    page.wait_for_load_state()
    page.get_by_role("link", name="Review and close").click()
    dialog_of(page).get_by_label("Review", exact=True).fill("We need rate limits.")
    dialog_of(page).get_by_role("button", name="Close the change").click()
    expect(page.locator("#live-head")).to_contain_text("Closed")


def drag(page, number, day):
    """Take a change of the month to another day."""
    chip = page.locator(f"[data-number={number}]").first
    target = page.locator(f"[data-day='{day:%Y-%m-%d}']")
    target.scroll_into_view_if_needed()
    box, goal = chip.bounding_box(), target.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 6)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 12)
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + goal["height"] / 2, steps=6)
    page.mouse.up()


def test_dragging_into_a_collision_and_into_a_freeze(visit, agent):
    """Three days of next month, so that all of them are on one page."""
    first = (timezone.now().replace(day=1) + datetime.timedelta(days=32)).replace(day=4, hour=12, minute=0, second=0)
    service = ServiceFactory(name="Shop", criticality=4)

    def on(day, title):
        hours = (first.replace(day=day) - timezone.now()).total_seconds() / 3600
        return scheduled(agent, service, begins=hours, title=title)

    row, other = on(4, "Mine"), on(6, "Theirs")
    Freeze.objects.create(name="Year end", starts_at=first.replace(day=11), ends_at=first.replace(day=14))
    page = visit(agent, f"/desk/changes/?date={first:%Y-%m-%d}")
    drag(page, row.number, first.replace(day=6))
    expect(page.locator("#toasts")).to_contain_text(f"{other.number} Theirs changes Shop at the same time.")
    expect(page.locator(f"[data-day='{first:%Y-%m}-06']")).to_contain_text("Mine")
    assert again(row).window.lower.day == 6
    drag(page, row.number, first.replace(day=12))
    expect(page.locator("#toasts")).to_contain_text("It falls into the freeze “Year end”.")
    expect(page.locator(f"[data-day='{first:%Y-%m}-06']")).to_contain_text("Mine")
    assert again(row).window.lower.day == 6


@pytest.mark.parametrize("view", ["week", "timeline"])
def test_dragging_in_the_week_and_on_the_timeline(visit, agent, view):
    monday = timezone.now() + datetime.timedelta(days=7 - timezone.now().weekday())
    begins = monday.replace(hour=10, minute=0, second=0, microsecond=0)
    hours = (begins - timezone.now()).total_seconds() / 3600
    row = scheduled(agent, ServiceFactory(criticality=4), begins=hours)
    before = again(row).window.lower
    page = visit(agent, f"/desk/changes/?view={view}&date={begins:%Y-%m-%d}")
    chip = page.locator(f".chg[data-number={row.number}]")
    chip.scroll_into_view_if_needed()
    box = chip.bounding_box()
    step = (
        page.locator(".daycol").nth(1).bounding_box()["width"]
        if view == "week"
        else page.locator(".track").first.bounding_box()["width"] / 28
    )
    page.mouse.move(box["x"] + 6, box["y"] + 6)
    page.mouse.down()
    page.mouse.move(box["x"] + 6 + step / 2, box["y"] + 6)
    page.mouse.move(box["x"] + 6 + step, box["y"] + 6, steps=4)
    page.mouse.up()
    expect(page.locator("#toasts")).to_contain_text("is moved")
    assert again(row).window.lower - before == datetime.timedelta(days=1)


def test_a_meeting_led_from_the_keyboard(visit, agent):
    chair = AgentFactory(name="Carlos Mendes", role="change_manager", time_zone="UTC")
    members = [AgentFactory(name=f"Anna {n}") for n in range(3)]
    team = TeamFactory(members=members)
    plan = ApprovalPlan.objects.get(name="Change: high risk")
    plan.steps.all().delete()
    step = PlannedStep.objects.create(plan=plan, name="CAB", mode="share", share=51)
    PlannedApprover.objects.create(step=step, rule="team", team=team)
    rows = []
    for title in ("First", "Second"):
        row = assessed(change(agent, ServiceFactory(criticality=1), title=title), agent, risky=True)
        tickets.transition(row, "ask_approval", actor=agent)
        rows.append(row)
    meeting = cab.plan(actor=chair, title="CAB", starts_at=at(1), ends_at=at(2), members=members)
    page = visit(chair, f"/desk/changes/meetings/{meeting.pk}/")
    first, second = page.locator("[data-item]").all()
    for n, key in enumerate("yyn"):
        page.keyboard.press(key)
        expect(first.locator(".vote[aria-pressed=true]")).to_have_count(n + 1)
    page.keyboard.press("Control+Enter")
    expect(first).to_contain_text("is “Scheduled”.")
    page.keyboard.press("j")
    for n, key in enumerate("nn"):
        page.keyboard.press(key)
        expect(second.locator(".vote[aria-pressed=true]")).to_have_count(n + 1)
    page.keyboard.press("m")
    page.keyboard.type("No way back is planned.")
    page.keyboard.press("Control+Enter")
    expect(second).to_contain_text("is “Rejected”.")
    assert [again(row).status for row in rows] == ["scheduled", "rejected"]
    assert again(rows[1]).status_reason == "No way back is planned."
    page.get_by_role("button", name="End the meeting").click()
    expect(page.locator("#toasts")).to_contain_text("The meeting is over.")


def test_customers_see_planned_work(visit, agent):
    from tests.factories import UserFactory

    scheduled(agent, ServiceFactory(name="Shop", criticality=4), outage=True)
    page = visit(UserFactory(), "/portal/")
    expect(page.get_by_role("heading", name="Planned work")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Shop")
    expect(page.locator("main")).to_contain_text("not available")
