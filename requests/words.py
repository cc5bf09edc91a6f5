"""Events of requests, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from servicedesk.tickets.models import Event, Ticket


def describe(ticket: Ticket, event: Event) -> tuple[str, str] | None:
    """(icon, sentence), or None for an event of others."""
    match event.kind:
        case "budget_warned":
            return "wallet", _("%(level)s %% of the budget of %(centre)s for %(month)s is used") % event.data
        case "charged" if "cost_centre" in event.changes:
            after = event.changes["cost_centre"][1]
            name = after.get("name", "") if isinstance(after, dict) else _("no cost centre")
            return "wallet", _("Charged to %(name)s") % {"name": name}
        case "charged":
            return "wallet", _("Charged until %(month)s") % {"month": event.changes["monthly_until"][1]}
    return None
