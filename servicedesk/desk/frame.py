"""What the frame around every agents' page needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from servicedesk.people import access
from servicedesk.tickets import registry
from servicedesk.tickets.models import Ticket

from .queue import RAIL, UNFINISHED, VIEWS, numbers


def major_incidents(user: Any) -> list[Ticket]:
    """Open major incidents for the banner, newest first."""
    rows = Ticket.objects.filter(UNFINISHED, is_major=True).only("number", "title", "activity_at")
    return list(access.visible(user, rows).order_by("-activity_at")[:3])


def frame(request: HttpRequest) -> dict[str, Any]:
    """What desk/base.html draws, once per request; two queries and one for private teams."""
    known: dict[str, Any] | None = getattr(request, "_desk_frame", None)
    if known is None:
        user = request.user
        counted = numbers(user)
        known = {
            "rail": [(VIEWS[slug], counted.views.get(slug)) for slug in RAIL],
            "majors": major_incidents(user),
            "unread": counted.unread,
            "cursor": counted.cursor,
            "new": [process for process in registry.all_processes() if process.new_url],
        }
        request._desk_frame = known  # type: ignore[attr-defined]
    return known
