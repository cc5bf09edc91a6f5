"""Keeping the files that come with tickets and messages."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone

from ..models import Attachment, Message, Ticket


def store_files(
    ticket: Ticket, kept: list[dict[str, Any]], *, actor: Any, message: Message | None = None,
    internal: bool = False, at: datetime.datetime | None = None,
) -> None:  # fmt: skip
    """Keep checked files (see ``files.check``)."""
    for fields in kept:
        attachment = Attachment(
            ticket_id=ticket.pk, message=message, is_internal=internal, uploaded_by=actor,
            created_at=at or timezone.now(), **fields,
        )  # fmt: skip
        attachment.save()
