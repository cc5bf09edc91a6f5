"""Changing what a ticket says of itself, and whose it is."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ..errors import Invalid
from ..markdown import render
from ..models import Impact, Priority, PriorityRule, Ticket, Urgency
from . import core
from .flow import apply_transition
from .opening import check_people

#: Fields that :func:`change` takes. Assignment and state have operations of their own.
CHANGEABLE = frozenset(
    {"title", "description", "impact", "urgency", "priority", "priority_reason", "requester", "service", "category",
     "tags"}
)  # fmt: skip

KEEP = object()  # "leave as it is", where None means nobody


@transaction.atomic
def change(
    ticket: Ticket, *, actor: Any, expected_version: int | None = None, at: datetime.datetime | None = None, **values: Any
) -> Ticket:  # fmt: skip
    """Change fields of CHANGEABLE. Saving what is already so records nothing.

    Impact or urgency move the priority by the matrix, unless it was overridden.
    ``priority`` other than the matrix's needs a ``priority_reason``; None
    gives it back to the matrix.
    """
    if unknown := set(values) - CHANGEABLE:
        raise Invalid({name: _("This field cannot be changed here.") for name in unknown})
    row = core.lock(ticket, actor, "change")
    core.refuse_closed(row)
    fields: dict[str, Any] = {}
    if "title" in values:
        fields["title"] = core.text(values["title"], "title", limit=200, one_line=True)
    if "description" in values:
        fields["description"] = core.text(values["description"], "description", limit=core.MAX_BODY, required=False)
    if "impact" in values:
        fields["impact"] = core.choice(values["impact"], Impact, "impact")
    if "urgency" in values:
        fields["urgency"] = core.choice(values["urgency"], Urgency, "urgency")
    if "tags" in values:
        fields["tags"] = core.tag_list(values["tags"])
    for name in ("service", "category"):
        if name in values:
            chosen = values[name]
            if chosen is not None and not chosen.is_active and chosen.pk != getattr(row, f"{name}_id"):
                raise Invalid({name: _("%(name)s cannot be chosen any more.") % {"name": chosen}})
            fields[name] = chosen
    if "requester" in values:
        requester = values["requester"]
        if requester is None or not requester.is_active:
            raise Invalid({"requester": _("Choose who asks.")})
        fields |= {"requester": requester, "organisation": requester.organisation}
    fields |= _priority(row, values, fields)
    core.check_version(row, expected_version, fields)
    changes = core.set_fields(row, fields)
    if not changes:
        return row
    extra = []
    if "description" in changes:
        row.description_html = render(row.description)
        extra.append("description_html")
    core.record(row, "changed", actor=actor, changes=changes, save=extra, public="title" in changes, at=at)
    return row


def _priority(row: Ticket, values: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    if not {"impact", "urgency", "priority", "priority_reason"} & set(values):
        return {}
    by_matrix = PriorityRule.matrix()[fields.get("impact", row.impact), fields.get("urgency", row.urgency)]
    if "priority" not in values:
        if "priority_reason" in values and values["priority_reason"] and not row.priority_reason:
            raise Invalid({"priority": _("Give the priority that the reason is for.")})
        if row.priority_reason and "priority_reason" not in values:
            return {}  # overridden: the matrix has no say
        if row.priority_reason:
            return {"priority_reason": _reason(values)}
        return {"priority": by_matrix}
    if values["priority"] is None:
        return {"priority": by_matrix, "priority_reason": ""}
    wanted = core.choice(values["priority"], Priority, "priority")
    if wanted == by_matrix:
        return {"priority": wanted, "priority_reason": ""}
    if wanted == row.priority and row.priority_reason and "priority_reason" not in values:
        return {}
    return {"priority": wanted, "priority_reason": _reason(values)}


def _reason(values: dict[str, Any]) -> str:
    reason = values.get("priority_reason")
    if not isinstance(reason, str) or not reason.strip():
        raise Invalid({"priority_reason": _("Say why the priority differs from the matrix.")})
    return core.text(reason, "priority_reason", limit=250, one_line=True)


@transaction.atomic
def assign(
    ticket: Ticket, *, actor: Any, team: Any = KEEP, assignee: Any = KEEP, expected_version: int | None = None,
    at: datetime.datetime | None = None,
) -> Ticket:  # fmt: skip
    """Give the ticket to a team, a person, or both; None takes it away.

    A new team without a person clears the person, unless they belong to it.
    """
    row = core.lock(ticket, actor, "assign")
    core.refuse_closed(row)
    fields: dict[str, Any] = {}
    if team is not KEEP:
        fields["team"] = team
        if assignee is KEEP and row.assignee_id and team is not None and team.pk != row.team_id:
            if not team.memberships.filter(user_id=row.assignee_id).exists():
                fields["assignee"] = None
    if assignee is not KEEP:
        fields["assignee"] = assignee
    check_people(
        fields["team"] if fields.get("team") and fields["team"].pk != row.team_id else None,
        fields["assignee"] if fields.get("assignee") and fields["assignee"].pk != row.assignee_id else None,
    )
    core.check_version(row, expected_version, fields)
    return _give(row, fields, actor=actor, kind="assigned", at=at)


@transaction.atomic
def take(ticket: Ticket, *, actor: Any, at: datetime.datetime | None = None) -> Ticket:
    """Make the ticket one's own, and start on it where the lifecycle says so."""
    row = core.lock(ticket, actor, "take")
    core.refuse_closed(row)
    fields: dict[str, Any] = {"assignee": actor}
    if row.team_id is None and (team := actor.teams.filter(is_active=True).first()):
        fields["team"] = team
    step = row.process.lifecycle.on_take.get(row.status)
    moved = apply_transition(row, step, actor=None, values={}, at=at, by_itself=True) if step else {}
    return _give(row, fields, actor=actor, kind="taken", at=at, moved=moved)


def _give(
    row: Ticket, fields: dict[str, Any], *, actor: Any, kind: str, at: datetime.datetime | None,
    moved: core.Changes | None = None,
) -> Ticket:  # fmt: skip
    had = bool(row.team_id or row.assignee_id)
    changes = core.set_fields(row, fields)
    if changes and had:
        row.reassigned += 1
    if not changes and not moved:
        return row
    core.record(row, kind, actor=actor, changes={**changes, **(moved or {})}, save=["reassigned"], at=at)
    return row
