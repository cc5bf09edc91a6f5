"""Events of problems, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

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
        case "workaround_published" if event.data.get("article"):
            return "book-open", _(
                "The workaround was put on %(n)s incidents and into the knowledge base: %(article)s"
            ) % event.data
        case "workaround_published" if event.data.get("to_customers"):
            return "send", _("The workaround was sent to the customers of %(n)s incidents") % event.data
        case "workaround_published":
            return "sticky-note", _("The workaround was put on %(n)s incidents") % event.data
    return None
