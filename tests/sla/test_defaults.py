"""What a new installation promises before anybody has set anything up."""

from __future__ import annotations

import datetime

import pytest
from django.apps import apps
from django.utils import timezone

from servicedesk.sla.defaults import country_of, fill
from servicedesk.sla.models import Agreement, Calendar, Clock, Metric
from servicedesk.tickets import operations
from tests.factories import AgentFactory, make_incident

from .setups import MONDAY

pytestmark = pytest.mark.django_db


def test_two_calendars_in_the_installations_zone_with_its_countrys_holidays() -> None:
    office = Calendar.objects.get(name="Office hours")
    assert (office.time_zone, office.country) == ("Europe/Berlin", "DE")
    year = timezone.localdate().year
    assert office.holidays.filter(date=datetime.date(year, 10, 3)).exists()
    assert office.holidays.filter(date=datetime.date(year + 1, 1, 1)).exists()
    assert Calendar.objects.get(name="24×7").working_hours().is_open(timezone.now())


def test_a_report_has_its_clocks_by_priority_and_escalations_at_50_75_and_100_per_cent() -> None:
    ticket = make_incident(impact=1, urgency=1, at=MONDAY)
    clocks = {
        c.agreement.metric.slug: c for c in Clock.objects.filter(ticket=ticket).select_related("agreement__metric")
    }
    assert {slug: c.target for slug, c in clocks.items()} == {"first_response": 900, "resolution": 4 * 3600}
    assert clocks["resolution"].due_at == MONDAY + datetime.timedelta(hours=4)
    operations.reply(ticket, actor=ticket.requester, body="Hello?", channel="portal", at=MONDAY)
    assert Clock.objects.filter(ticket=ticket, agreement__metric__slug="next_response").exists()
    for agreement in Agreement.objects.filter(kinds=["incident"]):
        assert list(agreement.rules.values_list("at", "amount")) == [("percent", 50), ("percent", 75), ("percent", 100)]
        assert all(rule.actions.exists() for rule in agreement.rules.all())
        assert agreement.goals.count() == 4


def test_every_metric_of_the_field_is_there() -> None:
    assert set(Metric.objects.values_list("slug", flat=True)) >= {
        "first_response", "next_response", "assignment", "resolution", "approval"
    }  # fmt: skip
    for metric in Metric.objects.all():
        metric.clean()
    for agreement in Agreement.objects.filter(kinds=["incident"]):
        for goal in agreement.goals.all():
            stored = goal.resolved
            goal.clean()
            assert goal.resolved == stored  # what the migration wrote by hand is what the language reads


@pytest.mark.parametrize(
    ("zone", "country"),
    [("Europe/Berlin", "DE"), ("America/New_York", "US"), ("Asia/Kathmandu", "NP"), ("UTC", ""), ("Mars/Olympus", "")],
)
def test_the_country_follows_from_the_zone(zone: str, country: str) -> None:
    assert country_of(zone) == country


def test_an_upgrade_promises_nothing_by_itself_and_a_second_run_changes_nothing() -> None:
    before = Agreement.objects.count()
    fill(apps, zone="Europe/Berlin", country="DE", active=True, today=timezone.localdate())
    assert Agreement.objects.count() == before
    Agreement.objects.all().delete()
    fill(apps, zone="Europe/Berlin", country="", active=False, today=timezone.localdate())
    make_incident(AgentFactory())
    assert not Clock.objects.exists()
