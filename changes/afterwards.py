"""After a change: which incidents it may have caused."""

from __future__ import annotations

import datetime
from typing import Any

from servicedesk.people import access
from servicedesk.tickets.models import Link, Ticket

from . import risk
from .models import Change, ChangeSettings

MOST = 20


def suspects(change: Change, viewer: Any) -> list[Ticket]:
    """Incidents on the affected services, and on what depends on them, soon after the change began.

    Those that are linked with it already are left out; newest last, at most MOST.
    """
    if change.started_at is None:
        return []
    services = list(change.services.values_list("pk", flat=True))
    if not services:
        return []
    until = (change.ended_at or change.started_at) + datetime.timedelta(hours=ChangeSettings.get().watch_hours)
    linked = Link.objects.filter(target=change.pk).values("source")
    rows = Ticket.objects.filter(
        kind="incident", service__in=risk.dependents(services), opened_at__gte=change.started_at, opened_at__lte=until
    ).exclude(pk__in=linked)
    return list(access.visible(viewer, rows).order_by("opened_at")[:MOST])
