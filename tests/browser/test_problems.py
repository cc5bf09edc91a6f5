"""A problem's whole way in a real browser: three incidents, a workaround on all, a change, all resolved, and undone."""

import re

from django.utils import timezone
from playwright.sync_api import expect

from changes.models import Change
from problems.models import Problem
from servicedesk.tickets.models import Message, Ticket
from tests.factories import AgentFactory, ServiceFactory, code, make_incident


def test_three_incidents_a_problem_a_workaround_a_change_and_all_resolved(visit, transactional_db):
    agent = AgentFactory(name="Lena Krüger", role="team_lead")
    service = ServiceFactory(name="Payroll")
    for n in range(3):
        make_incident(title=f"Export {n} fails", service=service)
    page = visit(agent, "/desk/?view=all")
    page.get_by_label("Select all").check()
    page.get_by_role("button", name="Raise a problem").click()
    expect(page.get_by_text("Export 1 fails")).to_be_visible()
    page.get_by_label("Title").fill("The archive join is slow")
    page.get_by_role("button", name="Raise the problem").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The archive join is slow")
    problem = Problem.objects.get()
    dialog = page.locator("#step")

    page.get_by_role("button", name="Investigate").click()
    expect(page.locator(".state")).to_contain_text("Investigating")
    page.get_by_role("link", name="Add a why").click()
    dialog.get_by_label("Because").fill("The archive has no index")
    dialog.get_by_role("button", name="Add").click()
    expect(page.locator(".whys")).to_contain_text("The archive has no index")
    page.get_by_role("link", name="Write down what was found").click()
    dialog.get_by_label("Root cause").fill("No index on the archive.")
    dialog.get_by_label("Workaround").fill("Export in two halves.")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".props").first).to_contain_text("No index on the archive.")
    page.get_by_role("button", name="Make it a known error").click()
    expect(page.locator(".state")).to_contain_text("Known error")

    page.get_by_role("link", name="Publish the workaround").click()
    dialog.get_by_label("The customers: a reply on each").check()
    dialog.get_by_label("Customers find it as well").check()
    dialog.get_by_role("button", name="Publish").click()
    expect(page.locator("#live-talk")).to_contain_text(
        "sent to the customers of 3 incidents, and into the knowledge base"
    )
    assert Message.objects.filter(kind="reply", body="Export in two halves.").count() == 3

    page.get_by_role("link", name="Raise a change").click()
    page.get_by_role("link", name=re.compile("Normal change")).click()
    page.get_by_label("Title").fill("Make the index")
    start = timezone.now() + timezone.timedelta(days=1)
    page.get_by_label("From", exact=False).first.fill(start.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Until", exact=False).first.fill((start + timezone.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Make the index")
    page.goto(f"/desk/{problem.number}/")
    expect(page.locator(".props").first).to_contain_text(Change.objects.get().number)

    page.get_by_role("link", name="Resolve", exact=True).click()
    dialog.get_by_label("What was done").fill("The index is there.")
    if dialog.get_by_label("How it was resolved").count():
        dialog.get_by_label("How it was resolved").select_option(label=code().name)
    dialog.get_by_role("button", name="Resolve").click()
    expect(page.locator(".state")).to_contain_text("Resolved")
    page.get_by_role("link", name="Resolve its incidents").click()
    dialog.get_by_label("How it was resolved").select_option(label=code().name)
    dialog.get_by_label("What was done").fill("Exports are fast again.")
    dialog.get_by_role("button", name="Resolve").click()
    expect(page.locator(".props").first).to_contain_text("0 of them are open.")
    incidents = Ticket.objects.filter(kind="incident")
    assert set(incidents.values_list("status", "resolution")) == {("resolved", "Exports are fast again.")}

    page.get_by_role("button", name="Open them again").click()
    expect(page.locator(".props").first).to_contain_text("3 of them are open.")
    assert set(incidents.values_list("status_category", flat=True)) == {"open"}


def test_a_candidate_becomes_a_problem(visit, transactional_db):
    from problems import candidates

    agent = AgentFactory()
    for n in range(7):
        make_incident(title=f"Badge reader {n} rejects every card")
    make_incident(title="Long ago", at=timezone.now() - timezone.timedelta(days=58))
    candidates.find()
    page = visit(agent, "/desk/candidates/")
    expect(page.locator(".candidate")).to_contain_text("7 in a week")
    page.get_by_role("button", name="Raise a problem").click()
    expect(page.locator(".props").first).to_contain_text("7 of them are open.")
