"""What the frame around every agents' page needs, and how a page learns that something happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.cache import caches
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.http import HttpRequest

from servicedesk.people import access
from servicedesk.tickets import registry
from servicedesk.tickets.models import Ticket

from .queue import COUNT_LIMIT, RAIL, UNFINISHED, VIEWS
from .rail import entries

#: How many of the newest events a pulse looks back over: an event whose transaction
#: commits after a newer one is still noticed, because their sum changes.
LOOK_BACK = 200
#: Counts are kept until something happens, and at the longest so many seconds: who belongs to a
#: team may change without an event.
KEEP_SECONDS = 20

_NEWS = (
    "SELECT (SELECT coalesce(max(id), 0) || '-' || mod(coalesce(sum(id), 0), 1000003)"
    f" FROM (SELECT id FROM tickets_event ORDER BY id DESC LIMIT {LOOK_BACK}) AS newest),"
    " (SELECT count(*) FROM (SELECT 1 FROM notify_notification"
    " WHERE user_id = %s AND in_page AND read_at IS NULL LIMIT 100) AS bell)"
)


@dataclass(frozen=True)
class News:
    """What tells whether a page is current."""

    cursor: str  #: ``newest-sum`` of the newest events: pages ask for what came after it
    unread: int  #: unread notifications, up to 100


def news(user: Any) -> News:
    """The newest event and the bell; one query that costs the same for any number of either."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, [user.pk])
        return News(*cursor.fetchone())


def parse_cursor(text: str) -> int | None:
    """The event to start after for a cursor, or None for anything that is not one."""
    newest, dash, mark = text.partition("-")
    if not (dash and newest.isascii() and newest.isdigit() and len(newest) < 19 and mark.isdigit()):
        return None
    return max(int(newest) - LOOK_BACK, 0)


def _counts(user: Any) -> dict[str, int]:
    """Queue → how many tickets it holds, up to COUNT_LIMIT + 1, and the approvals that wait for ``user``; one query."""
    parts, params, found = [], [], {}
    for slug in RAIL:
        rows = access.visible(user, Ticket.objects.filter(VIEWS[slug].condition(user)))
        try:
            sql, values = rows.order_by().values("pk")[: COUNT_LIMIT + 1].query.sql_with_params()
        except EmptyResultSet:
            found[slug] = 0
            continue
        parts.append(f"SELECT '{slug}', count(*) FROM ({sql}) AS {slug}_rows")
        params += list(values)
    parts.append("SELECT 'approvals', count(*) FROM approvals_approver WHERE user_id = %s AND answer = 'asked'")
    params.append(user.pk)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return {**found, **dict(cursor.fetchall())}


def _majors(user: Any) -> list[dict[str, str]]:
    """Open major incidents for the banner, newest first."""
    rows = access.visible(user, Ticket.objects.filter(UNFINISHED, is_major=True))
    found = rows.order_by("-activity_at").values_list("number", "title")[:3]
    return [{"number": number, "title": title} for number, title in found]


def standing(user: Any, cursor: str) -> dict[str, Any]:
    """``counts`` and ``majors`` as of the newest event.

    Both change with events only, so they are kept under the event's number:
    while nothing happens nobody counts again.
    """
    key = f"standing:{user.pk}:{cursor}"
    near = caches["near"]
    known: dict[str, Any] | None = near.get(key)
    if known is None:
        known = {"counts": _counts(user), "majors": _majors(user)}
        near.set(key, known, KEEP_SECONDS)
    return known


def frame(request: HttpRequest) -> dict[str, Any]:
    """What desk/base.html draws, once per request; one query while nothing happens, else three."""
    known: dict[str, Any] | None = getattr(request, "_desk_frame", None)
    if known is None:
        user = request.user
        now = news(user)
        kept = standing(user, now.cursor)
        known = {
            "rail": [(VIEWS[slug], kept["counts"].get(slug)) for slug in RAIL],
            "majors": kept["majors"],
            "unread": now.unread,
            "cursor": now.cursor,
            "approvals": kept["counts"].get("approvals"),
            "entries": entries(),
            "new": [process for process in registry.all_processes() if process.new_url],
        }
        request._desk_frame = known  # type: ignore[attr-defined]
    return known
