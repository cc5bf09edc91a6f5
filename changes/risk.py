"""Risk, computed: a questionnaire, the affected services, the record, and what the window meets. With its reasons."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.services.models import Criticality, Service

from .collisions import Collision
from .models import Change, ChangeSettings, Level, Outcome, RiskLevel

YEAR = datetime.timedelta(days=365)
#: How risky a service of each criticality is to touch, of 100, and how much every further one adds.
OF_CRITICALITY = {1: 100, 2: 70, 3: 35, 4: 10}
EACH_MORE = 5
#: So many changes make a record that counts in full; fewer count in proportion.
FULL_RECORD = 5
BAD = (Outcome.FAILED, Outcome.BACKED_OUT)


@dataclass(frozen=True)
class Answered:
    """One answer of the questionnaire."""

    text: str
    label: str
    points: int  #: 0 to 100
    weight: int


@dataclass(frozen=True)
class Risk:
    """A score of 0 to 100, the level it makes, and why."""

    score: int
    level: str
    reasons: list[str]


def of_answers(answers: Iterable[Answered]) -> tuple[float, list[str]]:
    """(0 to 100, reasons): the weighted mean, and the answers that say the most."""
    rows = list(answers)
    total = sum(row.weight for row in rows)
    if not total:
        return 0.0, []
    telling = sorted((row for row in rows if row.points >= 50), key=lambda row: -row.points * row.weight)
    return sum(row.points * row.weight for row in rows) / total, [f"{row.text} {row.label}" for row in telling[:3]]


def dependents(services: Iterable[int]) -> set[int]:
    """The services and everything that needs them, directly or through others (ids)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up(id) AS (SELECT unnest(%s::bigint[])"
            " UNION SELECT d.service_id FROM services_dependency d JOIN up ON d.needs_id = up.id) SELECT id FROM up",
            [sorted(services)],
        )
        return {row[0] for row in cursor.fetchall()}


def of_services(services: Iterable[int]) -> tuple[float, list[str]]:
    """(0 to 100, reasons): the most critical one touched, and how many are."""
    own = set(services)
    if not own:
        return 0.0, []
    touched = dependents(own)
    rows = list(Service.objects.filter(pk__in=touched).order_by("criticality", "name").only("name", "criticality"))
    worst = rows[0]
    points = min(100, OF_CRITICALITY[worst.criticality] + EACH_MORE * (len(rows) - 1))
    label = Criticality(worst.criticality).label
    reasons = [_("%(name)s is %(level)s.") % {"name": worst.name, "level": str(label).lower()}]
    if more := len(rows) - len(own):
        text = ngettext("%(n)d more service depends on it.", "%(n)d more services depend on it.", more)
        reasons.append(text % {"n": more})
    return float(points), reasons


def of_record(change: Change, services: Iterable[int], *, now: datetime.datetime) -> tuple[float, list[str]]:
    """(0 to 100, reasons): the worst of what the model's, the team's and the services' last 12 months say."""
    over = Change.objects.filter(ended_at__gte=now - YEAR, ended_at__lte=now).exclude(outcome="").exclude(pk=change.pk)
    groups = [
        (change.model_id, Q(model=change.model_id), _("of this model")),
        (change.team_id, Q(team=change.team_id), _("of this team")),
        (True, Q(services__in=list(services)), _("of these services")),
    ]
    worst, reason = 0.0, ""
    for is_known, condition, whose in groups:
        if not is_known:
            continue
        counts = over.filter(condition).aggregate(
            n=Count("pk", distinct=True), bad=Count("pk", distinct=True, filter=Q(outcome__in=BAD)),
            hard=Count("pk", distinct=True, filter=Q(outcome=Outcome.WITH_ISSUES)),
        )  # fmt: skip
        if not counts["n"]:
            continue
        rate = (counts["bad"] + counts["hard"] / 2) / counts["n"]
        points = 100 * rate * min(1.0, counts["n"] / FULL_RECORD)
        if points > worst:
            worst = points
            reason = _("%(bad)d of %(n)d changes %(whose)s failed in the last 12 months, %(hard)d had issues.") % {
                **counts, "whose": whose,
            }  # fmt: skip
    return min(100.0, worst * 2), [reason] if reason else []


def of_collisions(found: Iterable[Collision]) -> tuple[float, list[str]]:
    """(0 to 100, reasons)."""
    rows = list(found)
    if not rows:
        return 0.0, []
    points = 100 if any(row.kind != "maintenance" for row in rows) else 60
    return float(points), [row.words for row in rows[:3]]


def level_of(score: int) -> RiskLevel | None:
    """The level that a score makes; None where the admin has no levels."""
    return RiskLevel.objects.select_related("plan").filter(from_score__lte=score).order_by("-from_score").first()


def compute(
    change: Change, *, answers: Iterable[Answered], services: Iterable[int], collisions: Iterable[Collision],
    now: datetime.datetime | None = None,
) -> Risk:  # fmt: skip
    """The risk of a change as things stand."""
    now = now or timezone.now()
    own = list(services)
    shares = ChangeSettings.get()
    parts: list[tuple[int, tuple[float, list[str]]]] = [
        (shares.of_questions, of_answers(answers)),
        (shares.of_services, of_services(own)),
        (shares.of_record, of_record(change, own, now=now)),
        (shares.of_collisions, of_collisions(collisions)),
    ]
    whole = sum(share for share, _part in parts) or 1
    score = round(sum(share * points for share, (points, _reasons) in parts) / whole)
    level = level_of(score)
    reasons = [reason for _share, (_points, found) in parts for reason in found]
    return Risk(score, level.level if level is not None else Level.LOW.value, reasons)


def is_higher(level: str, than: str) -> bool:
    """Whether a level is above another."""
    order: list[Any] = list(Level.values)
    return bool(level and than and order.index(level) > order.index(than))
