"""How incidents present themselves to the ticket layer."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.registry import Process

from .lifecycle import LIFECYCLE
from .models import Incident


def _context(ticket: Any, user: Any) -> dict[str, Any]:
    from .operations import open_children

    # Only a major incident shows anything of its own.
    incident = Incident.objects.select_related("lead").get(pk=ticket.pk) if ticket.is_major else None
    return {"incident": incident, "open_children": open_children(ticket, user) if ticket.is_over else []}


INCIDENT = Process(
    kind="incident",
    prefix="INC",
    label=_("Incident"),
    label_plural=_("Incidents"),
    model=Incident,
    lifecycle=LIFECYCLE,
    fields=("lead",),
    new_url="incidents:new",
    report_url="incidents:report",
    icon="triangle-alert",
    panel="incidents/panel.html",
    context=_context,
)
