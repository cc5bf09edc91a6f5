"""DORA's measures against numbers worked out by hand; risk's record; incidents after a change."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from changes import afterwards, measures, operations, risk
from changes.models import Change, Deployment
from servicedesk.services.models import Dependency
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.models import LinkKind, Ticket
from tests.factories import AgentFactory, ServiceFactory, make_incident

from .setups import begin, change, scheduled

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def over(agent, service, outcome, *, ended, lead=10.0):
    """A change of a service that ended so, so many hours after it was raised."""
    row = change(agent, service)
    Change.objects.filter(pk=row.pk).update(outcome=outcome, started_at=ended - HOUR, ended_at=ended)
    Ticket.objects.filter(pk=row.pk).update(opened_at=ended - lead * HOUR)
    return row


def test_the_four_measures():
    agent, service = AgentFactory(), ServiceFactory(name="Shop")
    month = datetime.datetime(2026, 10, 15, 12, tzinfo=datetime.UTC)
    first = over(agent, service, "successful", ended=month, lead=10)
    over(agent, service, "successful", ended=month, lead=30)
    over(agent, service, "failed", ended=month, lead=1)
    caused = over(agent, service, "with_issues", ended=month, lead=50)
    Deployment.objects.create(
        change=first, key="k", fingerprint="f", version="1", environment="p", committed_at=month - 4 * HOUR
    )
    incident = make_incident(service=service)
    tickets.link(incident, actor=agent, target=Ticket.objects.get(pk=caused.pk), kind=LinkKind.CAUSED_BY)
    Ticket.objects.filter(pk=incident.pk).update(opened_at=month, resolved_at=month + 3 * HOUR)
    months, found = measures.measure(agent, today=datetime.date(2026, 11, 26), count=3)
    assert months == ["2026-09", "2026-10", "2026-11"]
    cell = found["Shop"]["2026-10"]
    assert (cell.done, cell.failure_rate) == (4, 50)
    assert (cell.lead, cell.restore) == (30 * 3600, 3 * 3600)


def test_the_record_of_the_last_twelve_months_counts_and_older_does_not():
    agent, service = AgentFactory(), ServiceFactory(criticality=4)
    now = timezone.now()
    row = change(agent, service)
    over(agent, service, "failed", ended=now - datetime.timedelta(days=400))
    assert risk.of_record(row, [service.pk], now=now) == (0.0, [])
    for _n in range(5):
        over(agent, service, "failed", ended=now - datetime.timedelta(days=30))
    points, reasons = risk.of_record(row, [service.pk], now=now)
    assert points == 100 and "5 of 5" in reasons[0]


def test_more_and_more_critical_services_are_riskier():
    plain, vital = ServiceFactory(criticality=4), ServiceFactory(criticality=1)
    Dependency.objects.create(service=vital, needs=plain)
    alone = ServiceFactory(criticality=4)
    assert risk.of_services([alone.pk])[0] == 10
    points, reasons = risk.of_services([plain.pk])
    assert points == 100 and vital.name in reasons[0]


def test_incidents_soon_after_on_its_services_are_suggested_as_caused_by_it():
    agent, service = AgentFactory(), ServiceFactory(criticality=4)
    row = begin(scheduled(agent, service), agent)
    row = operations.finish(row, actor=agent, outcome="with_issues", remark="Slow.")
    near, far, other = (
        make_incident(service=service),
        make_incident(service=service),
        make_incident(service=ServiceFactory()),
    )
    Ticket.objects.filter(pk=far.pk).update(opened_at=timezone.now() + datetime.timedelta(hours=60))
    assert [t.pk for t in afterwards.suspects(row, agent)] == [near.pk]
    assert other.pk != near.pk
    tickets.link(near, actor=agent, target=Ticket.objects.get(pk=row.pk), kind=LinkKind.CAUSED_BY)
    assert afterwards.suspects(row, agent) == []
