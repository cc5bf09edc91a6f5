"""Events in words: the quiet lines between messages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from servicedesk.people import access

from .models import Attachment, Event, Impact, LinkKind, Message, Priority, Ticket, Urgency
from .models.relations import INVERSE

#: Most events drawn at once; earlier ones are a click away.
LIMIT = 200


@dataclass
class Entry:
    """One thing in the conversation: a message, a line, or both."""

    event: Event
    message: Message | None
    files: list[Attachment]
    icon: str
    text: str
    solution: str = ""


FIELD_NAMES = {
    "title": lambda: _("Title"), "description": lambda: _("Description"), "impact": lambda: _("Impact"),
    "urgency": lambda: _("Urgency"), "priority": lambda: _("Priority"), "service": lambda: _("Service"),
    "category": lambda: _("Category"), "team": lambda: _("Team"), "assignee": lambda: _("Assignee"),
    "requester": lambda: _("Requester"), "organisation": lambda: _("Organisation"), "tags": lambda: _("Tags"),
    "status": lambda: _("Status"), "lead": lambda: _("Incident lead"),
}  # fmt: skip
CHOICES = {"impact": Impact, "urgency": Urgency, "priority": Priority}
#: Said by another line, or not for reading.
UNSAID = {
    "status_category", "resolved_at", "closed_at", "reopened", "resolution", "resolution_code", "status_reason",
    "priority_reason", "is_major", "organisation",
}  # fmt: skip


def value_words(ticket: Ticket, field: str, value: Any) -> str:
    """A changed value as a person reads it."""
    if value is None or value == "" or value == []:
        return _("nobody") if field in ("assignee", "team", "requester", "lead") else _("none")
    if field == "status":
        try:
            return str(ticket.process.lifecycle.state(value).label)
        except KeyError:
            return str(value)
    if field in CHOICES and isinstance(value, int) and value in CHOICES[field].values:
        return str(CHOICES[field](value).label)
    if isinstance(value, dict):
        return str(value.get("name", ""))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def change_sentences(ticket: Ticket, event: Event) -> list[str]:
    """One clause for each changed field that people care for."""
    sentences = []
    changes = event.changes
    for field, (before, after) in changes.items():
        if field in UNSAID:
            continue
        name = FIELD_NAMES[field]() if field in FIELD_NAMES else field.replace("_", " ")
        if field == "description":
            sentences.append(_("Description changed"))
        elif field in ("title", "status") or before not in (None, "", []):
            words = {"field": name, "old": value_words(ticket, field, before), "new": value_words(ticket, field, after)}
            sentences.append(_("%(field)s from %(old)s to %(new)s") % words)
        else:
            sentences.append(_("%(field)s set to %(new)s") % {"field": name, "new": value_words(ticket, field, after)})
    reason = changes.get("status_reason", ["", ""])[1] or changes.get("priority_reason", ["", ""])[1]
    if reason:
        sentences.append(f"“{reason}”")
    return sentences


def promise_sentence(event: Event) -> str:
    """What an event says of a service level: which, and how far it is gone."""
    data = event.data
    due = parse_datetime(data.get("due") or "")
    words = {"name": data.get("agreement", ""), "n": data.get("amount", 0)}
    if event.kind == "breached":
        text = _("%(name)s breached") % words
    elif data.get("at") == "percent":
        text = _("%(name)s: %(n)s %% of the time is used") % words
    else:
        words["n"] = f"{words['n'] // 3600}:{words['n'] // 60 % 60:02d} h"
        text = (
            _("%(name)s: %(n)s before it is due") if data.get("at") == "before" else _("%(name)s: %(n)s overdue")
        ) % words
    if due is None:
        return text
    when = date_format(timezone.localtime(due), "j M H:i")
    return f"{text} ({_('due %(when)s') % {'when': when}})"


def describe(ticket: Ticket, event: Event, unseen: Container[int] = ()) -> tuple[str, str]:
    """(icon, sentence) of an event; an empty sentence for one that its message says already.

    ``unseen`` are ids of other tickets that the reader may not see: links to them are not told.
    """
    data = event.data
    changed = " · ".join(change_sentences(ticket, event))
    match event.kind:
        case "opened":
            return "plus", _("Opened")
        case "replied" | "noted":
            return "arrow-right", changed
        case "attached":
            return "paperclip", _("Attached %(names)s") % {"names": ", ".join(data.get("names", []))}
        case "linked" | "unlinked":
            link = data.get("link", {})
            if link.get("id") in unseen:
                return "link", ""
            kind = link.get("kind", "")
            words = str(LinkKind(kind).label) if kind in LinkKind.values else kind
            text = f"{words} {link.get('number', '')} {link.get('title', '')}"
            return ("link", text) if event.kind == "linked" else ("link-2-off", _("Link removed: %(l)s") % {"l": text})
        case "watched":
            return "eye", _("%(name)s watches this") % {"name": data.get("user", {}).get("name", "")}
        case "unwatched":
            return "eye-off", _("%(name)s watches this no longer") % {"name": data.get("user", {}).get("name", "")}
        case "declared_major":
            return "triangle-alert", " · ".join(filter(None, [_("Declared a major incident"), changed]))
        case "stood_down":
            return "check", _("No longer a major incident")
        case "assigned" | "taken":
            return "user", changed
        case "escalated" | "breached":
            return ("bell" if event.kind == "escalated" else "clock-alert"), promise_sentence(event)
        case "paged":
            who = {"name": data.get("user", {}).get("name", ""), "team": data.get("team", "")}
            return "bell", _("Paged %(name)s, on call for %(team)s") % who
        case "page_unanswered":
            return "bell", _("Nobody on call for %(team)s acknowledged") % {"team": data.get("team", "")}
        case "acknowledged":
            return "check", _("Acknowledged the page")
    if event.kind.startswith("approval_"):
        return _approval(event)
    return described_by(ticket, event) or ("arrow-right", changed)


def _people(data: dict[str, Any]) -> str:
    names = [
        _("%(name)s for %(other)s") % {"name": p.get("name", ""), "other": p["for"]}
        if p.get("for")
        else p.get("name", "")
        for p in data.get("people", [])
    ]
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")


def _approval(event: Event) -> tuple[str, str]:
    """(icon, sentence) of what happens in an approval, whatever the process."""
    data = event.data
    comment = f" “{data['comment']}”" if data.get("comment") else ""
    match event.kind:
        case "approval_requested":
            return "stamp", _("Approval asked for: %(plan)s") % {"plan": data.get("plan", "")}
        case "approval_asked":
            words = {"step": data.get("step", ""), "names": _people(data) or _("nobody")}
            return "stamp", " ".join(filter(None, [_("%(step)s: %(names)s") % words, data.get("remark", "")]))
        case "approval_voted":
            words = {"step": data.get("step", "")}
            text = (_("%(step)s: approved") if data.get("approved") else _("%(step)s: rejected")) % words
            if data.get("place_of"):
                text += " " + _("in place of %(name)s") % {"name": data["place_of"]}
            return ("check" if data.get("approved") else "x"), text + comment
        case "approval_delegated":
            return "arrow-right", _("%(step)s passed on to %(names)s") % {
                "step": data.get("step", ""), "names": _people(data)
            } + comment  # fmt: skip
        case "approval_reminded":
            return "bell", _("Reminded %(names)s") % {"names": _people(data)}
        case "approval_decided":
            words = {
                "approved": _("Approved"), "rejected": _("Rejected"), "expired": _("No decision in time"),
                "cancelled": _("The approval is not needed any more"),
            }  # fmt: skip
            return "stamp", words.get(data.get("outcome", ""), "")
    return "stamp", ""


#: A process's own events in words: (ticket, event) → (icon, sentence), or None for one it does not know.
_describers: list[Callable[[Ticket, Event], tuple[str, str] | None]] = []


def register_describer(describer: Callable[[Ticket, Event], tuple[str, str] | None]) -> None:
    """Called by a process as it starts."""
    if describer not in _describers:
        _describers.append(describer)


def described_by(ticket: Ticket, event: Event) -> tuple[str, str] | None:
    """What the process whose event it is says of it."""
    return next((found for describer in _describers if (found := describer(ticket, event)) is not None), None)


EVENT_FIELDS = (
    "kind", "at", "data", "is_public", "message_id", "actor__name", "message__kind", "message__body_html",
    "message__created_at", "message__author__name", "message__author__email", "message__author__organisation__name",
)  # fmt: skip


@dataclass
class Conversation:
    """What the ticket page's left side shows, oldest first."""

    entries: list[Entry]
    first_files: list[Attachment]  #: files that came without a message (with the opening, or attached alone)
    earlier: int | None  #: the event before which more was left out


def _unseen(events: list[Event], viewer: Any) -> set[int]:
    """Which of the tickets that the events link to ``viewer`` may not see; a query where there are private teams."""
    linked = {event.data["link"]["id"] for event in events if "link" in event.data}
    if not linked or (viewer.is_agent and not access.hidden_team_ids(viewer)):
        return set()
    return linked - set(access.visible(viewer, Ticket.objects.filter(pk__in=linked)).values_list("pk", flat=True))


def timeline(ticket: Ticket, *, viewer: Any, before: int | None = None) -> Conversation:
    """The conversation so far, as ``viewer`` may read it; one query, one more for files, and one where there are private teams.

    Customers get no notes, none of their files, and no events that are not public.
    """
    internal = access.may(viewer, "see_internal", ticket)
    events = Event.objects.filter(ticket_id=ticket.pk).select_related("actor", "message__author__organisation")
    events = events.only(*EVENT_FIELDS)
    if not internal:
        events = events.filter(is_public=True)
    if before:
        events = events.filter(pk__lt=before)
    newest = list(events.order_by("-pk")[: LIMIT + 1])
    by_message: dict[int | None, list[Attachment]] = {}
    # Every file came with an event that says so; most conversations have none to look for.
    if before or len(newest) > LIMIT or any(e.kind == "attached" or e.data.get("files") for e in newest):
        for file in ticket.attachments.all():
            if internal or not file.is_internal:
                by_message.setdefault(file.message_id, []).append(file)
    unseen = _unseen(newest, viewer)
    entries = []
    for event in reversed(newest[:LIMIT]):
        if not internal and event.message is not None and event.message.is_internal:
            continue
        icon, text = describe(ticket, event, unseen)
        own = by_message.get(event.message_id, []) if event.message_id else []
        solution = ""
        if "resolution" in event.changes and event.message is None:
            solution = str(event.changes["resolution"][1] or "")
        if event.message is not None or text or solution:
            entries.append(Entry(event, event.message, own, icon, text, solution))
    return Conversation(entries, by_message.get(None, []), newest[LIMIT - 1].pk if len(newest) > LIMIT else None)


#: How long a rendered conversation is kept: people's names may change without an event.
KEEP_SECONDS = 600


def talk(ticket: Ticket, *, viewer: Any, before: int | None = None) -> SafeString:
    """The conversation as HTML, as ``viewer`` may read it.

    What was said and done does not change, so it is rendered once for each
    version of the ticket, kind of reader, language, zone and day.
    """
    reader = ("agent", *access.hidden_team_ids(viewer)) if viewer.is_agent else ("customer", viewer.pk)
    parts = (
        ticket.pk,
        ticket.version,
        before,
        translation.get_language(),
        timezone.localtime().strftime("%Z%z%F"),
        reader,
    )
    key = "talk:" + hashlib.sha256(repr(parts).encode()).hexdigest()
    near = caches["near"]
    html = near.get(key)
    if html is None:
        context = {
            "ticket": ticket, "talk": timeline(ticket, viewer=viewer, before=before), "site_name": settings.SITE_NAME
        }  # fmt: skip
        html = render_to_string("tickets/talk.html", context)
        near.set(key, html, KEEP_SECONDS)
    return mark_safe(html)  # noqa: S308 (rendered by the template just now, or then)


def inverse_label(kind: str) -> str:
    """A link's words read from its target."""
    return str(INVERSE[LinkKind(kind)])
