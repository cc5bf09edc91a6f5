"""What follows when a change's state moved, and what has to be true before it may. In the same transaction."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.approvals import operations as approvals
from servicedesk.approvals.models import Approval, ApprovalPlan, ApprovalState
from servicedesk.conditions import Kind
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import NotAllowedNow
from servicedesk.tickets.models import Event, Ticket
from servicedesk.tickets.operations import core
from servicedesk.work import engine
from servicedesk.work.models import StepState, WorkStep

from .. import collisions, risk
from ..models import HOLDING, Change, ChangeSettings, ChangeType
from ..models.risk import questionnaire, revision_of
from .planning import refuse_freeze

#: What conditions of approval steps may ask of a change.
FACTS = {
    "risk": Kind("choice", ("low", "medium", "high", "critical")), "risk_score": Kind("number"), "outage": Kind("yes_no"),
    "change_type": Kind("choice", ("standard", "normal", "emergency")), "services": Kind("number"),
    "criticality": Kind("number"),
}  # fmt: skip
#: A change may begin so long before its window.
EARLY = datetime.timedelta(minutes=15)


def facts_of(change: Change) -> dict[str, Any]:
    """The facts of FACTS; criticality is that of the most critical service, 4 where none is chosen."""
    levels = list(change.services.values_list("criticality", flat=True))
    return {
        "risk": change.risk_level or "low", "risk_score": change.risk_score or 0, "outage": change.outage,
        "change_type": change.type, "services": len(levels), "criticality": min(levels, default=4),
    }  # fmt: skip


def plan_for(change: Change) -> ApprovalPlan | None:
    """Who approves it: an emergency's plan, or that of the risk's level."""
    if change.type == ChangeType.EMERGENCY:
        return ChangeSettings.get().emergency_plan
    level = risk.level_of(change.risk_score or 0)
    return level.plan if level is not None else None


def guard(row: Ticket, slug: str, at: datetime.datetime) -> None:
    """Raise NotAllowedNow with a sentence where a step's conditions are not met."""
    if slug not in ("submit", "ask_approval", "ask_ecab", "schedule", "start"):
        return
    change = Change.objects.select_related("model").get(pk=row.pk)
    match slug:
        case "submit" if change.type == ChangeType.EMERGENCY:
            raise NotAllowedNow(_("An emergency is not assessed first: ask the ECAB."))
        case "ask_ecab" if change.type != ChangeType.EMERGENCY:
            raise NotAllowedNow(_("Only emergencies go to the ECAB at once."))
        case "ask_ecab" if ChangeSettings.get().emergency_plan is None:
            raise NotAllowedNow(_("An admin has to say first who approves emergencies."))
        case "schedule":
            _check_preapproved(change)
    if slug in ("submit", "ask_approval", "ask_ecab", "schedule"):
        _check_complete(change, at)
    if slug == "ask_approval":
        _check_assessed(change)
    if slug in ("ask_approval", "ask_ecab", "schedule", "start"):
        _check_freeze(change, asking=slug in ("ask_approval", "ask_ecab"))
    if slug == "start":
        _check_time(change, at)


def _check_preapproved(change: Change) -> None:
    if change.type != ChangeType.STANDARD or change.model is None:
        raise NotAllowedNow(_("Only standard changes are scheduled without approval."))
    if not change.model.is_preapproved:
        because = change.model.lost_because
        why = f" ({because.number})" if because is not None else ""
        raise NotAllowedNow(
            _("“%(name)s” has lost its approval in advance%(why)s. Submit this one for assessment.")
            % {"name": change.model, "why": why}
        )


def _check_complete(change: Change, at: datetime.datetime) -> None:
    missing = []
    if not change.services.exists():
        missing.append(_("the affected services"))
    if change.window is None:
        missing.append(_("a planned window"))
    if not change.implementation:
        missing.append(_("an implementation plan"))
    if not change.backout and change.type != ChangeType.EMERGENCY:
        missing.append(_("a back-out plan"))
    if missing:
        raise NotAllowedNow(_("It still needs %(what)s.") % {"what": ", ".join(missing)})
    if change.window is not None and change.window.upper <= at:
        raise NotAllowedNow(_("Its window is over already; plan another one."))


def _check_assessed(change: Change) -> None:
    if change.risk_score is None:
        raise NotAllowedNow(_("Assess the risk first."))
    if change.risk_revision != revision_of(questionnaire()):
        raise NotAllowedNow(_("The questionnaire has changed since the risk was assessed; answer it again."))


def _check_freeze(change: Change, *, asking: bool) -> None:
    found = collisions.of(change)
    if change.type != ChangeType.EMERGENCY:
        refuse_freeze(found)
    elif not asking and any(c.blocks for c in found):
        if not Approval.objects.filter(ticket=change.pk, state=ApprovalState.APPROVED).exists():
            raise NotAllowedNow(_("In a freeze an emergency needs the approval of the ECAB."))


def _check_time(change: Change, at: datetime.datetime) -> None:
    if change.window is None or change.type == ChangeType.EMERGENCY:
        return
    if at < change.window.lower - EARLY:
        raise NotAllowedNow(_("Its window has not begun. Move the window if it is to begin now."))
    if at >= change.window.upper:
        raise NotAllowedNow(_("Its window is over. Plan another one."))


def followed(row: Ticket, event: Event) -> None:
    """Called after each change of state, with the row locked."""
    change = Change.objects.get(pk=row.pk)
    before = event.changes.get("status", [None, None])[0]
    Change.objects.filter(pk=row.pk).update(holds=row.status in HOLDING)
    if before == "authorise" and row.status not in ("scheduled", "rejected"):
        approvals.cancel(row, actor=event.actor, at=event.at)
    if row.status == "assess":
        core.record(row, "assessment_requested", actor=event.actor, at=event.at, activity=False)
    elif before == "assess":
        core.record(row, "assessment_ended", actor=event.actor, at=event.at, activity=False)
    match row.status:
        case "authorise":
            _ask(row, change, event)
        case "implementing":
            Change.objects.filter(pk=row.pk).update(started_at=event.at, ended_at=None, outcome="")
            engine.advance(row, actor=event.actor, at=event.at)
        case "cancelled" | "rejected":
            engine.stop(row, actor=event.actor, reason=row.status_reason, at=event.at)
        case "draft" if before in ("rejected", "cancelled"):
            skipped = WorkStep.objects.filter(ticket_id=row.pk, state=StepState.SKIPPED, carrier=None)
            skipped.update(state=StepState.WAITING, ended_at=None, remark="")


def _ask(row: Ticket, change: Change, event: Event) -> None:
    plan = plan_for(change)
    facts = facts_of(change)
    if plan is None or not approvals.needed(plan, facts):
        tickets.transition(row, "approve", actor=None, at=event.at)
        return
    approvals.ask(row, plan, actor=event.actor or change.raised_by, facts=facts, at=event.at)
