"""Events of a plan, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from servicedesk.tickets.models import Event, Ticket


def describe(ticket: Ticket, event: Event) -> tuple[str, str] | None:
    """(icon, sentence), or None for an event of others."""
    data = event.data
    name = data.get("shown") if event.is_public else None
    words = {"step": name or data.get("step", "")}
    why = f" “{data['remark']}”" if data.get("remark") else ""
    match event.kind:
        case "step_started":
            return "circle-play", _("Begun: %(step)s") % words
        case "step_done":
            return "circle-check", _("Done: %(step)s") % words
        case "step_skipped":
            return "circle-slash", _("Not needed: %(step)s") % words + why
        case "step_failed":
            return "triangle-alert", _("Cannot be done: %(step)s") % words + why
        case "task_added":
            return "plus", _("Task added: %(step)s") % words
    return None
