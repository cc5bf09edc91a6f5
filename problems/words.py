"""Events of problems, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.tickets.models import Event, Ticket


def describe(ticket: Ticket, event: Event) -> tuple[str, str] | None:
    """(icon, sentence), or None for an event of others."""
    names = {
        "root_cause": _("root cause"), "workaround": _("workaround"), "permanent_fix": _("permanent fix"),
        "cause_category": _("cause category"),
    }  # fmt: skip
    match event.kind:
        case "analysed":
            return "pencil", _("Written down: %(fields)s") % {
                "fields": ", ".join(names.get(n, n) for n in event.changes)
            }
        case "why_added":
            return "circle-help", _("Why? %(text)s") % event.data
        case "why_dropped":
            return "x", _("No longer a why: %(text)s") % event.data
        case "workaround_published":
            n = int(event.data.get("n") or 0)
            if event.data.get("to_customers"):
                words = ngettext(
                    "The workaround was sent to the customer of one incident",
                    "The workaround was sent to the customers of %(n)d incidents",
                    n,
                )
            else:
                words = ngettext(
                    "The workaround was put on one incident", "The workaround was put on %(n)d incidents", n
                )
            words %= {"n": n}
            if event.data.get("article"):
                words += _(", and into the knowledge base: %(article)s") % event.data
            return "send", words
    return None
