"""A problem as its page shows it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from servicedesk.people import access
from servicedesk.tickets.models import LinkKind, Ticket
from servicedesk.work.showing import steps_of

from .known_errors import article_of
from .models import Problem, Why
from .operations import TEXTS, last_together

MOST = 10
DAYS = 90


@dataclass
class Branch:
    """An answer with those under it."""

    why: Why
    depth: int
    below: list[Branch] = field(default_factory=list)


def tree(problem: Ticket) -> list[Branch]:
    """The whys, each after the one that it explains; one query."""
    rows = list(Why.objects.filter(problem=problem.pk))
    by_parent: dict[int | None, list[Why]] = {}
    for row in rows:
        by_parent.setdefault(row.parent_id, []).append(row)

    found: list[Branch] = []

    def walk(parent: int | None, depth: int) -> None:
        for row in by_parent.get(parent, ()):
            found.append(Branch(row, depth))
            walk(row.pk, depth + 1)

    walk(None, 0)
    return found


def around(problem: Ticket, user: Any) -> list[Ticket]:
    """Incidents and changes on its service from DAYS before it on, newest first: the timeline of the investigation."""
    if problem.service_id is None:
        return []
    since = problem.opened_at - datetime.timedelta(days=DAYS)
    rows = Ticket.objects.filter(service=problem.service_id, kind__in=["incident", "change"], opened_at__gte=since)
    return list(access.visible(user, rows).order_by("-opened_at", "-pk")[:MOST])


def fixes(problem: Ticket, user: Any) -> list[Ticket]:
    """The changes that carry its permanent fix."""
    rows = Ticket.objects.filter(kind="change", links_in__source=problem.pk, links_in__kind=LinkKind.RESOLVED_BY)
    return list(access.visible(user, rows).defer("search", "description", "description_html").order_by("-pk")[:MOST])


def desk_context(ticket: Ticket, user: Any) -> dict[str, Any]:
    """What the ticket page's side shows of a problem."""
    problem = Problem.objects.select_related("cause_category").get(pk=ticket.pk)
    incidents = Ticket.objects.filter(kind="incident", links_out__target=ticket.pk, links_out__kind="caused_by")
    mine = access.visible(user, incidents)
    parts = [(Problem._meta.get_field(name).verbose_name, getattr(problem, name)) for name in TEXTS]  # type: ignore[union-attr]
    return {
        "problem": problem, "whys": tree(ticket), "texts": [(label, text) for label, text in parts if text],
        "n_incidents": mine.count(), "n_open": mine.filter(status_category__in=["open", "waiting"]).count(),
        "around": around(ticket, user), "fixes": fixes(ticket, user), "article": article_of(ticket),
        "undo": last_together(ticket), "work_steps": steps_of(ticket),
    }  # fmt: skip
