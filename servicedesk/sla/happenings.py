"""What an event is to a clock: triggers, the status it leaves, and the facts that goals ask about.

From kinds of events and status categories alone: whatever process a ticket
belongs to, now or later, its events read the same.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime

from servicedesk.tickets.language import FACTS, facts_of
from servicedesk.tickets.models import Event, Ticket

from .models import Trigger

#: Event kind → trigger. Requests and changes record these kinds for their approvals.
_KINDS = {
    "opened": Trigger.OPENED, "approval_requested": Trigger.APPROVAL_ASKED, "approval_decided": Trigger.APPROVAL_GIVEN,
    "assessment_requested": Trigger.ASSESSMENT_ASKED, "assessment_ended": Trigger.ASSESSED,
}  # fmt: skip
#: Who a reply is from, as ``tickets.operations.reply`` records it. Automatic ones are neither's.
_VOICES = {"agent": Trigger.AGENT_REPLY, "customer": Trigger.CUSTOMER_REPLY}
_OVER = ("resolved", "closed")


@dataclass(frozen=True)
class Happening:
    """One event, as clocks see it."""

    at: datetime.datetime
    triggers: frozenset[str]
    category: str  #: the status category after it
    status: str
    reason: str
    facts: Mapping[str, Any]  #: after it
    before: Mapping[str, Any]  #: the same mapping where no fact changed


def _fact(name: str, value: Any) -> Any:
    """A value as an event keeps it, as a fact."""
    if isinstance(value, dict):
        return value["id"]
    if name.endswith("_at") and isinstance(value, str):
        return parse_datetime(value)
    return value


#: Event's name of a field → the fact's: references are facts by id.
_NAMES = {name.removesuffix("_id"): name for name in FACTS}


def undone(facts: Mapping[str, Any], event: Event) -> Mapping[str, Any]:
    """The facts before an event, from those after it; the same mapping where it changed none."""
    changed = {_NAMES[name]: _fact(_NAMES[name], change[0]) for name, change in event.changes.items() if name in _NAMES}
    return {**facts, **changed} if changed else facts


def triggers_of(event: Event, facts: Mapping[str, Any]) -> frozenset[str]:
    """What the event starts and stops."""
    found: set[str] = set()
    if event.kind in _KINDS:
        found.add(_KINDS[event.kind].value)
    if voice := _VOICES.get(event.data.get("voice", "")):
        found.add(voice.value)
    changes = event.changes
    opened = event.kind == "opened"
    if opened or "assignee" in changes:
        if facts["assignee_id"] is not None:
            found.add(Trigger.ASSIGNED.value)
        elif not opened:
            found.add(Trigger.UNASSIGNED.value)
    if (opened or "team" in changes) and facts["team_id"] is not None:
        found.add(Trigger.TEAM_GIVEN.value)
    if opened or "status_category" in changes:
        found.add(f"enters_{facts['status_category']}")
        if not opened and changes["status_category"][0] in _OVER and facts["status_category"] not in _OVER:
            found.add(Trigger.REOPENED.value)
    return frozenset(found)


def happening_of(event: Event, facts: Mapping[str, Any], reason: str) -> Happening:
    """The happening for an event, given the facts after it."""
    return Happening(
        at=event.at, triggers=triggers_of(event, facts), category=facts["status_category"], status=facts["status"],
        reason=reason, facts=facts, before=undone(facts, event),
    )  # fmt: skip


def matters(event: Event) -> bool:
    """Whether an event can touch a clock at all; most can be told apart without a query."""
    return event.kind in _KINDS or "voice" in event.data or bool(event.changes)


def history_of(ticket: Ticket, events: Iterable[Event]) -> list[Happening]:
    """A ticket's whole past, oldest first: its row says what is so now, and each event is undone in turn."""
    facts: Mapping[str, Any] = facts_of(ticket)
    reason = ticket.status_reason
    found = []
    for event in sorted(events, key=lambda event: event.pk, reverse=True):
        happening = happening_of(event, facts, reason)
        found.append(happening)
        facts = happening.before
        if "status_reason" in event.changes:
            reason = str(event.changes["status_reason"][0])
    found.reverse()
    return found
