"""What every operation does first and last: lock, and record."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.text import clean_text

from .. import outbox
from ..errors import Conflict, Invalid, NotAllowedNow
from ..models import Event, Message, StatusCategory, Ticket

MAX_BODY = 50_000  # characters of one message
MAX_TAGS = 20

Changes = dict[str, list[Any]]


def lock(ticket: Ticket, actor: Any, action: str) -> Ticket:
    """The ticket's row, fresh and locked until the transaction ends, if ``actor`` may do ``action``.

    Those above it are locked before it, from the top: whoever works from there down waits rather than blocks.
    """
    chain: list[int] = []
    above = ticket.process.above(ticket)
    while above is not None and len(chain) < 10:
        chain.append(above)
        higher = Ticket.objects.only("kind").get(pk=above)
        above = higher.process.above(higher)
    for pk in reversed(chain):
        Ticket.objects.select_for_update(of=("self",)).only("pk").get(pk=pk)
    row = Ticket.objects.select_for_update(of=("self",)).select_related("requester").get(pk=ticket.pk)
    if actor is not None:
        access.require(actor, action, row)
    return row


def refuse_closed(ticket: Ticket) -> None:
    """Raise NotAllowedNow for a closed ticket: its record stands, only a reopening changes it."""
    if ticket.status_category == StatusCategory.CLOSED:
        raise NotAllowedNow(_("%(number)s is closed. Reopen it first.") % {"number": ticket.number})


def described(value: Any) -> Any:
    """A value as an event keeps it: JSON, and readable without look-ups."""
    if isinstance(value, models.Model):
        return {"id": value.pk, "name": str(value)}
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [described(item) for item in value]
    return value


def set_fields(ticket: Ticket, values: dict[str, Any]) -> Changes:
    """Set those that differ and say what changed; the caller records and saves."""
    changes: Changes = {}
    for name, value in values.items():
        before = getattr(ticket, name)
        if before != value:
            changes[name] = [described(before), described(value)]
            setattr(ticket, name, value)
    return changes


def record(
    ticket: Ticket,
    kind: str,
    *,
    actor: Any,
    changes: Changes | None = None,
    save: Iterable[str] = (),
    message: Message | None = None,
    public: bool = False,
    activity: bool = True,
    at: datetime.datetime | None = None,
    **data: Any,
) -> Event:
    """Save the changed fields with a new version, and leave the operation's one event.

    ``data`` is kept with the event, without what is None. ``save`` names fields beyond the changes. ``activity`` False leaves the
    ticket's place in the queue alone.
    """
    at = at or timezone.now()
    changes = changes or {}
    ticket.version += 1
    fields = {*changes, *save, "version"}
    if activity:
        ticket.activity_at = at
        fields.add("activity_at")
    own = {f.name for f in Ticket._meta.concrete_fields}
    ticket.save(update_fields=fields & own)
    event = Event.objects.create(
        ticket_id=ticket.pk, kind=kind, actor=actor, at=at, version=ticket.version, is_public=public,
        message=message, data={**({"changes": changes} if changes else {}), **{k: v for k, v in data.items() if v is not None}},
    )  # fmt: skip
    event.ticket = ticket
    outbox.event_recorded.send(sender=Event, event=event, ticket=ticket)
    outbox.enqueue(event)
    if "status" in changes or kind == "opened":
        ticket.process.followed(ticket, event)
    return event


def set_due(ticket: Ticket, due_at: datetime.datetime | None) -> None:
    """Keep when the next promise is due: derived by service levels inside an operation's transaction, no event of its own."""
    Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at)
    ticket.due_at = due_at


def set_due_many(due: Mapping[int, datetime.datetime | None]) -> None:
    """As :func:`set_due` for many tickets by id, in one statement."""
    if due:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE tickets_ticket SET due_at = new.due_at FROM unnest(%s::bigint[], %s::timestamptz[])"
                " AS new (id, due_at) WHERE tickets_ticket.id = new.id",
                [list(due), list(due.values())],
            )


def record_many(
    items: Iterable[tuple[Ticket, str, bool, dict[str, Any]]], *, at: datetime.datetime
) -> list[Event]:  # fmt: skip
    """What the desk itself does to many locked tickets, at once: (ticket, kind, public, data) each leaves its event.

    For events that change no field of the ticket: only its version goes up. Listeners and the outbox hear of each.
    """
    events: list[Event] = []
    for ticket, kind, public, data in items:
        ticket.version += 1
        events.append(
            Event(ticket=ticket, kind=kind, actor=None, at=at, version=ticket.version, is_public=public, data=data)
        )
    versions = {event.ticket_id: event.version for event in events}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_ticket SET version = new.version FROM unnest(%s::bigint[], %s::int[]) AS new (id, version)"
            " WHERE tickets_ticket.id = new.id",
            [list(versions), list(versions.values())],
        )
    Event.objects.bulk_create(events)
    for event in events:
        outbox.event_recorded.send(sender=Event, event=event, ticket=event.ticket)
    outbox.enqueue_many(events)
    return events


def changed_since(ticket: Ticket, expected: int | None) -> set[str]:
    """The fields that were changed since version ``expected``; raises Invalid for a version that never was."""
    if expected is None or expected == ticket.version:
        return set()
    if expected > ticket.version or expected < 1:
        raise Invalid({"version": _("This ticket never had the version %(version)s.") % {"version": expected}})
    changed: set[str] = set()
    for event in Event.objects.filter(ticket_id=ticket.pk, version__gt=expected).only("data"):
        changed |= set(event.changes)
    return changed


def check_version(ticket: Ticket, expected: int | None, values: dict[str, Any]) -> None:
    """Optimistic locking by field: raise Conflict if one of ``values`` was changed since version ``expected``.

    Two people who change different fields do not disturb each other.
    """
    changed = changed_since(ticket, expected)
    mixed = sorted(name for name in values if name in changed and getattr(ticket, name) != values[name])
    if mixed:
        raise Conflict(
            _("Somebody changed this while you were at it. Nothing was saved; both values are shown."),
            theirs={name: described(getattr(ticket, name)) for name in mixed},
            yours={name: described(values[name]) for name in mixed},
        )


def text(value: Any, field: str, *, limit: int, one_line: bool = False, required: bool = True) -> str:
    """Clean text of at most ``limit`` characters; raises Invalid naming ``field``."""
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise Invalid({field: _("This must be text.")})
    cleaned = clean_text(value, one_line=one_line)
    if required and not cleaned:
        raise Invalid({field: _("Write something here.")})
    if len(cleaned) > limit:
        raise Invalid(
            {field: _("At most %(limit)d characters; this has %(length)d.") % {"limit": limit, "length": len(cleaned)}}
        )
    return cleaned


def choice(value: Any, choices: type[models.IntegerChoices], field: str) -> int:
    """One of the choices; raises Invalid naming ``field``."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in choices.values:
        raise Invalid({field: _("Choose one of: %(names)s.") % {"names": ", ".join(str(x) for x in choices.labels)}})
    return value


def tag_list(value: Any) -> list[str]:
    """Clean, lower-case, distinct tags in order; raises Invalid."""
    if not isinstance(value, list | tuple) or not all(isinstance(tag, str) for tag in value):
        raise Invalid({"tags": _("Tags are a list of words.")})
    tags: list[str] = []
    for tag in value:
        word = clean_text(tag, one_line=True).lower().replace(" ", "-").replace(",", "")
        if len(word) > 40:
            raise Invalid({"tags": _("A tag has at most 40 characters.")})
        if word and word not in tags:
            tags.append(word)
    if len(tags) > MAX_TAGS:
        raise Invalid({"tags": _("At most %(count)d tags.") % {"count": MAX_TAGS}})
    return tags
