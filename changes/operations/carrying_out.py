"""The end of a change: how it went, and what was learnt."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.operations import core
from servicedesk.tickets.operations.flow import apply_transition
from servicedesk.work import engine
from servicedesk.work.models import OVER, WorkStep

from ..models import Change, ChangeModel, ChangeType, Outcome

BAD = (Outcome.FAILED, Outcome.BACKED_OUT)


@transaction.atomic
def finish(
    change: Change, *, actor: Any, outcome: str, remark: str = "", ended_at: datetime.datetime | None = None,
    at: datetime.datetime | None = None,
) -> Change:  # fmt: skip
    """The implementation is over. A standard change that succeeded is closed; others are reviewed.

    What was not successful needs a remark. A standard model loses its approval in advance by a failure.
    """
    row = core.lock(change, actor, "transition")
    fresh = Change.objects.select_related("model").get(pk=row.pk)
    row.process.lifecycle.check(row, "finish")
    at = at or timezone.now()
    if outcome not in Outcome.values:
        raise Invalid({"outcome": _("Choose how it went.")})
    remark = core.text(remark, "remark", limit=core.MAX_BODY, required=outcome != Outcome.SUCCESSFUL)
    ended_at = ended_at or at
    if ended_at > at:
        raise Invalid({"ended_at": _("This is in the future.")})
    if fresh.started_at is not None and ended_at < fresh.started_at:
        raise Invalid({"ended_at": _("It has to end after it began.")})
    left = list(WorkStep.objects.filter(ticket_id=row.pk).exclude(state__in=OVER))
    if left and outcome not in BAD:
        names = ", ".join(step.title for step in left[:3])
        raise NotAllowedNow(_("Not all its tasks are over: %(names)s.") % {"names": names})
    done = fresh.type == ChangeType.STANDARD and outcome == Outcome.SUCCESSFUL
    slug = "complete" if done else "finish"
    Change.objects.filter(pk=fresh.pk).update(outcome=outcome, ended_at=ended_at)
    changes = apply_transition(row, slug, actor=None, values={}, at=at)
    changes |= {"outcome": [fresh.outcome, outcome]}
    row.resolution = remark or str(Outcome(outcome).label)
    core.record(
        row, "implemented", actor=actor, changes=changes, save=["resolution", "closed_at"], public=True, at=at,
        step=slug, remark=remark or None, outcome=outcome,
    )  # fmt: skip
    if left:
        engine.stop(row, actor=actor, reason=str(Outcome(outcome).label), at=at)
    if outcome in BAD and fresh.model is not None and fresh.model.is_preapproved:
        lost = ChangeModel.objects.filter(pk=fresh.model.pk, type=ChangeType.STANDARD, is_preapproved=True)
        if lost.update(is_preapproved=False, lost_because=fresh):
            core.record(row, "model_lost", actor=None, at=at, activity=False, model=fresh.model.name)
    return Change.objects.get(pk=fresh.pk)


@transaction.atomic
def review(
    change: Change, *, actor: Any, text: str, outcome: str = "", at: datetime.datetime | None = None
) -> Change:  # fmt: skip
    """Close a change with what was learnt. ``outcome`` corrects what was said at its end."""
    row = core.lock(change, actor, "transition")
    fresh = Change.objects.get(pk=row.pk)
    row.process.lifecycle.check(row, "close")
    outcome = outcome or fresh.outcome
    if outcome not in Outcome.values:
        raise Invalid({"outcome": _("Choose how it went.")})
    text = core.text(text, "text", limit=core.MAX_BODY)
    at = at or timezone.now()
    Change.objects.filter(pk=fresh.pk).update(review=text, reviewed_at=at, outcome=outcome)
    changes = apply_transition(row, "close", actor=None, values={}, at=at)
    if outcome != fresh.outcome:
        changes |= {"outcome": [fresh.outcome, outcome]}
    core.record(row, "reviewed", actor=actor, changes=changes, save=["closed_at"], at=at, step="close", review=text)
    return Change.objects.get(pk=fresh.pk)
