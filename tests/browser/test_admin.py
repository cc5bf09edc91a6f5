"""An admin sets things up; tickets are not to be found there."""

import pytest
from django.core import mail
from playwright.sync_api import expect

from servicedesk.people.models import Organisation, User
from servicedesk.tickets.models import DeskSettings, PriorityRule
from tests.factories import TeamFactory, UserFactory


@pytest.fixture
def boss(transactional_db):
    return UserFactory(role="admin", name="Astrid Nilsen")


def test_setting_up_an_organisation_and_inviting_somebody(boss, visit):
    page = visit(boss, "/admin/people/organisation/add/")
    page.locator("#id_name").fill("Alder & Sons")
    page.locator("#id_domains").fill("Alder.example")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert Organisation.objects.get().domains == ["alder.example"]
    page.goto("/admin/people/invitation/add/")
    page.locator("#id_email").fill("george@alder.example")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("on its way")).to_be_visible()
    assert mail.outbox[0].to == ["george@alder.example"]


def test_the_priority_matrix_and_the_desk_settings(boss, visit):
    TeamFactory(name="Service desk")
    page = visit(boss, "/admin/tickets/priorityrule/")
    page.locator("select[name=form-0-priority]").select_option("4")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("changed successfully")).to_be_visible()
    assert PriorityRule.objects.order_by("impact", "urgency")[0].priority == 4
    page.goto("/admin/tickets/desksettings/")
    page.locator("#id_auto_close_days").fill("0")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("greater than or equal to 1")).to_be_visible()
    page.locator("#id_auto_close_days").fill("9")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("changed successfully")).to_be_visible()
    assert DeskSettings.get().auto_close_days == 9


def test_the_last_admin_cannot_lock_everybody_out(boss, visit):
    page = visit(boss, f"/admin/people/user/{boss.pk}/change/")
    page.locator("#id_role").select_option("customer")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("last active admin")).to_be_visible()
    assert User.objects.get(pk=boss.pk).is_admin


def test_no_ticket_is_changed_behind_the_back_of_the_operations(boss, visit):
    page = visit(boss, "/admin/")
    assert (
        page.locator('a[href*="/ticket/"], a[href*="/incident/"], a[href*="/event/"], a[href*="/message/"]').count()
        == 0
    )
    for path in ("tickets/ticket", "incidents/incident", "tickets/event", "tickets/message"):
        assert page.goto(f"/admin/{path}/").status == 404


def test_only_admins_get_in(visit, transactional_db):
    page = visit(UserFactory(role="team_lead"), "/admin/")
    expect(page).to_have_url("/admin/login/?next=/admin/")
