"""What approvals need to know of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.approvals.facts import ANSWER
from servicedesk.approvals.finding import Context
from servicedesk.approvals.models import ApprovalState, Approver
from servicedesk.approvals.process import Approvable
from servicedesk.conditions import Kind
from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket

from .costs import is_over_budget
from .models import ServiceRequest

FACTS = {
    "price": Kind("number"), "price_monthly": Kind("number"), "first_year": Kind("number"), "quantity": Kind("number"),
    "for_other": Kind("yes_no"), "over_budget": Kind("yes_no"), "criticality": Kind("number"),
}  # fmt: skip


def approval_facts(request: ServiceRequest, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What steps' conditions ask of a request: the names of FACTS, and ``answer.…``."""
    return {
        "price": request.total_once, "price_monthly": request.total_monthly,
        "first_year": request.total_once + 12 * request.total_monthly, "quantity": request.quantity,
        "for_other": request.requester_id != request.ordered_by_id, "over_budget": is_over_budget(request),
        "criticality": request.offering.service.criticality,
        **{f"{ANSWER}{key}": value for key, value in answers.items()},
    }  # fmt: skip


def _context(ticket: Ticket) -> Context:
    request = ServiceRequest.objects.select_related("offering__service__owner", "cost_centre__owner").get(pk=ticket.pk)
    subject = User.objects.select_related("manager").filter(pk=ticket.requester_id or 0).first()
    return Context(subject, request.offering.service, request.cost_centre)


def _decided(ticket: Ticket, approval: Any, actor: Any) -> None:
    from .operations import fulfilling

    if approval.state == ApprovalState.APPROVED:
        fulfilling.approved(ticket, at=approval.decided_at)
        return
    last = Approver.objects.filter(step__approval=approval, answer="rejected").order_by("-answered_at").first()
    reason = last.comment if last is not None and last.comment else _("Nobody decided in time.")
    fulfilling.refused(ticket, reason=reason[:500], at=approval.decided_at)


def _details(ticket: Ticket) -> dict[str, Any]:
    request = ServiceRequest.objects.select_related("offering", "ordered_by", "cost_centre", "offering_version").get(
        pk=ticket.pk
    )
    return {
        "request_row": request,
        "answers": list(request.answers.all()),
        "attachments": list(ticket.attachments.filter(is_internal=False)),
    }


APPROVABLE = Approvable(
    kind="request", context=_context, decided=_decided, template="requests/approving.html", details=_details
)
