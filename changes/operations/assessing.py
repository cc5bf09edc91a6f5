"""The questionnaire, and the risk that follows."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.tickets.errors import Conflict, Invalid, NotAllowedNow
from servicedesk.tickets.operations import core

from .. import collisions, risk
from ..models import Change, RiskAnswer
from ..models.risk import questionnaire, revision_of

#: States in which a change is assessed.
OPEN_TO_IT = ("draft", "assess")


def answered(change: Change) -> list[risk.Answered]:
    """The questionnaire as it was answered."""
    rows = RiskAnswer.objects.filter(change=change.pk)
    return [risk.Answered(row.text, row.label, row.points, row.weight) for row in rows]


def work_out(change: Change, *, now: datetime.datetime | None = None) -> risk.Risk:
    """The risk as things stand, with the answers that were given."""
    services = list(change.services.values_list("pk", flat=True))
    found = collisions.named(collisions.find(services, change.window, change=change.pk), None)
    return risk.compute(change, answers=answered(change), services=services, collisions=found, now=now)


def keep(change: Change, result: risk.Risk) -> core.Changes:
    """Write the risk; returns what changed, for the event."""
    before = change.risk_level
    change.risk_score, change.risk_level, change.risk_reasons = result.score, result.level, result.reasons
    Change.objects.filter(pk=change.pk).update(
        risk_score=result.score, risk_level=result.level, risk_reasons=result.reasons
    )
    return {"risk_level": [before, result.level]} if before != result.level else {}


@transaction.atomic
def assess(
    change: Change, *, actor: Any, answers: Mapping[int, int], revision: str,
    at: datetime.datetime | None = None,
) -> Change:  # fmt: skip
    """Answer the questionnaire: question → option, by id, for every question. Computes the risk.

    ``revision`` is the questionnaire that was shown. Raises Conflict when it changed meanwhile: nothing is saved,
    and what was answered is for the caller to show again.
    """
    row = core.lock(change, actor, "plan")
    fresh = Change.objects.get(pk=row.pk)
    if row.status not in OPEN_TO_IT:
        raise NotAllowedNow(_("%(number)s is “%(state)s”: it is assessed no more.") % {
            "number": row.number, "state": row.state.label,
        })  # fmt: skip
    questions = questionnaire()
    if revision != revision_of(questions):
        raise Conflict(
            _("The questionnaire was changed while you answered it. Please look at your answers again."),
            theirs={}, yours={},
        )  # fmt: skip
    problems: dict[str, str] = {}
    rows: list[RiskAnswer] = []
    for place, question in enumerate(questions):
        chosen = next((o for o in question.options.all() if o.pk == answers.get(question.pk)), None)
        if chosen is None:
            problems[f"q{question.pk}"] = _("Choose one of the answers.")
            continue
        rows.append(
            RiskAnswer(
                change=fresh,
                question=question,
                option=chosen,
                position=place,
                text=question.text,
                label=chosen.label,
                points=chosen.points,
                weight=question.weight,
            )
        )
    if unknown := set(answers) - {question.pk for question in questions}:
        problems |= {f"q{pk}": _("There is no such question.") for pk in unknown}
    if problems:
        raise Invalid(problems)
    at = at or timezone.now()
    RiskAnswer.objects.filter(change=fresh.pk).delete()
    RiskAnswer.objects.bulk_create(rows)
    result = work_out(fresh, now=at)
    changes = keep(fresh, result)
    Change.objects.filter(pk=fresh.pk).update(risk_revision=revision)
    core.record(
        row, "assessed", actor=actor, at=at, changes=changes, score=result.score, level=result.level,
        reasons=result.reasons,
    )  # fmt: skip
    return Change.objects.get(pk=fresh.pk)
