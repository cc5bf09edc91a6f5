"""Requests from end to end, in a real browser."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from catalog.models import Offering
from requests.models import ServiceRequest
from servicedesk.approvals.models import Approver
from servicedesk.tickets.models import Outbox
from servicedesk.tickets.outbox import dispatch_event
from tests.catalog.setups import LAPTOP_FORM, offer, order, plan, service
from tests.factories import AgentFactory, TeamFactory, UserFactory, fresh

TASKS = [
    {"key": "prepare", "title": "Prepare {model}", "shown": "We prepare it"},
    {"key": "hand_over", "title": "Hand over", "shown": "You get it", "after": "prepare"},
]


def laptop(**values):
    approval = plan(("Line manager", "price over 500", "any", ["manager"]))
    return offer(form=LAPTOP_FORM, fulfilment=TASKS, approval_plan=approval.name, delivery="24h", **values)


def deliver():
    for event in Outbox.objects.order_by("pk").values_list("pk", flat=True):
        dispatch_event(event)


@pytest.mark.parametrize("width", [1440, 390])
def test_order_with_a_condition_and_approval_to_fulfilment(visit, transactional_db, width):
    agent = AgentFactory(name="Lena Krüger")
    service(team=TeamFactory(name="Workplace", members=[agent]))
    boss = UserFactory(name="Bea Boss")
    customer = UserFactory(name="Amélie Dubois", manager=boss)
    laptop()
    page = visit(customer, "/portal/", width=width)
    page.get_by_role("link", name="Hardware").click()
    page.get_by_role("link", name="Laptop").click()  # two clicks
    expect(page.locator("[data-key=reason]")).to_be_hidden()
    page.get_by_role("radio", name="MacBook").check()
    expect(page.locator("[data-key=reason]")).to_be_visible()
    page.get_by_label("Dock").check()
    page.get_by_label("Insurance").check()
    expect(page.locator("[data-total]")).to_have_text("2,180 € + 5 € a month")
    page.get_by_role("button", name="Order now").click()
    expect(page.get_by_role("alert")).to_contain_text("Why a MacBook?")
    page.get_by_label("Why a MacBook?").fill("Films")
    page.get_by_role("button", name="Order now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("we have your order")
    expect(page.locator(".status-card")).to_contain_text("Bea Boss has to approve it first")
    expect(page.locator(".status-card")).to_contain_text("Expected by")
    request = ServiceRequest.objects.get()
    deliver()
    manager = visit(boss, "/portal/", width=width)
    manager.get_by_role("link", name="Approvals").click()
    manager.get_by_role("link", name="Laptop").click()
    expect(manager.locator(".status-card")).to_contain_text("Films")
    manager.get_by_role("button", name="Approve").click()
    expect(manager.locator("#toasts")).to_contain_text("Your decision is recorded")
    desk = visit(agent, f"/desk/{request.number}/", width=1440)
    expect(desk.locator(".props")).to_contain_text("Prepare MacBook")
    desk.locator(".props .plan").get_by_role("link", name="Prepare MacBook").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Prepare MacBook – Amélie Dubois")
    desk.get_by_role("button", name="Done").click()
    page.goto(f"/portal/{request.number}/")
    expect(page.locator(".plan .done")).to_contain_text("We prepare it")
    expect(page.locator(".plan .active")).to_contain_text("You get it")
    desk.goto(f"/desk/{request.number}/")
    desk.locator(".props .plan").get_by_role("link", name="Hand over").click()
    desk.get_by_role("button", name="Done").click()
    page.reload()
    expect(page.locator(".status-card").first).to_contain_text("It is ready")
    page.get_by_role("button", name="Yes, I have it").click()
    assert fresh(request).status == "closed"


def test_the_basket(visit, transactional_db):
    boss = UserFactory(name="Bea Boss")
    report = UserFactory(name="Rita Report", email="rita@example.org", manager=boss)
    laptop()
    offer(
        "Headset",
        price_once="89",
        most=5,
        form=[{"type": "text", "label": "Colour", "key": "colour", "required": True}],
    )
    page = visit(boss, "/portal/catalogue/")
    page.get_by_role("link", name="Headset").click()
    page.get_by_label("Colour").fill("Black")
    page.get_by_text("For somebody else").click()
    page.get_by_role("combobox", name="Who is it for?").press_sequentially("rita")
    page.get_by_role("option", name="Rita Report").click()
    page.get_by_label("How many?").fill("2")
    expect(page.locator("[data-total]")).to_have_text("178 €")
    page.get_by_role("button", name="Put into the basket").click()
    expect(page.locator(".basket")).to_contain_text("for Rita Report")
    page.get_by_role("link", name="Look for more").click()
    page.get_by_role("link", name="Laptop").click()
    page.get_by_label("ThinkPad").check()
    page.get_by_role("button", name="Put into the basket").click()
    expect(page.locator(".total")).to_contain_text("1,378 €")
    page.get_by_role("link", name="Laptop").click()  # still to be changed
    page.get_by_label("Mouse").check()
    page.get_by_role("button", name="Put into the basket").click()
    expect(page.locator(".total")).to_contain_text("1,398 €")
    page.get_by_role("button", name="Order everything").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("we have your order")
    made = {r.title: r for r in ServiceRequest.objects.all()}
    assert made["Headset × 2"].requester == report and made["Laptop"].requester == boss
    expect(page.get_by_role("link", name="Basket")).to_have_count(0)
    page.get_by_role("link", name="Laptop").click()
    page.get_by_role("link", name="Order it again").click()
    expect(page.get_by_label("ThinkPad")).to_be_checked()
    expect(page.get_by_label("Mouse")).to_be_checked()


def test_a_draft_with_a_file_survives(visit, transactional_db):
    offer(
        "Room screen",
        form=[
            {"type": "file", "label": "Photo", "key": "photo"},
            {"type": "text", "label": "Room", "key": "room", "required": True},
        ],
    )
    page = visit(UserFactory(), "/portal/order/room-screen/")
    page.get_by_label("Photo").set_input_files({"name": "wall.txt", "mimeType": "text/plain", "buffer": b"a wall"})
    page.get_by_role("button", name="Order now").click()
    expect(page.get_by_role("alert")).to_contain_text("Room")
    expect(page.locator(".kept-files")).to_contain_text("wall.txt")  # the browser would not send it again
    page.get_by_role("button", name="Keep for later").click()
    page.get_by_role("link", name="Room screen").first.click()
    page.get_by_label("Room").fill("2.07")
    page.get_by_role("button", name="Order now").click()
    assert ServiceRequest.objects.get().attachments.get().name == "wall.txt"


def test_a_rejection_says_why(visit, transactional_db):
    boss = UserFactory(name="Bea Boss")
    customer = UserFactory(manager=boss)
    request = order(laptop(), customer, {"model": "ThinkPad"})
    page = visit(boss, f"/approvals/{Approver.objects.get().pk}/")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    page.get_by_label("Comment").fill("Your old one is a year old.")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#toasts")).to_contain_text("recorded")
    seen = visit(customer, f"/portal/{request.number}/")
    expect(seen.locator(".status-card").first).to_contain_text("It was not approved")
    expect(seen.locator(".status-card").first).to_contain_text("Your old one is a year old.")


def test_the_link_in_the_mail(visit, transactional_db, live_server, settings):
    settings.SITE_URL = live_server.url
    boss = UserFactory(name="Bea Boss", email="bea@example.org")
    request = order(laptop(), UserFactory(name="Carl", manager=boss), {"model": "ThinkPad"})
    deliver()
    letter = next(m for m in mail.outbox if "bea@example.org" in m.to[0])
    page = visit(None, re.search(r"http\S+/approvals/link/\S+", letter.body).group())
    expect(page.locator(".status-card")).to_contain_text("ThinkPad")
    expect(page.locator("main")).to_contain_text("You decide as Bea Boss")
    assert fresh(request).status == "awaiting_approval"
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).to_contain_text("You have approved this")
    assert fresh(request).status == "in_fulfilment"


def test_an_offering_is_built_from_nothing_and_ordered(visit, transactional_db):
    team = TeamFactory(name="Workplace")
    service("Computers", team=team)
    boss = UserFactory(name="Bea Boss")
    customer, admin = UserFactory(manager=boss), UserFactory(role="admin")
    page = visit(admin, "/admin/catalog/category/add/")
    page.get_by_label("Name").fill("Hardware")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/admin/approvals/approvalplan/add/")
    page.get_by_label("Name").first.fill("Line manager")
    page.get_by_role("link", name="Add another Step").click()
    page.locator("#id_steps-0-name").fill("Manager")
    page.locator("#id_steps-0-condition").fill("price over 300")
    page.get_by_role("link", name="Add another Approver").first.click()
    page.locator("#id_steps-0-approvers-0-rule").select_option("manager")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    page.goto("/admin/catalog/offering/add/")
    page.get_by_label("Name").fill("Screen")
    for field, value in (("category", "Hardware"), ("service", "Computers")):
        page.locator(f"#id_{field} + .select2").click()
        page.get_by_role("searchbox").last.press_sequentially(value)
        page.get_by_role("option", name=value).click()
    page.get_by_label("Description").fill("A screen for your desk")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Now say what it asks and costs")).to_be_visible()
    page.locator("#id_price_once").fill("200")
    page.get_by_role("link", name="Add another Question").click()
    page.locator("#id_fields-0-type").select_option("choice")
    page.locator("#id_fields-0-label").fill("Size")
    page.locator("#id_fields-0-options").fill("24 inch\n34 inch | 250")
    page.locator("#id_fields-0-required").check()
    page.get_by_role("link", name="Add another Question").click()
    page.locator("#id_fields-1-label").fill("Why so large?")
    page.locator("#id_fields-1-show_if").fill("size is 34 inch")
    preview = page.locator("[data-stage]")
    expect(preview.get_by_text("34 inch (+ 250 €)")).to_be_visible()
    expect(preview.get_by_text("Why so large?")).to_be_hidden()
    preview.get_by_label("34 inch").check()
    expect(preview.get_by_text("Why so large?")).to_be_visible()
    page.get_by_role("link", name="Add another Step").click()
    page.locator("#id_tasks-0-title").fill("Bring {sice}")
    page.locator("#id_tasks-0-shown").fill("We bring it")
    page.locator("#id_approval_plan + .select2").click()
    page.get_by_role("option", name="Line manager").click()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_text("There is no question “sice” to fill in.")).to_be_visible()
    page.locator("#id_tasks-0-title").fill("Bring {size}")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    page.get_by_role("link", name="Publish").click()
    expect(page.get_by_text("can be ordered now")).to_be_visible()
    assert Offering.objects.get().versions.get().state == "published"
    shop = visit(customer, "/portal/catalogue/")
    shop.get_by_role("link", name="Screen").click()
    shop.get_by_label("34 inch").check()
    shop.get_by_label("Why so large?").fill("Spreadsheets")
    expect(shop.locator("[data-total]")).to_have_text("450 €")
    shop.get_by_role("button", name="Order now").click()
    expect(shop.locator(".status-card")).to_contain_text("Bea Boss has to approve it first")
    request = ServiceRequest.objects.get()
    assert (request.status, request.price_once) == ("awaiting_approval", 450)
