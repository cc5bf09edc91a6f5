"""What the frame around every agents' page needs."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import HttpRequest

from servicedesk.notify.models import Notification
from servicedesk.people import access
from servicedesk.tickets import registry
from servicedesk.tickets.models import Ticket

from .queue import RAIL, UNFINISHED, VIEWS, counts

#: How many of the newest events a pulse looks back over: an event whose transaction
#: commits after a newer one is still noticed, because the number of rows among these changes.
LOOK_BACK = 200


def major_incidents(user: Any) -> list[Ticket]:
    """Open major incidents for the banner, newest first."""
    rows = Ticket.objects.filter(UNFINISHED, is_major=True).only("number", "title", "activity_at")
    return list(access.visible(user, rows).order_by("-activity_at")[:3])


def unread(user: Any) -> int:
    """How many unread notifications, up to 100."""
    return Notification.objects.filter(user=user, in_page=True, read_at=None)[:100].count()


def pulse_cursor() -> str:
    """``newest-count`` over the newest events: pages ask for what came after it; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(id), 0), count(*) FROM tickets_event"
            " WHERE id > (SELECT coalesce(max(id), 0) FROM tickets_event) - %s",
            [LOOK_BACK],
        )
        newest, count = cursor.fetchone()
    return f"{newest}-{count}"


def parse_cursor(text: str) -> int | None:
    """The event to start after for a cursor of :func:`pulse_cursor`, or None for anything else."""
    newest, dash, count = text.partition("-")
    if not (dash and newest.isascii() and newest.isdigit() and len(newest) < 19 and count.isdigit()):
        return None
    return max(int(newest) - LOOK_BACK, 0)


def frame(request: HttpRequest) -> dict[str, Any]:
    """What desk/base.html draws, once per request; four queries."""
    known: dict[str, Any] | None = getattr(request, "_desk_frame", None)
    if known is None:
        user = request.user
        numbers = counts(user)
        known = {
            "rail": [(VIEWS[slug], numbers.get(slug)) for slug in RAIL],
            "majors": major_incidents(user),
            "unread": unread(user),
            "cursor": pulse_cursor(),
            "new": [process for process in registry.all_processes() if process.new_url],
        }
        request._desk_frame = known  # type: ignore[attr-defined]
    return known
