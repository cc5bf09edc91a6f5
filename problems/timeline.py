"""What happened around a problem: its incidents, and what else happened to the services that it touches."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from servicedesk.people import access
from servicedesk.sla.display import span_words
from servicedesk.tickets.models import Event, LinkKind, Ticket

#: Looked at from so long before the first incident, and at most so many of each kind.
BEFORE = datetime.timedelta(days=30)
MOST = 200
#: A change that began so short before the first incident is worth a look.
SUSPECT = datetime.timedelta(hours=48)
#: The step with which a change is really made to a service.
BEGAN = "implementing"


@dataclass
class Entry:
    """One thing that happened: an incident that was opened, a change that began or is planned, the problem itself."""

    at: datetime.datetime
    ticket: Ticket
    #: whether it is linked to the problem, or only about the same services
    linked: bool
    #: of a change: whether it has begun
    began: bool = False
    #: of a change: how long before the first incident it began, where that is short
    before: datetime.timedelta | None = None

    @property
    def day(self) -> datetime.date:
        """The day in the viewer's zone."""
        return timezone.localdate(self.at)

    @property
    def before_words(self) -> str:
        """``3 h 20 m``."""
        return span_words(int(self.before.total_seconds())) if self.before is not None else ""


def timeline(problem: Ticket, user: Any) -> list[Entry]:
    """Everything that ``user`` sees, oldest first; five queries. Affected are its service and its incidents' services."""
    rows = Ticket.objects.defer("search", "description", "description_html").select_related("service")
    linked = access.visible(user, rows.filter(
        kind="incident", links_out__target=problem.pk, links_out__kind=LinkKind.CAUSED_BY
    )).order_by("opened_at", "pk")[:MOST]  # fmt: skip
    incidents = {row.pk: row for row in linked}
    causes = access.visible(user, rows.filter(
        kind="change", links_in__source=problem.pk, links_in__kind__in=[LinkKind.CAUSED_BY, LinkKind.RESOLVED_BY]
    ))[:MOST]  # fmt: skip
    changes = {row.pk: row for row in causes}
    first = min((row.opened_at for row in incidents.values()), default=problem.opened_at)
    services = {row.service_id for row in incidents.values() if row.service_id}
    if problem.service_id:
        services.add(problem.service_id)
    others = access.visible(user, rows.filter(
        kind__in=["incident", "change"], service__in=services, opened_at__gte=first - BEFORE
    )).order_by("-opened_at", "-pk")[:MOST]  # fmt: skip
    around = {row.pk: row for row in others if row.pk not in incidents and row.pk not in changes}
    began = dict(
        Event.objects.filter(
            ticket__in=[row.pk for row in [*changes.values(), *around.values()] if row.kind == "change"],
            kind="moved", data__changes__status__1=BEGAN,
        ).order_by("-pk").values_list("ticket", "at")
    )  # fmt: skip
    entries = [Entry(row.opened_at, row, True) for row in incidents.values()]
    for row in [*changes.values(), *around.values()]:
        if row.kind != "change":
            entries.append(Entry(row.opened_at, row, False))
            continue
        at = began.get(row.pk)
        entry = Entry(at or row.opened_at, row, row.pk in changes, began=at is not None)
        if at is not None and datetime.timedelta(0) <= first - at <= SUSPECT:
            entry.before = first - at
        entries.append(entry)
    entries.append(Entry(problem.opened_at, problem, True))
    return sorted(entries, key=lambda entry: (entry.at, entry.ticket.pk))
