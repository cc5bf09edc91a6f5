"""What approvals need to know of changes."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from servicedesk.approvals.finding import Context
from servicedesk.approvals.models import ApprovalState, Approver
from servicedesk.approvals.process import Approvable
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.models import Ticket

from .models import Change


def _context(ticket: Ticket) -> Context:
    change = Change.objects.select_related("raised_by__manager", "service__owner").get(pk=ticket.pk)
    return Context(change.raised_by, change.service)


def _decided(ticket: Ticket, approval: Any, actor: Any) -> None:
    if approval.state == ApprovalState.APPROVED:
        tickets.transition(ticket, "approve", actor=None, at=approval.decided_at)
        return
    last = Approver.objects.filter(step__approval=approval, answer="rejected").order_by("-answered_at").first()
    reason = last.comment if last is not None and last.comment else _("Nobody decided in time.")
    tickets.transition(ticket, "reject", actor=None, at=approval.decided_at, reason=reason[:500])


def _details(ticket: Ticket) -> dict[str, Any]:
    from . import collisions

    change = Change.objects.select_related("model", "raised_by").get(pk=ticket.pk)
    return {
        "change": change, "services": list(change.services.order_by("criticality", "name")),
        "collisions": collisions.of(change), "risk_answers": list(change.risk_answers.all()),
    }  # fmt: skip


def barred(ticket: Ticket) -> set[int]:
    """Nobody approves a change that they raised or carry out."""
    raised_by = Change.objects.filter(pk=ticket.pk).values_list("raised_by", flat=True).first()
    return {pk for pk in (raised_by, ticket.assignee_id) if pk is not None}


APPROVABLE = Approvable(
    kind="change", context=_context, decided=_decided, template="changes/approving.html", details=_details,
    barred=barred,
)  # fmt: skip
