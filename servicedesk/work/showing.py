"""A plan as its ticket's page shows it."""

from __future__ import annotations

from servicedesk.tickets.models import Ticket

from .models import WorkStep


def steps_of(ticket: Ticket) -> list[WorkStep]:
    """The plan with who is at it."""
    rows = WorkStep.objects.filter(ticket_id=ticket.pk)
    return list(rows.select_related("team", "assignee", "carrier__assignee", "carrier__team"))
