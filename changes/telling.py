"""Telling the owners of affected services what happens to them."""

from __future__ import annotations

from django.db.models import Q

from servicedesk.notify.consumer import tell, those_who_see
from servicedesk.notify.models import Kind
from servicedesk.people.models import User
from servicedesk.tickets.models import Event

from . import risk
from .models import Change

#: States whose beginning owners hear of.
TOLD = ("scheduled", "implementing", "review", "closed", "cancelled")


def tell_owners(event: Event) -> None:
    """Tell those who own an affected service, or one that depends on it. Safe to repeat."""
    if event.ticket.kind != "change":
        return
    status = event.changes.get("status", [None, None])[1]
    moved = event.kind == "rescheduled" and event.data.get("state") == "scheduled"
    if status not in TOLD and not moved:
        return
    if status == "cancelled" and event.changes["status"][0] != "scheduled":
        return
    services = Change.services.through.objects.filter(change=event.ticket_id).values_list("service", flat=True)
    touched = risk.dependents(list(services))
    owners = User.objects.filter(Q(owned_services__in=touched), is_active=True).exclude(pk=event.actor_id or 0)
    people = list(owners.select_related("organisation").distinct().order_by("pk"))
    tell(event, those_who_see(event.ticket, people), Kind.CHANGE)
