"""Events of changes, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from servicedesk.tickets.models import Event, Ticket

from .models import Level, Outcome

FIELDS = {
    "reason": lazy("reason"), "implementation": lazy("implementation plan"), "test_plan": lazy("test plan"),
    "communication": lazy("communication plan"), "backout": lazy("back-out plan"), "services": lazy("services"),
    "outage": lazy("outage"), "type": lazy("type"), "risk_level": lazy("risk"),
}  # fmt: skip


def level_label(level: str) -> Any:
    """A level as people read it."""
    return Level(level).label if level in Level.values else level


def describe(ticket: Ticket, event: Event) -> tuple[str, str] | None:
    """(icon, sentence), or None for an event of others."""
    data = event.data
    match event.kind:
        case "assessed":
            return "shield-check", _("Risk assessed: %(level)s (%(score)s of 100)") % {
                **data,
                "level": level_label(data["level"]),
            }
        case "assessment_requested":
            return "shield-check", _("Waits for assessment")
        case "assessment_ended":
            return "shield-check", _("Assessment over")
        case "planned":
            names = ", ".join(str(FIELDS.get(name, name)) for name in event.changes)
            return "pencil", _("Plan changed: %(fields)s") % {"fields": names}
        case "rescheduled":
            before, after = event.changes["window"]
            text = _("Planned for %(after)s") % {"after": after}
            if before:
                text = _("Moved from %(before)s to %(after)s") % {"before": before, "after": after}
            return "calendar-clock", " · ".join([text, *data.get("collisions", [])[:3]])
        case "task_planned":
            return "square-check-big", _("Task planned: %(step)s") % data
        case "task_dropped":
            return "x", _("Task dropped: %(step)s") % data
        case "implemented":
            outcome = Outcome(data["outcome"]).label if data.get("outcome") in Outcome.values else ""
            text = _("Implementation over: %(outcome)s") % {"outcome": outcome}
            return "flag", f"{text} – {data['remark']}" if data.get("remark") else text
        case "reviewed":
            return "check", _("Reviewed and closed: %(review)s") % data
        case "model_lost":
            return "triangle-alert", _("“%(model)s” has lost its approval in advance") % data
        case "gate_refused":
            return "triangle-alert", _("The gate refused: %(reason)s") % data
        case "deployment_started":
            return "circle-play", _("The pipeline has begun: %(version)s to %(environment)s") % data
    return None
