"""What can be done with incidents beyond what every ticket knows."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow, OperationError
from servicedesk.tickets.models import LinkKind, StatusCategory, Ticket
from servicedesk.tickets.operations import core

from .models import Incident
from .process import INCIDENT


def open_incident(*, actor: Any, title: str, **values: Any) -> Incident:
    """Open an incident; see ``tickets.operations.open_ticket`` for the values."""
    ticket = tickets.open_ticket(INCIDENT, actor=actor, title=title, **values)
    assert isinstance(ticket, Incident)
    return ticket


def _lock_incident(ticket: Ticket, actor: Any) -> Ticket:
    row = core.lock(ticket, actor, "major")
    if row.kind != INCIDENT.kind:
        raise NotAllowedNow(_("%(number)s is no incident.") % {"number": row.number})
    return row


@transaction.atomic
def declare_major(ticket: Ticket, *, actor: Any, lead: Any = None, at: datetime.datetime | None = None) -> Incident:
    """Make it a major incident with a lead (the actor unless named); everybody in the desk sees a banner."""
    row = _lock_incident(ticket, actor)
    if row.is_over:
        raise NotAllowedNow(_("%(number)s is over; only an open incident can be a major one.") % {"number": row.number})
    lead = lead or actor
    if not (lead.is_active and lead.is_agent):
        raise Invalid({"lead": _("%(name)s is not an agent.") % {"name": lead}})
    incident = Incident.objects.get(pk=row.pk)
    changes = core.set_fields(row, {"is_major": True})
    if incident.lead_id != lead.pk:
        changes["lead"] = [core.described(incident.lead), core.described(lead)]
    if changes:
        since = incident.major_since or at or timezone.now()
        Incident.objects.filter(pk=row.pk).update(lead=lead, major_since=since)
        core.record(row, "declared_major", actor=actor, changes=changes, public=True, at=at)
    return Incident.objects.get(pk=row.pk)


@transaction.atomic
def stand_down(ticket: Ticket, *, actor: Any) -> Incident:
    """End the state of a major incident; the lead stays on record."""
    row = _lock_incident(ticket, actor)
    changes = core.set_fields(row, {"is_major": False})
    if changes:
        core.record(row, "stood_down", actor=actor, changes=changes, public=True)
    return Incident.objects.get(pk=row.pk)


def open_children(ticket: Ticket, user: Any) -> list[Ticket]:
    """The children that are not over yet and that ``user`` sees."""
    children = Ticket.objects.filter(links_out__target=ticket, links_out__kind=LinkKind.CHILD_OF)
    unfinished = children.filter(status_category__in=[StatusCategory.OPEN, StatusCategory.WAITING])
    return list(access.visible(user, unfinished).order_by("pk")[:200])


def resolve_children(ticket: Ticket, *, actor: Any) -> tuple[list[Ticket], list[tuple[Ticket, str]]]:
    """Resolve the open children as their resolved parent was.

    Each child is an operation of its own: one that is refused stops no other.
    Returns those resolved, and the refused ones with the reason.
    """
    parent = Ticket.objects.select_related("resolution_code").get(pk=ticket.pk)
    if actor is not None:
        access.require(actor, "transition", parent)
    if parent.status_category not in (StatusCategory.RESOLVED, StatusCategory.CLOSED) or not parent.resolution:
        raise NotAllowedNow(_("Resolve %(number)s first.") % {"number": parent.number})
    done, refused = [], []
    for child in open_children(parent, actor):
        try:
            done.append(
                tickets.transition(
                    child, "resolve", actor=actor, resolution=parent.resolution,
                    resolution_code=parent.resolution_code,
                )
            )  # fmt: skip
        except OperationError as error:
            refused.append((child, error.message))
    return done, refused


def close_due(*, now: datetime.datetime | None = None, limit: int = 500) -> int:
    """Close incidents resolved longer ago than the desk settings say; returns how many."""
    return tickets.close_resolved(INCIDENT, now=now, limit=limit)
