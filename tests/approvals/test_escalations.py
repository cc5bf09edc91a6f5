"""Reminders and expiry: an approval that nobody decides is remembered, and ends."""

import datetime

import pytest
from django.core import mail
from django.utils import timezone

from requests.operations import Item, place
from servicedesk.approvals.models import Approval, Approver
from servicedesk.sla import reactions, rules, sweep
from servicedesk.sla.models import EscalationRule, Reaction
from servicedesk.tickets.models import Outbox
from servicedesk.tickets.outbox import dispatch_event
from tests.catalog.setups import offer, plan
from tests.factories import UserFactory, fresh

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_any_hour():
    """Whatever the hour of the test: escalations do not wait for the next opening."""
    EscalationRule.objects.update(only_open=False)
    rules.bump()


def work():
    while sweep.sweep():
        pass
    for pk in reactions.due():
        reactions.perform(pk)
    for pk in Outbox.objects.order_by("pk").values_list("pk", flat=True):
        dispatch_event(pk)


def ordered_days_ago(days):
    """Ordered so many days ago, asked then, and not decided."""
    boss = UserFactory(email="boss@example.org")
    thing = offer(approval_plan=plan(("Manager", "", "any", ["manager"])).name)
    at = timezone.now() - datetime.timedelta(days=days)
    order = place([Item(offering=thing, data={})], actor=UserFactory(manager=boss), at=at)
    return order.requests.get()


def test_who_is_asked_is_reminded_and_in_the_end_it_expires():
    request = ordered_days_ago(40)
    work()
    outcomes = list(Reaction.objects.order_by("pk").values_list("action__kind", "outcome"))
    assert ("approvers", f"Reminded {Approver.objects.get().user.name}.") in outcomes, outcomes
    assert ("expire", "The approval expired.") in outcomes
    assert [m.body.split("\n")[0] for m in mail.outbox if "boss@example.org" in m.to[0]].count(
        "Your approval is needed."
    ) <= 1
    ticket = fresh(request)
    assert (ticket.status, ticket.status_reason) == ("rejected", "Nobody decided in time.")
    assert Approval.objects.get().state == "expired" and Approver.objects.get().answer == "released"
    work()
    assert fresh(request).events.filter(kind="approval_decided").count() == 1


def test_a_reminder_is_a_mail_with_a_link():
    request = ordered_days_ago(6)  # more than half of two working days, less than ten
    work()
    assert fresh(request).status == "awaiting_approval"
    letters = [m for m in mail.outbox if "boss@example.org" in m.to[0]]
    assert any("Your approval is still needed." in m.body and "/approvals/link/" in m.body for m in letters)
