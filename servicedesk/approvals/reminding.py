"""Reminders, called by escalations."""

from __future__ import annotations

import datetime

from django.db import transaction

from servicedesk.tickets.models import Ticket
from servicedesk.tickets.operations import core

from .models import Approver
from .operations import waiting_for


@transaction.atomic
def remind(ticket: Ticket, *, at: datetime.datetime | None = None) -> list[Approver]:
    """Tell those whose answer the ticket waits for once more; returns them."""
    row = core.lock(ticket, None, "view")
    people = waiting_for(row)
    if people:
        core.record(
            row, "approval_reminded", actor=None, at=at, activity=False, public=True,
            people=[{"id": person.user_id, "name": str(person.user)} for person in people],
            approvers=[person.pk for person in people],
        )  # fmt: skip
    return people
