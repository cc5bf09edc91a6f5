"""The agreements as clocks need them: compiled, kept by each process under the configuration's revision."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import F

from servicedesk.tickets.language import Node, holds

from .business_time import WorkingHours
from .models import Agreement, At, Clock, Configuration, EscalationRule, OnReopen


@dataclass(frozen=True)
class GoalRule:
    """A goal, compiled."""

    pk: int
    tree: Node
    target: int  #: working seconds
    by_plan: bool = field(default=False, kw_only=True)  #: whether a ticket's own planned time takes its place
    calendar_id: int
    hours: WorkingHours


@dataclass(frozen=True)
class Threshold:
    """An escalation rule as a point in working time."""

    pk: int
    at: str
    amount: int
    only_open: bool

    def after(self, target: int) -> int | None:
        """Working microseconds after the start, or None where that would be at or before it."""
        if self.at == At.PERCENT:
            return target * self.amount * 10_000
        seconds = target - self.amount if self.at == At.BEFORE else target + self.amount
        return seconds * 1_000_000 if seconds > 0 else None


@dataclass(frozen=True)
class AgreementRules:
    """An agreement, compiled."""

    pk: int
    name: str
    metric: str
    type: str
    promise: str  #: what customers read, with {when}
    revision: int
    starts: frozenset[str]
    stops: frozenset[str]
    pauses: frozenset[str]
    continues: bool
    goals: tuple[GoalRule, ...]
    thresholds: tuple[Threshold, ...]

    def goal_for(self, facts: Mapping[str, Any]) -> GoalRule | None:
        """The first goal that matches."""
        goal = next((goal for goal in self.goals if holds(goal.tree, facts)), None)
        if goal is not None and goal.by_plan and facts.get("planned_seconds"):
            return replace(goal, target=facts["planned_seconds"])
        return goal

    def goal_of(self, clock: Clock) -> GoalRule | None:
        """The goal that a clock was given, with the target it has there."""
        goal = next((goal for goal in self.goals if goal.pk == clock.goal_id), None)
        if goal is not None and goal.by_plan and clock.target:
            return replace(goal, target=clock.target)
        return goal


@dataclass(frozen=True)
class Rules:
    """All active agreements at one revision."""

    revision: int
    by_kind: Mapping[str, tuple[AgreementRules, ...]]
    by_id: Mapping[int, AgreementRules]
    hours: Mapping[int, WorkingHours]  #: by calendar


_kept: Rules | None = None


def forget() -> None:
    """Start anew; for tests, whose rows vanish."""
    global _kept
    _kept = None


def current_revision() -> int:
    """The configuration's revision, from the database; one small query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT revision FROM sla_configuration")
        row = cursor.fetchone()
    return row[0] if row else 0


def rules(revision: int | None = None) -> Rules:
    """The rules at the current revision; read anew only when it moved. ``revision`` is one just read."""
    global _kept
    if revision is None:
        revision = current_revision()
    if _kept is None or _kept.revision != revision:
        _kept = _load(revision)
    return _kept


def last_known() -> Rules:
    """The rules as this process read them last, at some revision: for what need not be right to the second."""
    return _kept or rules()


def bump() -> int:
    """Count the configuration up, inside the transaction that changes it; returns the new revision."""
    Configuration.objects.get_or_create(pk=1)
    Configuration.objects.filter(pk=1).update(revision=F("revision") + 1)
    return current_revision()


def compile_agreement(agreement: Agreement, hours: dict[int, WorkingHours]) -> AgreementRules:
    """An agreement with its goals and rules; ``hours`` keeps calendars already read, and gets the others."""
    goals = []
    for goal in agreement.goals.all():
        if goal.calendar_id not in hours:
            with contextlib.suppress(ValueError):  # hours that are never open promise nothing
                hours[goal.calendar_id] = goal.calendar.working_hours()
        if goal.calendar_id in hours:
            goals.append(
                GoalRule(
                    goal.pk, goal.tree, goal.target, goal.calendar_id, hours[goal.calendar_id], by_plan=goal.by_plan
                )
            )
    metric = agreement.metric
    return AgreementRules(
        pk=agreement.pk, name=agreement.name, metric=metric.name, type=agreement.type,
        promise=metric.promise, revision=agreement.revision,
        starts=frozenset(metric.starts), stops=frozenset(metric.stops), pauses=frozenset(metric.pauses),
        continues=agreement.on_reopen == OnReopen.CONTINUE, goals=tuple(goals),
        thresholds=tuple(_threshold(rule) for rule in agreement.rules.all()),
    )  # fmt: skip


def _threshold(rule: EscalationRule) -> Threshold:
    return Threshold(rule.pk, rule.at, rule.amount, rule.only_open)


def _load(revision: int) -> Rules:
    from .models import Calendar

    hours: dict[int, WorkingHours] = {}
    for calendar in Calendar.objects.prefetch_related("holidays", "special_days"):
        with contextlib.suppress(ValueError):
            hours[calendar.pk] = calendar.working_hours()
    by_kind: dict[str, list[AgreementRules]] = {}
    by_id = {}
    rows = Agreement.objects.filter(is_active=True).select_related("metric").prefetch_related("goals", "rules")
    for agreement in rows.order_by("pk"):
        by_id[agreement.pk] = compiled = compile_agreement(agreement, hours)
        for kind in agreement.kinds:
            by_kind.setdefault(kind, []).append(compiled)
    return Rules(revision, {kind: tuple(found) for kind, found in by_kind.items()}, by_id, hours)
