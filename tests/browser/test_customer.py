"""A customer's year: sign in on a phone, report, answer, reopen, confirm."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from servicedesk.tickets import operations
from servicedesk.tickets.models import Ticket
from tests.factories import AgentFactory, OrganisationFactory, UserFactory, fresh, resolve


@pytest.mark.parametrize("width", [390, 1440])
def test_from_trouble_to_solved(visit, transactional_db, width):
    customer = UserFactory(name="Amélie Dubois")
    agent = AgentFactory(name="Marc Oliver")
    page = visit(customer, "/portal/", width=width)
    page.get_by_role("link", name="Something is broken").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("What is the problem?")
    page.get_by_label("What is the problem?").fill("I cannot print")
    page.get_by_label("Many people").check()
    page.get_by_label("No, I cannot work").check()
    page.get_by_label("Pictures or files").set_input_files(
        {"name": "screen.txt", "mimeType": "text/plain", "buffer": b"PC LOAD LETTER"}
    )
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("I cannot print")
    expect(page.get_by_role("link", name="screen.txt")).to_be_visible()
    ticket = Ticket.objects.get()
    assert ticket.priority == 1
    operations.reply(ticket, actor=agent, body="Which printer?", then="wait_customer")
    page.reload()
    expect(page.locator(".status-card")).to_contain_text("We are waiting for your answer")
    page.get_by_label("Your message").fill("The one upstairs")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#live-talk")).to_contain_text("The one upstairs")
    assert fresh(ticket).status == "in_progress"
    resolve(ticket, agent, resolution="Paper size corrected.")
    page.reload()
    page.get_by_role("link", name="No, reopen it").click()
    page.get_by_label("Why?").fill("Still blank pages")
    page.get_by_role("button", name="Reopen it").click()
    expect(page.locator(".status-card")).to_contain_text("We are working on it")
    resolve(ticket, agent, resolution="New toner.")
    page.reload()
    page.get_by_role("button", name="Yes, it is solved").click()
    expect(page.locator(".status-card")).to_contain_text("Closed")
    assert fresh(ticket).status == "closed"


def test_signing_up_with_an_allowed_address(visit, transactional_db, live_server, settings):
    settings.SITE_URL = live_server.url
    OrganisationFactory(name="Alder & Sons", domains=["alder.example"], allow_sign_up=True)
    page = visit(None, "/login/")
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("E-mail").fill("george@alder.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(re.search(r"http\S+", mail.outbox[0].body).group())
    page.get_by_label("Your name").fill("George Alder")
    page.get_by_label("Password").fill("a much better password")
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("George. What do you need?")


def test_the_theme_switch_is_remembered(visit, transactional_db):
    customer = UserFactory()
    page = visit(customer, "/portal/")
    page.get_by_label("Your account").click()
    with page.expect_response("**/profile/theme/"):
        page.get_by_role("button", name="Light or dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    customer.refresh_from_db()
    assert customer.theme == "dark"


def test_it_works_without_javascript(visit, transactional_db):
    page = visit(UserFactory(), "/portal/report/problem/", java_script_enabled=False)
    page.get_by_label("What is the problem?").fill("Everything")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything")
