"""An agent's day: triage by keyboard, answer, resolve, and see what others do without a reload."""

import re

import pytest
from playwright.sync_api import expect

from servicedesk.tickets import operations
from tests.factories import AgentFactory, TeamFactory, UserFactory, fresh, make_incident


@pytest.fixture
def desk(transactional_db):
    agent = AgentFactory(name="Lena Krüger")
    TeamFactory(name="Network", members=[agent])
    return agent


def test_from_a_new_ticket_to_a_resolved_one(desk, visit):
    customer = UserFactory(name="Amélie Dubois")
    ticket = make_incident(customer, title="Payroll export stops")
    page = visit(desk, "/desk/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Payroll export stops")
    page.wait_for_load_state()  # the text is there before the scripts that listen to keys are
    page.keyboard.press("i")
    expect(page.locator("#live-props")).to_contain_text("Lena Krüger")
    expect(page.locator("#live-head")).to_contain_text("In progress")
    page.keyboard.press("n")
    page.locator("#say").fill("Looks like the archive join.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".msg.internal")).to_contain_text("archive join")
    page.keyboard.press("r")
    page.locator("#say").fill("Which department?")
    page.get_by_role("button", name="Send and wait for customer").click()
    expect(page.locator("#live-head")).to_contain_text("Waiting for customer")
    page.get_by_role("link", name="Resolve").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Resolve").click()
    dialog.get_by_label("How it was resolved").select_option(index=1)
    dialog.get_by_label("What was done").fill("Batch size lowered.")
    dialog.get_by_role("button", name="Resolve").click()
    expect(page.locator(".msg.solution")).to_contain_text("Batch size lowered.")
    assert fresh(ticket).status == "resolved"


def test_rows_appear_and_change_by_themselves(desk, visit):
    old = make_incident(title="Already here")
    page = visit(desk, "/desk/")
    expect(page.locator("#rows tr")).to_have_count(1)
    made = make_incident(title="Just came in")
    expect(page.get_by_role("link", name="Just came in")).to_be_visible(timeout=6000)
    operations.change(made, actor=desk, title="Just came in, corrected")
    expect(page.get_by_role("link", name="corrected")).to_be_visible(timeout=6000)
    expect(page.locator('.rail [data-count="open"]')).to_have_text("2")
    operations.transition(old, "cancel", actor=desk, reason="Nonsense")
    expect(page.locator(f"#t{old.pk}")).to_have_class(re.compile("gone"), timeout=6000)


def test_what_is_being_read_does_not_move(desk, visit):
    for number in range(40):
        make_incident(actor=desk, title=f"Ticket {number}")
    page = visit(desk, "/desk/")
    main = page.locator("#main")
    main.evaluate("element => element.scrollTop = 600")
    row = page.get_by_role("link", name="Ticket 20", exact=True)
    before = row.bounding_box()["y"]
    make_incident(title="Above you")
    expect(page.get_by_role("button", name="1 new")).to_be_visible(timeout=6000)
    assert abs(row.bounding_box()["y"] - before) < 2
    page.get_by_role("button", name="1 new").click()
    expect(page.get_by_role("link", name="Above you")).to_be_in_viewport()


def test_selecting_and_bulk_assigning(desk, visit):
    tickets = [make_incident(title=f"Ticket {number}") for number in range(3)]
    page = visit(desk, "/desk/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Assign to me").click()
    expect(page.locator("#toasts")).to_contain_text("2 tickets changed")
    assert sum(fresh(ticket).assignee_id == desk.pk for ticket in tickets) == 2


def test_preview_beside_the_list(desk, visit):
    make_incident(title="First")
    make_incident(title="Second", description="What happened here")
    page = visit(desk, "/desk/")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    preview = page.get_by_role("complementary", name="Preview")
    expect(preview).to_contain_text("What happened here")
    page.keyboard.press("j")
    expect(preview).to_contain_text("First")
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()


def test_properties_in_place_with_the_type_ahead(desk, visit):
    colleague = AgentFactory(name="Sigrid Holm")
    ticket = make_incident()
    page = visit(desk, f"/desk/{ticket.number}/")
    page.keyboard.press("a")
    field = page.get_by_role("combobox", name="Assignee")
    expect(field).to_be_focused()
    field.press_sequentially("sigr")
    expect(page.get_by_role("option", name="Sigrid Holm")).to_be_visible()
    field.press("Enter")
    field.press("Enter")
    expect(page.get_by_role("button", name="Assignee: ")).to_contain_text("Sigrid Holm")
    assert fresh(ticket).assignee == colleague
    page.keyboard.press("p")
    page.get_by_label("Impact", exact=True).select_option("1")
    page.get_by_label("Urgency", exact=True).select_option("1")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#live-head")).to_contain_text("Critical")


def test_taking_can_be_undone(desk, visit):
    before = AgentFactory(name="Sigrid Holm")
    ticket = make_incident(actor=desk, assignee=before)
    page = visit(desk, f"/desk/{ticket.number}/")
    page.keyboard.press("i")
    expect(page.locator("#live-props")).to_contain_text("Lena Krüger")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Assignee: ")).to_contain_text("Sigrid Holm")
    assert fresh(ticket).assignee == before


def test_a_conflict_shows_both_and_loses_neither(desk, visit):
    ticket = make_incident(title="Old title")
    page = visit(desk, f"/desk/{ticket.number}/")
    page.get_by_role("button", name="Edit title").click()
    page.get_by_role("textbox", name="Title").fill("My title")
    operations.change(ticket, actor=AgentFactory(), title="Their title")
    page.wait_for_timeout(5000)  # a pulse comes; it must not take the form away
    page.get_by_role("button", name="Save").click()
    conflict = page.locator(".conflict")
    expect(conflict).to_contain_text("Their title")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("My title")
    page.get_by_role("button", name="Save").click()
    expect(conflict).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("My title")
    assert fresh(ticket).title == "My title"


def test_others_are_shown_and_their_words_appear(desk, visit):
    ticket = make_incident()
    other = AgentFactory(name="Grace Okafor")
    page = visit(desk, f"/desk/{ticket.number}/")
    theirs = visit(other, f"/desk/{ticket.number}/")
    theirs.locator("#say").press_sequentially("I am")
    expect(page.locator("#looking")).to_contain_text("Grace Okafor is typing", timeout=12_000)
    theirs.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#live-talk")).to_contain_text("I am", timeout=6000)


def test_a_draft_survives_a_closed_tab(desk, visit):
    ticket = make_incident()
    page = visit(desk, f"/desk/{ticket.number}/")
    page.locator("#say").fill("Half a sentence")
    page.goto("/desk/")
    page.goto(f"/desk/{ticket.number}/")
    expect(page.locator("#say")).to_have_value("Half a sentence")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#live-talk")).to_contain_text("Half a sentence")
    page.goto(f"/desk/{ticket.number}/")
    expect(page.locator("#say")).to_have_value("")


def test_a_call_becomes_a_ticket(desk, visit):
    UserFactory(name="Kofi Mensah", email="kofi@example.org")
    page = visit(desk, "/desk/")
    page.keyboard.press("c")
    expect(page.get_by_role("link", name="Incident")).to_be_focused()
    page.keyboard.press("Enter")
    who = page.get_by_role("combobox", name="Who asks")
    who.press_sequentially("mensah")
    page.get_by_role("option", name="Kofi Mensah").click()
    page.get_by_label("Title").fill("No dial tone")
    page.get_by_role("button", name="Open incident").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("No dial tone")
    expect(page.locator("#live-props")).to_contain_text("Kofi Mensah")


def test_search_and_filters(desk, visit):
    make_incident(title="VPN drops every ten minutes")
    make_incident(title="Printer jams")
    page = visit(desk, "/desk/")
    page.keyboard.press("/")
    page.keyboard.type("vpn")
    page.keyboard.press("Enter")
    expect(page.locator(".hits mark")).to_have_text("VPN")
    page.goto("/desk/")
    page.get_by_text("Filter", exact=True).click()
    page.locator(".filter-form").get_by_label("priority").select_option("1")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("No ticket matches these filters")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#rows tr")).to_have_count(2)


def test_it_works_at_360_pixels(desk, visit):
    ticket = make_incident(title="A rather long title that has to wrap on a small telephone screen somewhere")
    for path in ("/desk/", f"/desk/{ticket.number}/", "/desk/new/incident/", "/profile/"):
        page = visit(desk, path, width=360)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    page = visit(desk, "/desk/", width=360)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Unassigned").click()
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
