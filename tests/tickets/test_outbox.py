"""From an event to its consumers: at least once each, and nothing is lost when something fails."""

import datetime

import pytest
from django.utils import timezone

from servicedesk.tickets import operations, outbox
from servicedesk.tickets.models import Outbox
from servicedesk.tickets.tasks import sweep
from tests.factories import make_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def consumers(monkeypatch):
    calls = []
    monkeypatch.setattr(outbox, "_consumers", {"first": lambda event: calls.append(event.kind)})
    return calls


def test_an_event_is_handed_over_once_and_cleared(consumers):
    event = make_incident().events.get()
    outbox.dispatch_event(event.pk)
    outbox.dispatch_event(event.pk)
    assert consumers == ["opened"] and not Outbox.objects.exists()


def test_a_failing_consumer_does_not_keep_the_others_and_is_tried_again(consumers, monkeypatch):
    broken = [True]

    def fragile(event):
        if broken[0]:
            raise RuntimeError("away")

    monkeypatch.setitem(outbox._consumers, "fragile", fragile)
    event = make_incident().events.get()
    outbox.dispatch_event(event.pk)
    assert consumers == ["opened"] and Outbox.objects.get().tries == 1
    broken[0] = False
    outbox.dispatch_event(event.pk)
    assert not Outbox.objects.exists()


def test_the_sweep_finds_what_a_crash_left_behind(consumers, monkeypatch):
    event = make_incident().events.get()
    assert outbox.left_behind() == []
    Outbox.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=1))
    assert outbox.left_behind() == [event.pk]
    sent = []
    monkeypatch.setattr("servicedesk.tickets.tasks.dispatch.delay", sent.append)
    sweep()
    assert sent == [[event.pk]]
    Outbox.objects.update(tries=outbox.MAX_TRIES)
    assert outbox.left_behind() == []


def test_history_is_told_to_nobody(agent):
    with outbox.silent():
        ticket = make_incident()
    assert not Outbox.objects.exists()
    operations.take(ticket, actor=agent)
    assert Outbox.objects.count() == 1


def test_a_broker_that_is_away_does_not_fail_the_operation(django_capture_on_commit_callbacks, monkeypatch):
    def away(event_id):
        raise OSError("no broker")

    monkeypatch.setattr("servicedesk.tickets.tasks.dispatch.delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        make_incident()
    assert Outbox.objects.count() == 1
