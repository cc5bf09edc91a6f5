"""A change as its pages show it."""

from __future__ import annotations

from typing import Any

from servicedesk.approvals.operations import own_turn, with_people
from servicedesk.tickets.models import Ticket
from servicedesk.work.showing import steps_of

from . import afterwards, collisions, windows
from .lifecycle import BEFORE
from .models import Change, Level
from .models.risk import questionnaire, revision_of
from .operations.planning import EDITABLE, MOVABLE

#: Chip classes of risk levels and outcomes.
LEVEL_CHIP = {"low": "good", "medium": "soon", "high": "late", "critical": "late"}
OUTCOME_CHIP = {"successful": "good", "with_issues": "soon", "failed": "late", "backed_out": "late"}


def desk_context(ticket: Ticket, user: Any) -> dict[str, Any]:
    """What the ticket page's side shows of a change."""
    change = Change.objects.select_related("model__lost_because", "raised_by").get(pk=ticket.pk)
    approvals = with_people(ticket)
    over = ticket.status in ("review", "closed")
    outdated = False
    if ticket.status == "assess" and change.risk_revision:
        outdated = change.risk_revision != revision_of(questionnaire())
    return {
        "change": change, "services": list(change.services.order_by("criticality", "name")), "approvals": approvals,
        "my_turn": own_turn(approvals, user), "work_steps": steps_of(ticket),
        "window": windows.words(change.window, change.zone),
        "shift": windows.shift_words(change.window, change.zone) if change.window is not None else "",
        "collisions": collisions.of(change, user) if ticket.status in BEFORE | {"implementing"} else [],
        "level": Level(change.risk_level).label if change.risk_level else "", "outdated": outdated,
        "level_chip": LEVEL_CHIP.get(change.risk_level, ""), "outcome_chip": OUTCOME_CHIP.get(change.outcome, ""),
        "editable": ticket.status in EDITABLE, "movable": ticket.status in MOVABLE,
        "drop_url": "changes:drop_task" if ticket.status in MOVABLE else "",
        "suspects": afterwards.suspects(change, user) if over else [],
        "plan_parts": [(Change._meta.get_field(name).verbose_name, getattr(change, name))  # type: ignore[union-attr]
                       for name in ("reason", "implementation", "test_plan", "communication", "backout")
                       if getattr(change, name)],
    }  # fmt: skip
