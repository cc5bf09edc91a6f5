"""Knowledge in a real browser: from a draft to a deflection, a search with two typing errors, an article into a reply."""

import re

import pytest
from playwright.sync_api import expect

from servicedesk.knowledge.models import Article, Deflection, Use
from servicedesk.tickets.models import Ticket
from tests.factories import AgentFactory, UserFactory, make_incident
from tests.knowledge.setups import article, learn


@pytest.mark.parametrize("width", [1440, 390])
def test_an_article_from_draft_to_deflection(visit, transactional_db, width):
    agent = AgentFactory(name="Lena Krüger")
    lead = UserFactory(role="team_lead", name="Marc Oliver")
    customer = UserFactory(name="Amélie Dubois")
    page = visit(agent, "/desk/knowledge/", width=width)
    page.get_by_role("link", name="Write an article").click()
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_role("alert")).to_contain_text("Title")
    page.get_by_label("Title").fill("The projector stays dark")
    page.get_by_label("Text").fill("1. Press **Input** twice.\n2. Wait ten seconds.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview strong")).to_have_text("Input")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The projector stays dark")
    page.get_by_role("button", name="Ask for a review").click()
    expect(page.locator(".state")).to_contain_text("In review")
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)

    number = Article.objects.get().number
    page = visit(lead, f"/desk/knowledge/{number}/", width=width)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".state")).to_contain_text("Published")
    learn()

    page = visit(customer, "/portal/", width=width)
    page.get_by_role("link", name="Something is broken").click()
    page.get_by_label("What is the problem?").press_sequentially("projektor dark")
    page.get_by_text("The projector stays dark").click()
    expect(page.locator(".suggestion")).to_contain_text("Wait ten seconds")
    expect(page.get_by_label("What is the problem?")).to_have_value("projektor dark")
    page.get_by_role("button", name="This solved it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Good that it works again")
    assert Deflection.objects.get().words == "projektor dark"
    assert not Ticket.objects.exists()

    page = visit(lead, "/desk/knowledge/measures/", width=width)
    expect(page.get_by_text("100.0 %").first).to_be_visible()


def test_a_search_with_two_typing_errors_and_the_way_on_to_a_report(visit, transactional_db):
    article(title="Your mailbox is full", body="Delete the large attachments.")
    article(title="The printer is empty", body="Paper is in the cupboard.")
    customer = UserFactory()
    page = visit(customer, "/help/")
    page.get_by_label("Search the help centre").fill("mialbox fulll")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Shown for “mailbox full”.")).to_be_visible()
    page.get_by_role("link", name="Your mailbox is full").click()
    page.get_by_role("link", name="Report a problem").click()
    expect(page.get_by_label("What is the problem?")).to_have_value("mialbox fulll")


def test_an_article_goes_into_a_reply_and_solves_the_ticket(visit, transactional_db):
    agent = AgentFactory()
    row = article(title="The projector stays dark", body="Press *Input*.")
    secret = article(title="The projector's service menu", body="Hold down two keys.", audience="agents")
    ticket = make_incident(title="Projector stays dark")
    page = visit(agent, f"/desk/{ticket.number}/")
    beside = page.locator("#beside-knowledge")
    expect(beside).to_contain_text(row.title)
    page.locator("#say").fill("Good morning.")
    page.get_by_label("Find an article").press_sequentially("servise menu", delay=60)
    expect(beside.locator("li")).to_have_count(1)
    expect(page.get_by_label("Find an article")).to_be_focused()
    expect(page.get_by_label("Find an article")).to_have_value("servise menu")
    beside.locator("li", has_text=secret.title).get_by_role("button", name="Text").click()
    expect(page.locator("#toasts")).to_contain_text("Put it into a note")
    page.get_by_label("Find an article").fill("projektor")
    beside.locator("li", has_text=row.title).get_by_role("button", name="Link").click()
    expect(page.locator("#say")).to_have_value(
        re.compile(r"^Good morning\. \[The projector stays dark\]\(http.*/help/KB-")
    )
    expect(beside).to_contain_text("used")
    beside.get_by_role("button", name=f"Solved with {row.title}").click()
    expect(beside).to_contain_text("solved with it")
    assert Use.objects.get().solved


def test_two_people_write_at_once_and_neither_loses_anything(visit, transactional_db):
    agent = AgentFactory()
    row = article(agent, body="The first text.")
    one = visit(agent, f"/desk/knowledge/{row.number}/edit/")
    two = visit(AgentFactory(), f"/desk/knowledge/{row.number}/edit/")
    two.get_by_label("Text").fill("Theirs.")
    two.get_by_role("button", name="Save").click()
    expect(two.get_by_role("heading", level=1)).to_have_text(row.title)
    one.get_by_role("textbox", name="Text").fill("Mine.")
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_role("alert")).to_contain_text("Nothing was saved; both texts are shown")
    expect(one.locator(".conflict")).to_contain_text("Theirs.")
    expect(one.get_by_role("textbox", name="Text")).to_have_value("Mine.")
    one.get_by_role("textbox", name="Text").fill("Theirs. Mine.")
    one.get_by_role("button", name="Save").click()
    expect(one.locator(".sheet")).to_have_text("Theirs. Mine.")


def test_pictures_are_pasted_and_old_versions_come_back(visit, transactional_db):
    agent = AgentFactory()
    row = article(agent, body="Before.")
    page = visit(agent, f"/desk/knowledge/{row.number}/edit/")
    page.get_by_label("Text").focus()
    page.evaluate(
        """() => {
            const bytes = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), (c) => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "dialog.png", { type: "image/png" }));
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_label("Text")).to_have_value(re.compile(r"!\[dialog\]\(image:\d+\)"))
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".sheet img")).to_have_attribute("alt", "dialog")
    page.get_by_role("link", name="Versions").click()
    expect(page.locator(".diff")).to_contain_text("image:")
    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".sheet")).to_have_text("Before.")
