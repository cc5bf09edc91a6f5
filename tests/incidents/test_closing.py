"""Resolved incidents close by themselves after the set number of days, unless the customer reopens."""

import datetime

import pytest
from django.utils import timezone

from incidents.operations import close_due
from incidents.tasks import close_resolved
from servicedesk.tickets import operations
from servicedesk.tickets.models import DeskSettings
from tests.factories import fresh, make_incident, resolve

pytestmark = pytest.mark.django_db


def ago(days):
    return timezone.now() - datetime.timedelta(days=days)


def test_only_what_was_resolved_long_enough_ago_closes(agent, customer):
    desk = DeskSettings.get()
    desk.auto_close_days = 3
    desk.save()
    old, young, reopened = (make_incident(customer) for _ in range(3))
    resolve(old, agent, at=ago(3.1))
    resolve(young, agent, at=ago(2.9))
    resolve(reopened, agent, at=ago(9))
    operations.transition(reopened, "reopen", actor=customer, reason="Still")
    close_resolved()
    assert [fresh(t).status for t in (old, young, reopened)] == ["closed", "resolved", "in_progress"]
    event = old.events.last()
    assert event.actor is None and event.changes["status"] == ["resolved", "closed"]
    assert close_due() == 0
