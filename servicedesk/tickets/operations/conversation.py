"""Saying something: replies, notes, files."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import files as file_rules
from ..errors import Invalid
from ..markdown import render
from ..models import Channel, Message, MessageKind, Ticket
from . import core
from .files import store_files
from .flow import apply_transition


def _say(
    ticket: Ticket, kind: str, *, actor: Any, body: str, files: list[UploadedFile] | None, channel: str,
    automatic: bool, at: datetime.datetime | None,
) -> tuple[Message, int]:  # fmt: skip
    kept = file_rules.check(files or [])
    text = core.text(body, "body", limit=core.MAX_BODY)
    message = Message.objects.create(
        ticket_id=ticket.pk, kind=kind, author=actor, body=text, body_html=render(text), channel=Channel(channel),
        is_automatic=automatic, created_at=at or timezone.now(),
    )  # fmt: skip
    store_files(ticket, kept, actor=actor, message=message, internal=kind == MessageKind.NOTE, at=at)
    return message, len(kept)


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    actor: Any,
    body: str,
    files: list[UploadedFile] | None = None,
    channel: str = Channel.DESK,
    then: str | None = None,
    automatic: bool = False,
    at: datetime.datetime | None = None,
    **values: Any,
) -> Message:
    """Write to everybody on the ticket.

    ``then`` names a transition taken with it (with its needs in ``values``;
    the text serves as reason or resolution where none is given). When the
    customer writes, the lifecycle may say what follows (waiting ends, resolved
    reopens).
    """
    row = core.lock(ticket, actor, "reply")
    core.refuse_closed(row)
    message, count = _say(
        row, MessageKind.REPLY, actor=actor, body=body, files=files, channel=channel, automatic=automatic, at=at
    )
    lifecycle = row.process.lifecycle
    by_customer = actor is not None and (not actor.is_agent or (actor.pk == row.requester_id and channel == "portal"))
    changes: core.Changes = {}
    if then:
        brief = message.body.split("\n", 1)[0][:200]
        values = {"reason": brief, "resolution": message.body, **{k: v for k, v in values.items() if v}}
        changes = apply_transition(row, then, actor=actor, values=values, at=at)
    elif by_customer and not automatic and (follow := lifecycle.on_customer_reply.get(row.status)):
        changes = apply_transition(row, follow, actor=None, values={"reason": ""}, at=at, by_itself=True)
    core.record(
        row, "replied", actor=actor, message=message, public=True, changes=changes, at=at,
        step=then, files=count or None,
        voice="automatic" if automatic or actor is None else "customer" if by_customer else "agent",
    )  # fmt: skip
    ticket.version = row.version
    return message


@transaction.atomic
def note(
    ticket: Ticket, *, actor: Any, body: str, files: list[UploadedFile] | None = None, channel: str = Channel.DESK,
    at: datetime.datetime | None = None,
) -> Message:  # fmt: skip
    """Write to agents only; possible on closed tickets too."""
    row = core.lock(ticket, actor, "note")
    message, count = _say(
        row, MessageKind.NOTE, actor=actor, body=body, files=files, channel=channel, automatic=False, at=at
    )
    core.record(row, "noted", actor=actor, message=message, at=at, files=count or None)
    ticket.version = row.version
    return message


@transaction.atomic
def attach(ticket: Ticket, *, actor: Any, files: list[UploadedFile], internal: bool = False) -> int:
    """Add files without a message; returns how many."""
    row = core.lock(ticket, actor, "note" if internal else "attach")
    core.refuse_closed(row)
    if not files:
        raise Invalid({"files": _("Choose a file.")})
    kept = file_rules.check(files)
    store_files(row, kept, actor=actor, internal=internal)
    core.record(row, "attached", actor=actor, public=not internal, names=[item["name"] for item in kept])
    ticket.version = row.version
    return len(kept)
