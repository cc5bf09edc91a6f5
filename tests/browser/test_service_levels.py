"""Service levels as they are used: chips that tick, an agreement made from nothing, a page that is answered."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from servicedesk.sla.models import Agreement, Calendar, Clock, Rota, RotaMember
from servicedesk.tickets import operations
from tests.factories import AgentFactory, TeamFactory, UserFactory, make_incident
from tests.sla.setups import always, promise, rule
from tests.sla.test_escalations import run_due


@pytest.fixture
def bare(transactional_db: None) -> None:
    Agreement.objects.all().delete()


def test_due_chips_tick_in_working_time_without_asking_the_server(visit: Any, bare: None) -> None:
    promise("resolution", ("priority:1", 2), calendar=always())
    today = timezone.now().weekday()
    closing = Calendar.objects.create(  # open around the clock, but for the hour that begins in half an hour
        name="Shut soon", time_zone="UTC", week={str(day): [["00:00", "24:00"]] for day in range(7)}
    )
    now = timezone.now().replace(second=0, microsecond=0)
    begin = (now + datetime.timedelta(minutes=30)).strftime("%H:%M")
    end = (now + datetime.timedelta(minutes=90)).strftime("%H:%M")
    if begin < end:
        for day in (today, (today + 1) % 7):
            closing.week[str(day)] = [["00:00", begin], [end, "24:00"]]
        closing.save()
    promise("assignment", ("priority:4", 6), calendar=closing)
    agent = AgentFactory()
    running, paused = make_incident(impact=1, urgency=1), make_incident(impact=1, urgency=1)
    broken = make_incident(impact=3, urgency=3)
    operations.transition(paused, "wait_customer", actor=agent, reason="?")
    page = visit(agent, "/desk/")
    page.clock.install()
    page.reload()

    def chip(ticket: Any) -> Any:
        return page.locator(f'tr[data-number="{ticket.number}"] .chip.due')

    expect(chip(running)).to_have_text(re.compile(r"1 h 59 m left|2 h 00 m left"))
    expect(chip(paused)).to_have_text("paused")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "pulse" not in request.url else None)
    page.clock.fast_forward("01:35:00")
    expect(chip(running)).to_have_text(re.compile(r"2[45] m left"))
    expect(chip(running)).to_have_class(re.compile("soon"))
    expect(chip(paused)).to_have_text("paused")
    if begin < end:  # an hour of it was closed
        expect(chip(broken)).to_have_text(re.compile(r"5 h 2[45] m left"))
    page.clock.fast_forward("01:00:00")
    expect(chip(running)).to_have_text(re.compile(r"breached 3[45] m ago"))
    expect(chip(running)).to_have_class(re.compile("late"))
    assert asked == []


def test_an_agreement_is_made_from_nothing_and_a_report_has_its_clock(visit: Any, bare: None) -> None:
    boss, customer, agent = UserFactory(role="admin"), UserFactory(name="Amélie Dubois"), AgentFactory()
    page = visit(boss, "/admin/sla/calendar/add/")
    page.locator("#id_name").fill("Round the clock")
    page.locator("#id_time_zone").fill("UTC")
    page.get_by_label("Monday").fill("nine to five")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("are no opening hours such as")).to_be_visible()
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"):
        page.get_by_label(day).fill("00:00-24:00")
    # Sunday is painted with the pointer, from midnight to midnight.
    bar = page.locator(".week-bar").nth(6)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    page.mouse.move(box["x"] + 3, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 10, steps=120)
    page.mouse.up()
    expect(page.get_by_label("Sunday")).to_have_value("00:00-24:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()

    page.goto("/admin/sla/agreement/add/")
    page.locator("#id_name").fill("Answers")
    page.get_by_label("Incidents", exact=True).check()
    page.locator("#id_metric").select_option(label="Time to first response")
    page.get_by_text("Add another Goal").click()
    page.locator("#id_goals-0-condition").fill("priority:1 or")
    page.locator("#id_goals-0-target").fill("2h")
    page.locator("#id_goals-0-calendar").select_option(label="Round the clock")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Something is missing at the end.")).to_be_visible()
    page.locator("#id_goals-0-condition").fill("priority:1 or priority>=2")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    agreement = Agreement.objects.get()
    assert list(agreement.goals.values_list("condition", "target")) == [("priority:1 or priority>=2", 7200)]

    # The preview says what it would do.
    page.goto(f"/admin/sla/agreement/{agreement.pk}/change/")
    page.get_by_role("link", name="Preview").click()
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#result")).to_contain_text("applies")

    # A customer reports and reads the promise; the agent sees the clock.
    report = visit(customer, "/portal/report/problem/")
    report.get_by_label("What is wrong?").or_(report.locator("#id_title")).first.fill("No toner")
    report.get_by_role("button", name="Send").click()
    expect(report.locator(".promise")).to_contain_text("We answer by")
    desk = visit(agent, "/desk/?sort=due")
    expect(desk.locator(".chip.due")).to_have_text(re.compile("1 h 59 m left|2 h 00 m left"))

    # A change that moves the clock is asked about first.
    page.goto(f"/admin/sla/agreement/{agreement.pk}/change/")
    page.locator("#id_goals-0-target").fill("4h")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="This moves 1 open clock.")).to_be_visible()
    page.get_by_role("button", name="Save and recompute").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert agreement.goals.get().target == 4 * 3600


def test_goals_are_ordered_by_dragging(visit: Any, bare: None) -> None:
    agreement = promise("resolution", ("priority:1", 1), ("priority:2", 2), ("priority:3", 3))
    page = visit(UserFactory(role="admin"), f"/admin/sla/agreement/{agreement.pk}/change/")
    handles = page.locator("#goals-group").get_by_text("drag_indicator")
    handles.nth(2).scroll_into_view_if_needed()
    handles.nth(2).drag_to(handles.nth(0))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert list(agreement.goals.values_list("condition", flat=True)) == ["priority:3", "priority:1", "priority:2"]


def test_a_page_is_answered_on_the_ticket(visit: Any, bare: None) -> None:
    anna = AgentFactory(name="Anna Novak")
    team = TeamFactory(name="Network", members=[anna])
    rota = Rota.objects.create(team=team, begins=timezone.localdate() - datetime.timedelta(days=8))
    RotaMember.objects.create(rota=rota, user=anna)
    rule(promise("resolution", ("", 1), calendar=always()), "percent", 100, "on_call")
    ticket = make_incident(actor=anna, team=team, at=timezone.now() - datetime.timedelta(hours=2))
    run_due()
    page = visit(anna, f"/desk/{ticket.number}/")
    expect(page.get_by_text("Anna Novak was called for Network")).to_be_visible()
    page.get_by_role("button", name="I am at it").click()
    expect(page.get_by_text("Nobody else is called.")).to_be_visible()
    expect(page.get_by_text("Anna Novak was called for Network")).to_have_count(0)
    expect(page.get_by_text("Acknowledged the page")).to_be_visible()
    page.goto("/desk/on-call/")
    expect(page.get_by_text("Anna Novak is on call now.")).to_be_visible()
    assert Clock.objects.get().breached_at is not None
