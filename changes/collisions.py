"""What a planned window meets: other changes, freezes, and hours outside of maintenance. One query, from an index."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.tickets.models import Ticket

MOST = 100

#: own: the services themselves; up: with what depends on them; near: with what they depend on as well.
_FIND = f"""
WITH RECURSIVE own(id) AS (SELECT unnest(%(services)s::bigint[])),
up(id) AS (
    SELECT id FROM own UNION SELECT d.service_id FROM services_dependency d JOIN up ON d.needs_id = up.id
),
down(id) AS (
    SELECT id FROM own UNION SELECT d.needs_id FROM services_dependency d JOIN down ON d.service_id = down.id
),
near(id) AS (SELECT id FROM up UNION SELECT id FROM down)
(SELECT CASE WHEN bool_or(l.service_id IN (SELECT id FROM own)) THEN 'service' ELSE 'dependency' END, c.ticket_ptr_id,
        string_agg(DISTINCT s.name, ', ' ORDER BY s.name), lower(c.window), upper(c.window)
 FROM changes_change c
 JOIN changes_change_services l ON l.change_id = c.ticket_ptr_id AND l.service_id IN (SELECT id FROM near)
 JOIN services_service s ON s.id = l.service_id
 WHERE c.holds AND c.window && %(window)s::tstzrange AND c.ticket_ptr_id <> %(change)s
 GROUP BY c.ticket_ptr_id ORDER BY lower(c.window), c.ticket_ptr_id LIMIT {MOST})
UNION ALL
(SELECT 'freeze', f.id, f.name, lower(f.window), upper(f.window)
 FROM changes_freeze f
 WHERE f.window && %(window)s::tstzrange
   AND (NOT EXISTS (SELECT FROM changes_freeze_services l WHERE l.freeze_id = f.id)
        OR EXISTS (SELECT FROM changes_freeze_services l JOIN up ON up.id = l.service_id WHERE l.freeze_id = f.id))
 ORDER BY lower(f.window), f.id LIMIT {MOST})
UNION ALL
(SELECT 'maintenance', s.id, s.name, NULL, NULL
 FROM own JOIN services_service s ON s.id = own.id
 WHERE EXISTS (
     SELECT FROM changes_maintenancewindow_services l
     JOIN changes_maintenancewindow m ON m.id = l.maintenancewindow_id AND m.is_active
     WHERE l.service_id = s.id
 ) AND NOT EXISTS (
     SELECT FROM changes_occurrence o
     JOIN changes_maintenancewindow_services l ON l.maintenancewindow_id = o.rule_id AND l.service_id = s.id
     WHERE o.window @> %(window)s::tstzrange
 )
 ORDER BY s.name LIMIT {MOST})
"""  # noqa: S608 (a number of our own)


@dataclass(frozen=True)
class Collision:
    """One thing that a window meets."""

    kind: str  #: service: the same service; dependency; freeze; maintenance: outside of the hours for it
    pk: int  #: of the change, the freeze or the service
    name: str  #: the services that both have to do with, the freeze, or the service
    start: datetime.datetime | None
    end: datetime.datetime | None
    number: str = ""  #: of the other change, for who may see it
    title: str = ""

    @property
    def blocks(self) -> bool:
        """Whether nothing but an emergency gets past it."""
        return self.kind == "freeze"

    @property
    def words(self) -> str:
        """A sentence for people."""
        names = {"name": self.name, "other": f"{self.number} {self.title}".strip() or _("a change of a private team")}
        match self.kind:
            case "service":
                return _("%(other)s changes %(name)s at the same time.") % names
            case "dependency":
                return _("%(other)s changes %(name)s at the same time, and one depends on the other.") % names
            case "freeze":
                return _("It falls into the freeze “%(name)s”.") % names
        return _("%(name)s is changed in its maintenance windows, and this is outside of them.") % names


def find(services: Collection[int], window: DateTimeTZRange | None, *, change: int | None = None) -> list[Collision]:
    """What a window on these services (ids) meets; ``change`` is left out. Names no other change: see :func:`named`."""
    if window is None or not services:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"services": sorted(services), "window": window, "change": change or 0})
        return [Collision(*row) for row in cursor.fetchall()]


def named(found: list[Collision], viewer: Any) -> list[Collision]:
    """With number and title of the changes that ``viewer`` may see; without a viewer, of those that every agent sees.

    What is kept with a change (reasons of its risk, events) is named without a viewer: others read it too.
    """
    others = [c.pk for c in found if c.kind in ("service", "dependency")]
    if not others:
        return found
    rows = Ticket.objects.filter(pk__in=others).order_by()
    rows = access.visible(viewer, rows) if viewer is not None else rows.exclude(team__is_private=True)
    known = {pk: (number, title) for pk, number, title in rows.values_list("pk", "number", "title")}
    return [
        Collision(c.kind, c.pk, c.name, c.start, c.end, *known[c.pk])
        if c.kind in ("service", "dependency") and c.pk in known else c
        for c in found
    ]  # fmt: skip


def of(change: Any, viewer: Any = None) -> list[Collision]:
    """What a change's planned window meets now."""
    services = list(change.services.values_list("pk", flat=True))
    return named(find(services, change.window, change=change.pk), viewer)
