"""Agreements, goals and rules for tests, and clocks looked at."""

from __future__ import annotations

import datetime
from typing import Any

from servicedesk.sla.models import (
    Agreement,
    Calendar,
    Clock,
    EscalationAction,
    EscalationRule,
    Goal,
    Metric,
)
from servicedesk.tickets.models import Ticket

UTC = datetime.UTC
#: A Monday morning.
MONDAY = datetime.datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = datetime.timedelta(hours=1)


def nine_to_five(**values: Any) -> Calendar:
    """Monday to Friday, 09:00–17:00 UTC, no holidays."""
    return Calendar.objects.get_or_create(
        name=values.pop("name", "Nine to five"), defaults={"time_zone": "UTC", **values}
    )[0]


def always() -> Calendar:
    return Calendar.objects.get(name="24×7")


def promise(
    metric: str = "resolution", *goals: tuple[str, int], calendar: Calendar | None = None, name: str = "", **values: Any
) -> Agreement:
    """An agreement for incidents with goals of (condition, hours)."""
    agreement = Agreement.objects.create(
        name=name or f"Promise {metric}", kinds=values.pop("kinds", ["incident"]), metric=Metric.objects.get(slug=metric),
        **values,
    )  # fmt: skip
    for position, (condition, hours) in enumerate(goals or [("", 8)]):
        goal = Goal(
            agreement=agreement, position=position, condition=condition, target=int(hours * 3600),
            calendar=calendar or nine_to_five(),
        )  # fmt: skip
        goal.clean()
        goal.save()
    agreement.refresh_from_db()
    return agreement


def rule(agreement: Agreement, at: str, amount: int, *actions: Any, only_open: bool = False) -> EscalationRule:
    """An escalation rule with actions, each a kind or a dict of the action's fields."""
    made = EscalationRule.objects.create(agreement=agreement, at=at, amount=amount, only_open=only_open)
    for action in actions:
        values = {"kind": action} if isinstance(action, str) else action
        EscalationAction.objects.create(rule=made, **values)
    return made


def clock(ticket: Ticket, agreement: Agreement | None = None) -> Clock:
    """The ticket's latest clock."""
    clocks = Clock.objects.filter(ticket_id=ticket.pk)
    if agreement is not None:
        clocks = clocks.filter(agreement=agreement)
    return clocks.order_by("-cycle")[0]
