"""Candidates for problems: found by the hour, shown with their evidence, accepted or dismissed by an agent."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.services.models import Service
from servicedesk.tickets.errors import NotAllowedNow
from servicedesk.tickets.models import Category, Ticket
from servicedesk.tickets.operations import core
from servicedesk.tickets.similar import stems

from . import clusters
from .models import Candidate, CandidateState, Problem
from .operations import raise_problem

#: A dismissed one comes back when it has grown so many times since.
AGAIN = 2.0
#: So many of its incidents are named.
SHOWN = 5
_LOCK = 5_110_602  # of the search for candidates, for pg_advisory_xact_lock

#: Incidents with their stems; what belongs to a problem already needs none. A candidate is for every agent's eyes, so
#: incidents of private teams take no part.
_ROWS = """
    SELECT t.id, floor(extract(epoch FROM %(at)s - t.opened_at) / 604800)::int, t.service_id, t.category_id,
           tsvector_to_array(ts_filter(t.search, '{a,b}'))
    FROM tickets_ticket t LEFT JOIN people_team m ON m.id = t.team_id
    WHERE m.is_private IS NOT TRUE AND t.kind = 'incident' AND t.opened_at > %(since)s AND t.opened_at <= %(at)s AND t.status <> 'cancelled'
      AND NOT EXISTS (SELECT 1 FROM tickets_link l JOIN tickets_ticket p ON p.id = l.target_id
                      WHERE l.source_id = t.id AND l.kind = 'caused_by' AND p.kind = 'problem')
    ORDER BY t.id
"""


def rows(at: datetime.datetime) -> list[clusters.Incident]:
    """The incidents of the window and of the weeks before it, as the clusters want them."""
    since = at - datetime.timedelta(days=7 * (clusters.WEEKS + 1))
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"at": at, "since": since})
        return [
            clusters.Incident(pk, min(week, clusters.WEEKS), service, category, frozenset(word for word in words if len(word) >= 3))
            for pk, week, service, category, words in cursor.fetchall()
        ]  # fmt: skip


def title_of(cluster: clusters.Cluster) -> str:
    """A cluster in words: ``VPN · gateway, rekey``."""
    parts = []
    for part in cluster.feature:
        kind, _colon, value = part.partition(":")
        if kind == "service":
            parts.append(Service.objects.get(pk=int(value)).name)
        elif kind == "category":
            parts.append(Category.objects.get(pk=int(value)).path)
        else:
            parts.append(f"“{value}”")
    return " · ".join(parts)[:200]


def _as_written(incidents: list[int]) -> dict[str, str]:
    """Stems of some of the incidents → words that they stand for."""
    some = Ticket.objects.filter(pk__in=incidents[:20]).order_by("pk").values_list("title", "description")
    return stems(" ".join(f"{title} {text}" for title, text in some), 400)


def _number(cluster: clusters.Cluster, kind: str) -> int | None:
    for part in cluster.feature:
        if part.startswith(f"{kind}:"):
            return int(part.partition(":")[2])
    return None


@transaction.atomic
def find(at: datetime.datetime | None = None) -> list[Candidate]:
    """Look for clusters and keep them as candidates; those that are gone go as well. One at a time; safe to repeat."""
    at = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    kept: list[Candidate] = []
    for cluster in clusters.find(rows(at)):
        row = Candidate.objects.filter(signature=cluster.signature).exclude(state=CandidateState.ACCEPTED).first()
        if row is not None and row.state == CandidateState.DISMISSED:
            if len(cluster.incidents) < AGAIN * row.n_dismissed:
                continue
            row.state = CandidateState.OPEN  # with the reason it was dismissed for, which is shown
        row = row or Candidate(signature=cluster.signature, found_at=at)
        row.title, row.service_id, row.category_id = (
            title_of(cluster),
            _number(cluster, "service"),
            _number(cluster, "category"),
        )
        row.expected, row.score, row.weeks = cluster.expected, cluster.score, cluster.weeks
        said = _as_written(cluster.incidents)
        row.words = [[said.get(word, word), round(part, 2)] for word, part in cluster.words]
        row.looked_at = at
        row.save()
        row.incidents.set(cluster.incidents)
        kept.append(row)
    Candidate.objects.filter(state=CandidateState.OPEN).exclude(pk__in=[row.pk for row in kept]).delete()
    return kept


def visible(user: Any) -> list[Candidate]:
    """The open candidates with ``n`` incidents that ``user`` sees; those with fewer than the least are not shown.

    Three queries, however many there are.
    """
    rows = Candidate.objects.filter(state=CandidateState.OPEN).select_related("service", "category", "decided_by")
    through = Candidate.incidents.through.objects.filter(candidate__state=CandidateState.OPEN)
    pairs = access.visible(user, through, "ticket__").order_by("-ticket__opened_at", "-ticket")
    members: dict[int, list[int]] = {}
    for candidate, ticket in pairs.values_list("candidate", "ticket"):
        members.setdefault(candidate, []).append(ticket)
    found = [row for row in rows.order_by("-score", "pk") if len(members.get(row.pk, ())) >= clusters.LEAST]
    tickets = Ticket.objects.only("number", "title", "opened_at").in_bulk(
        [pk for row in found for pk in members[row.pk][:SHOWN]]
    )
    for row in found:
        row.n = len(members[row.pk])  # type: ignore[attr-defined]
        row.shown = [tickets[pk] for pk in members[row.pk][:SHOWN]]  # type: ignore[attr-defined]
        row.most = max(row.weeks) or 1  # type: ignore[attr-defined]
    return found


def _open(candidate: Candidate, actor: Any) -> Candidate:
    if not actor.is_agent:
        raise access.Forbidden(_("This is for the people of the service desk."))
    row = Candidate.objects.select_for_update(of=("self",)).get(pk=candidate.pk)
    if row.state != CandidateState.OPEN:
        raise NotAllowedNow(_("Somebody has decided about this already."))
    return row


@transaction.atomic
def accept(candidate: Candidate, *, actor: Any, title: str = "") -> Problem:
    """Raise a problem with the incidents that ``actor`` sees linked; raises NotAllowedNow when somebody was faster."""
    row = _open(candidate, actor)
    incidents = list(access.visible(actor, row.incidents.order_by("pk"))[:500])
    text = _("Found by itself: %(n)d incidents in a week where %(usual).1f are usual (%(what)s).") % {
        "n": len(incidents), "usual": row.expected, "what": row.title,
    }  # fmt: skip
    problem = raise_problem(
        actor=actor, title=title or row.title, description=text, service=row.service, sources=incidents
    )
    row.state, row.problem, row.decided_by, row.decided_at = CandidateState.ACCEPTED, problem, actor, timezone.now()
    row.signature = f"{row.signature}#{row.pk}"  # the same trouble may come again one day
    row.save()
    return problem


@transaction.atomic
def dismiss(candidate: Candidate, *, actor: Any, reason: str) -> Candidate:
    """It is no problem, for a reason that is remembered: it comes back only when it has doubled."""
    row = _open(candidate, actor)
    row.reason = core.text(reason, "reason", limit=500)
    row.state, row.n_dismissed = CandidateState.DISMISSED, row.incidents.count()
    row.decided_by, row.decided_at = actor, timezone.now()
    row.save()
    return row
