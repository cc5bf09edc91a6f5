"""Taking steps of the lifecycle."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import access

from ..errors import Invalid, NotAllowedNow
from ..models import DeskSettings, ResolutionCode, StatusCategory, Ticket
from ..registry import Process
from . import core


def apply_transition(
    row: Ticket, slug: str, *, actor: Any, values: dict[str, Any], at: datetime.datetime | None = None,
    by_itself: bool = False,
) -> core.Changes:  # fmt: skip
    """Take a step on a locked row and return what changed; the caller records it.

    ``by_itself`` is for steps that follow from something else: nobody is asked
    for permission or for the step's needs.
    """
    lifecycle = row.process.lifecycle
    step = lifecycle.check(row, slug)
    if actor is not None and not by_itself:
        access.require(actor, step.action, row)
    at = at or timezone.now()
    row.process.guard(row, slug, actor, at)
    target = lifecycle.state(step.target)
    fields: dict[str, Any] = {"status": target.slug, "status_category": target.category, "status_reason": ""}
    if "reason" in step.needs and not by_itself:
        fields["status_reason"] = core.text(values.get("reason"), "reason", limit=500, one_line=True)
    if "resolution" in step.needs:
        fields["resolution"] = core.text(values.get("resolution"), "resolution", limit=core.MAX_BODY)
    if "resolution_code" in step.needs:
        code = values.get("resolution_code")
        if not isinstance(code, ResolutionCode) or not code.is_active:
            raise Invalid({"resolution_code": _("Choose how it was resolved.")})
        fields["resolution_code"] = code
    if target.category == StatusCategory.RESOLVED:
        fields |= {"resolved_at": at, "closed_at": None}
    elif target.category == StatusCategory.CLOSED:
        fields["closed_at"] = at
    else:
        fields |= {"resolved_at": None, "closed_at": None}
    if step.reopens:
        fields |= {"resolution": "", "resolution_code": None, "reopened": row.reopened + 1}
    return core.set_fields(row, fields)


@transaction.atomic
def transition(
    ticket: Ticket, slug: str, *, actor: Any, at: datetime.datetime | None = None,
    expected_version: int | None = None, **values: Any,
) -> Ticket:  # fmt: skip
    """Take the step ``slug``; ``values`` carry what it needs (reason, resolution, resolution_code)."""
    step = ticket.process.lifecycle.transition(slug)
    row = core.lock(ticket, actor, step.action)
    if expected_version is not None and expected_version != row.version:
        core.check_version(row, expected_version, {"status": step.target})
    changes = apply_transition(row, slug, actor=actor, values=values, at=at)
    core.record(row, "moved", actor=actor, changes=changes, public=True, at=at, step=slug)
    return row


def close_resolved(process: Process, *, now: datetime.datetime | None = None, limit: int = 500) -> int:
    """Take the step ``close`` for what was resolved longer ago than the desk settings say; returns how many."""
    before = (now or timezone.now()) - datetime.timedelta(days=DeskSettings.get().auto_close_days)
    due = Ticket.objects.filter(
        kind=process.kind, status_category=StatusCategory.RESOLVED, resolved_at__lt=before
    ).order_by("resolved_at")[:limit]
    closed = 0
    for ticket in due:
        try:
            transition(ticket, "close", actor=None)
            closed += 1
        except NotAllowedNow:
            continue  # reopened this very moment
    return closed
