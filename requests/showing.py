"""A request as its screens, mails and outside systems need it."""

from __future__ import annotations

from typing import Any

from catalog import versions
from catalog.models import FieldType
from servicedesk.approvals.operations import own_turn, waiting_for, with_people
from servicedesk.tickets.models import Ticket
from servicedesk.work.showing import steps_of

from .models import Answer, ServiceRequest


def fact_of(answer: Answer) -> Any:
    """A stored answer as conditions see it."""
    match answer.type:
        case FieldType.NUMBER | FieldType.MONEY:
            return answer.number
        case FieldType.DATE:
            return answer.date.isoformat() if answer.date is not None else None
        case FieldType.YES_NO:
            return answer.flag
        case FieldType.MANY:
            return list(answer.options or [])
    return answer.text


def condition_facts(request: ServiceRequest) -> dict[str, Any]:
    """Key → value of the answers, for conditions."""
    return {answer.key: fact_of(answer) for answer in request.answers.all()}


def placeholders(request: ServiceRequest) -> dict[str, str]:
    """What {…} stands for in titles and instructions; a question without an answer is empty."""
    keys = dict.fromkeys(versions.definition_of(request.offering_version).questions, "")
    requester = request.requester
    return {
        **keys, **{answer.key: answer.text for answer in request.answers.all()},
        "requester": requester.name if requester is not None else "",
        "requester_email": requester.email if requester is not None else "",
        "number": request.number, "quantity": str(request.quantity), "ordered_by": str(request.ordered_by),
    }  # fmt: skip


def answers_as_json(ticket: Ticket) -> dict[str, Any]:
    """Key → answer for outside systems: numbers as text, dates as 2026-12-31."""
    found: dict[str, Any] = {}
    for answer in Answer.objects.filter(request=ticket.pk):
        value = fact_of(answer)
        found[answer.key] = (
            format(value.normalize(), "f")
            if answer.type in (FieldType.NUMBER, FieldType.MONEY) and value is not None
            else value
        )
    return found


def desk_context(ticket: Ticket, user: Any) -> dict[str, Any]:
    """What the ticket page's side shows of a request; five queries."""
    request = ServiceRequest.objects.select_related(
        "offering", "ordered_by", "cost_centre", "bundle", "offering_version"
    ).get(pk=ticket.pk)
    approvals = with_people(ticket)
    return {
        "request_row": request, "answers": list(request.answers.all()), "approvals": approvals,
        "my_turn": own_turn(approvals, user), "work_steps": steps_of(ticket),
    }  # fmt: skip


def customer_context(ticket: Ticket, user: Any) -> dict[str, Any]:
    """What the customer sees: answers, who has to agree, and the steps they are told of."""
    context = desk_context(ticket, user)
    context["work_steps"] = [step for step in context["work_steps"] if step.shown and step.state != "skipped"]
    return context


def ordered_cards(rows: Any) -> list[dict[str, Any]]:
    """What a confirmation shows of each request: who decides, what is promised, and by when."""
    from .promising import promised

    return [{"row": row, "turns": waiting_for(row), "promise": promised(row)} for row in rows]
