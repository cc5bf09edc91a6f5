"""A process that registers itself has service levels, without a line about it in sla/."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from incidents.models import Incident
from servicedesk.sla.models import Clock
from servicedesk.tickets import operations, registry
from servicedesk.tickets.lifecycle import Lifecycle, State, Transition
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.operations import core
from servicedesk.tickets.registry import Process
from tests.factories import UserFactory

from .setups import MONDAY, always, clock, promise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare")]

#: States that no other process has: only their categories tell what they are.
LIFECYCLE = Lifecycle(
    initial="packed",
    states=(
        State("packed", "Packed", "open"), State("at_customs", "At customs", "waiting"),
        State("delivered", "Delivered", "resolved"), State("eaten", "Eaten", "closed"),
    ),
    transitions=(
        Transition("ship", "Ship", frozenset({"packed"}), "at_customs", needs=("reason",)),
        Transition("release", "Release", frozenset({"at_customs"}), "packed"),
        Transition("deliver", "Deliver", frozenset({"packed"}), "delivered"),
    ),
)  # fmt: skip


@pytest.fixture
def parcel() -> Iterator[Process]:
    process = Process(
        kind="parcel", prefix="INC", label="Parcel", label_plural="Parcels", model=Incident, lifecycle=LIFECYCLE
    )
    registry.register(process)
    yield process
    del registry._processes["parcel"]


def hours(count: float) -> datetime.datetime:
    return MONDAY + datetime.timedelta(hours=count)


def test_its_statuses_pause_and_stop_clocks(parcel: Process, agent: Any) -> None:
    promise("resolution", ("kind:parcel", 4), calendar=always(), kinds=["parcel"])
    ticket = operations.open_ticket(parcel, actor=UserFactory(), title="Cheese", at=MONDAY)
    assert clock(ticket).due_at == hours(4)
    operations.transition(ticket, "ship", actor=agent, reason="Papers", at=hours(1))
    assert (clock(ticket).state, clock(ticket).pauses[0][2:]) == ("paused", ["at_customs", "Papers"])
    operations.transition(ticket, "release", actor=agent, at=hours(3))
    operations.transition(ticket, "deliver", actor=agent, at=hours(4))
    assert (clock(ticket).state, clock(ticket).elapsed) == ("stopped", 2 * 3600)


def test_its_approvals_are_measured_by_their_events(parcel: Process, agent: Any) -> None:
    agreement = promise("approval", ("", 2), calendar=always(), kinds=["parcel"])
    ticket = operations.open_ticket(parcel, actor=UserFactory(), title="Cheese", at=MONDAY)
    assert not Clock.objects.exists()
    for kind, at in (
        ("approval_requested", hours(1)),
        ("approval_decided", hours(2)),
        ("approval_requested", hours(5)),
    ):
        with transaction.atomic():
            row = core.lock(Ticket.objects.get(pk=ticket.pk), None, "x")
            core.record(row, kind, actor=agent, at=at)
    first, second = Clock.objects.filter(agreement=agreement).order_by("cycle")
    assert (first.elapsed, first.state) == (3600, "stopped")
    assert (second.state, second.due_at) == ("running", hours(7))


def test_an_agreement_for_other_kinds_leaves_it_alone(parcel: Process) -> None:
    promise("resolution", kinds=["incident"])
    operations.open_ticket(parcel, actor=UserFactory(), title="Cheese")
    assert not Clock.objects.exists()
