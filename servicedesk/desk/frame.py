"""What the frame around every agents' page needs."""

from __future__ import annotations

from typing import Any

from django.db.models import Max
from django.http import HttpRequest

from servicedesk.notify.models import Notification
from servicedesk.people import access
from servicedesk.tickets.models import Event, Ticket

from .queue import RAIL, UNFINISHED, VIEWS, counts


def major_incidents(user: Any) -> list[Ticket]:
    """Open major incidents for the banner, newest first."""
    rows = Ticket.objects.filter(UNFINISHED, is_major=True).only("number", "title", "activity_at")
    return list(access.visible(user, rows).order_by("-activity_at")[:3])


def unread(user: Any) -> int:
    """How many unread notifications, up to 100."""
    return Notification.objects.filter(user=user, in_page=True, read_at=None)[:100].count()


def cursor() -> int:
    """The newest event: pages ask for what came after it."""
    return Event.objects.aggregate(newest=Max("pk"))["newest"] or 0


def frame(request: HttpRequest, current: str = "") -> dict[str, Any]:
    """Context of desk/base.html; four queries."""
    user = request.user
    numbers = counts(user)
    return {
        "rail": [(VIEWS[slug], numbers.get(slug)) for slug in RAIL],
        "current": current,
        "majors": major_incidents(user),
        "unread": unread(user),
        "cursor": cursor(),
    }
