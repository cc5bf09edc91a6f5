"""What can be done with problems beyond what every ticket knows."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow, OperationError
from servicedesk.tickets.models import Channel, Link, LinkKind, Ticket
from servicedesk.tickets.operations import core

from .models import CauseCategory, Problem, ResolvedTogether, Why
from .process import PROBLEM

MAX_TEXT = 20_000
#: At most so many incidents are linked at once.
MOST_LINKED = 500
MOST_WHYS = 100
#: So long the resolving of many can be undone.
UNDO = datetime.timedelta(days=1)
TEXTS = ("root_cause", "workaround", "permanent_fix")


@transaction.atomic
def raise_problem(
    *, actor: Any, title: str, description: str = "", service: Any = None, team: Any = None, assignee: Any = None,
    impact: int = 2, urgency: int = 2, sources: Sequence[Ticket] = (), channel: str = Channel.DESK, tags: Any = (),
    at: datetime.datetime | None = None,
) -> Problem:  # fmt: skip
    """Raise a problem; incidents among ``sources`` are linked as caused by it, changes as its cause."""
    ticket = tickets.open_ticket(
        PROBLEM, actor=actor, title=title, description=description, service=service, team=team, assignee=assignee,
        impact=impact, urgency=urgency, channel=channel, tags=tags, at=at,
    )  # fmt: skip
    link_sources(ticket, actor=actor, sources=sources)
    return Problem.objects.get(pk=ticket.pk)


def link_sources(
    problem: Ticket, *, actor: Any, sources: Iterable[Ticket]
) -> int:  # fmt: skip
    """Link incidents as caused by the problem and changes as causing it; those that are linked already stay. How many."""
    rows = list({row.pk: row for row in sources}.values())
    if len(rows) > MOST_LINKED:
        raise Invalid({"sources": _("At most %(n)d at once.") % {"n": MOST_LINKED}})
    known = set(Link.objects.filter(target=problem.pk, kind=LinkKind.CAUSED_BY).values_list("source", flat=True))
    known |= set(Link.objects.filter(source=problem.pk, kind=LinkKind.CAUSED_BY).values_list("target", flat=True))
    base = Ticket.objects.get(pk=problem.pk)
    new = [row for row in rows if row.pk not in known and row.pk != base.pk]
    for row in new:
        if row.kind == "change":
            tickets.link(base, actor=actor, target=row, kind=LinkKind.CAUSED_BY)
        elif row.kind == "incident":
            tickets.link(row, actor=actor, target=base, kind=LinkKind.CAUSED_BY)
        else:
            tickets.link(base, actor=actor, target=row, kind=LinkKind.RELATES)
    return len(new)


def _open(problem: Ticket, actor: Any) -> Ticket:
    row = core.lock(problem, actor, "plan")
    core.refuse_closed(row)
    return row


@transaction.atomic
def describe(problem: Problem, *, actor: Any, at: datetime.datetime | None = None, **values: Any) -> Problem:
    """Change TEXTS or ``cause_category``. Saving what is already so records nothing."""
    row = _open(problem, actor)
    fresh = Problem.objects.get(pk=row.pk)
    if unknown := set(values) - {*TEXTS, "cause_category"}:
        raise Invalid({name: _("This field cannot be changed here.") for name in unknown})
    fields: dict[str, Any] = {
        name: core.text(values[name], name, limit=MAX_TEXT, required=False) for name in TEXTS if name in values
    }
    if "cause_category" in values:
        chosen: CauseCategory | None = values["cause_category"]
        if chosen is not None and not chosen.is_active and chosen.pk != fresh.cause_category_id:
            raise Invalid({"cause_category": _("%(name)s cannot be chosen any more.") % {"name": chosen}})
        fields["cause_category"] = chosen
    if fresh.status == "known_error" and fields.get("workaround") == "":
        raise Invalid({"workaround": _("A known error has a workaround.")})
    changes = {
        name: [core.described(getattr(fresh, name)), core.described(value)]
        for name, value in fields.items() if getattr(fresh, name) != value
    }  # fmt: skip
    if not changes:
        return fresh
    Problem.objects.filter(pk=fresh.pk).update(**{name: fields[name] for name in changes})
    core.record(row, "analysed", actor=actor, changes=changes, at=at)
    return Problem.objects.get(pk=fresh.pk)


@transaction.atomic
def ask_why(
    problem: Problem, *, actor: Any, text: str, parent: Why | None = None, at: datetime.datetime | None = None
) -> Why:  # fmt: skip
    """Add an answer to *why?*: at the top, or under the answer that it explains."""
    row = _open(problem, actor)
    if parent is not None and parent.problem_id != row.pk:
        raise Invalid({"parent": _("This answer belongs to another problem.")})
    if Why.objects.filter(problem=row.pk).count() >= MOST_WHYS:
        raise NotAllowedNow(_("At most %(n)d answers.") % {"n": MOST_WHYS})
    words = core.text(text, "text", limit=500, one_line=True)
    made = Why.objects.create(problem_id=row.pk, parent=parent, text=words, created_by=actor)
    core.record(row, "why_added", actor=actor, activity=False, text=words, at=at)
    return made


@transaction.atomic
def drop_why(problem: Problem, *, actor: Any, why: Why) -> None:
    """Take an answer away, with what stands under it."""
    row = _open(problem, actor)
    if why.problem_id != row.pk:
        raise Invalid({"why": _("This answer belongs to another problem.")})
    why.delete()
    core.record(row, "why_dropped", actor=actor, activity=False, text=why.text)


def incidents_of(problem: Ticket, actor: Any, *, unfinished: bool = True) -> list[Ticket]:
    """The incidents that are caused by it and that ``actor`` sees."""
    rows = Ticket.objects.filter(
        kind="incident", links_out__target=problem.pk, links_out__kind=LinkKind.CAUSED_BY
    ).order_by("opened_at", "pk")
    if unfinished:
        rows = rows.filter(status_category__in=["open", "waiting"])
    return list(access.visible(actor, rows)[:MOST_LINKED] if actor is not None else rows[:MOST_LINKED])


def resolve_incidents(
    problem: Problem, *, actor: Any, resolution: str, resolution_code: Any
) -> tuple[int, list[tuple[Ticket, str]]]:  # fmt: skip
    """Resolve the open incidents of a resolved problem with one message; (how many, those that were not with why)."""
    if not Ticket.objects.get(pk=problem.pk).is_over:
        raise NotAllowedNow(_("Resolve the problem first."))
    problems: list[tuple[Ticket, str]] = []
    done: list[Ticket] = []
    for incident in incidents_of(problem, actor):
        try:
            tickets.transition(incident, "resolve", actor=actor, resolution=resolution, resolution_code=resolution_code)
            done.append(incident)
        except OperationError as error:
            problems.append((incident, error.message))
    if done:
        batch = ResolvedTogether.objects.create(problem_id=problem.pk, by=actor)
        batch.incidents.set(done)
    return len(done), problems


def last_together(problem: Ticket) -> ResolvedTogether | None:
    """What undoing would take back: the last message that resolved incidents, not older than UNDO."""
    since = timezone.now() - UNDO
    return ResolvedTogether.objects.filter(problem=problem.pk, undone_at=None, at__gte=since).first()


def undo_resolving(problem: Problem, *, actor: Any, reason: str = "") -> tuple[int, list[tuple[Ticket, str]]]:
    """Open again what the last message resolved, but for what its customer has confirmed since.

    Customers are told by the reopening, as they were of the solution. Raises NotAllowedNow when there is nothing to undo.
    """
    with transaction.atomic():
        batch = last_together(problem)
        batch = (
            ResolvedTogether.objects.select_for_update().filter(pk=batch.pk, undone_at=None).first() if batch else None
        )
        if batch is None:
            raise NotAllowedNow(_("There is nothing to undo."))
        batch.undone_at = timezone.now()
        batch.save(update_fields=["undone_at"])
    words = reason or _("Resolved with %(number)s by mistake; we are still at it.") % {"number": problem.number}
    done, problems = 0, []
    for incident in access.visible(actor, batch.incidents.order_by("pk")):
        try:
            if incident.status_category == "closed":
                raise NotAllowedNow(_("The customer has confirmed it."))
            if incident.status_category != "resolved":
                continue  # open again already
            tickets.transition(incident, "reopen", actor=actor, reason=words)
            done += 1
        except OperationError as error:
            problems.append((incident, error.message))
    return done, problems


@transaction.atomic
def merge(problem: Problem, *, actor: Any, into: Problem, at: datetime.datetime | None = None) -> Problem:
    """Two problems were one: the incidents and changes of ``problem`` go over to ``into``, and it is cancelled as its duplicate.

    Texts of the other stay where they are, a link away. Raises Invalid for a merge into itself or into one that is over.
    """
    if problem.pk == into.pk:
        raise Invalid({"into": _("A problem cannot be merged into itself.")})
    # Both in one order, so that two merges cannot block each other.
    list(Ticket.objects.select_for_update(of=("self",)).filter(pk__in=[problem.pk, into.pk]).order_by("pk"))
    row, target = _open(problem, actor), core.lock(into, actor, "plan")
    if target.is_over:
        raise Invalid({"into": _("%(number)s is over; merge into one that is open.") % {"number": target.number}})
    incidents = [
        link.source for link in Link.objects.filter(target=row.pk, kind=LinkKind.CAUSED_BY).select_related("source")
    ]
    changes = [
        link.target for link in Link.objects.filter(source=row.pk, kind=LinkKind.CAUSED_BY).select_related("target")
    ]
    link_sources(target, actor=actor, sources=[*incidents, *changes])
    for link in Link.objects.filter(target=row.pk, kind=LinkKind.CAUSED_BY):
        tickets.unlink(row, actor=actor, link=link)
    tickets.link(row, actor=actor, target=target, kind=LinkKind.DUPLICATES)
    tickets.transition(
        row, "cancel", actor=actor, reason=_("Merged into %(number)s") % {"number": target.number}, at=at
    )
    return Problem.objects.get(pk=target.pk)
