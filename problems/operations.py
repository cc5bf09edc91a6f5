"""What can be done with problems beyond what every ticket knows."""

from __future__ import annotations

import datetime
import hashlib
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

from .models import CauseCategory, Problem, Published, Why
from .process import PROBLEM

MAX_TEXT = 20_000
#: At most so many incidents are linked at once.
MOST_LINKED = 500
MOST_WHYS = 100
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


def publish(
    problem: Problem, *, actor: Any, to_customers: bool = False, at: datetime.datetime | None = None
) -> tuple[int, list[tuple[Ticket, str]]]:  # fmt: skip
    """Put the workaround on every open incident of the problem, once for each text: as a note, or as a reply.

    Returns how many got it, and those that did not, with why.
    """
    access.require(actor, "plan", problem)
    fresh = Problem.objects.get(pk=problem.pk)
    if not fresh.workaround:
        raise NotAllowedNow(_("There is no workaround yet."))
    at = at or timezone.now()
    digest = hashlib.sha256(f"{to_customers}:{fresh.workaround}".encode()).hexdigest()
    words = _("Workaround (%(number)s):") % {"number": fresh.number}
    body = fresh.workaround if to_customers else f"{words}\n\n{fresh.workaround}"
    done, problems = 0, []
    for incident in incidents_of(fresh, actor):
        try:
            with transaction.atomic():
                _row, new = Published.objects.get_or_create(problem=fresh, incident=incident, digest=digest)
                if not new:
                    continue
                say = tickets.reply if to_customers else tickets.note
                say(incident, actor=actor, body=body, at=at)
                done += 1
        except OperationError as error:
            problems.append((incident, error.message))
    with transaction.atomic():
        row = core.lock(fresh, actor, "plan")
        Problem.objects.filter(pk=fresh.pk).update(published_at=at)
        core.record(row, "workaround_published", actor=actor, at=at, n=done, to_customers=to_customers)
    return done, problems


def resolve_incidents(
    problem: Problem, *, actor: Any, resolution: str, resolution_code: Any
) -> tuple[int, list[tuple[Ticket, str]]]:  # fmt: skip
    """Resolve the open incidents of a resolved problem with one message; (how many, those that were not with why)."""
    if not Ticket.objects.get(pk=problem.pk).is_over:
        raise NotAllowedNow(_("Resolve the problem first."))
    done, problems = 0, []
    for incident in incidents_of(problem, actor):
        try:
            tickets.transition(incident, "resolve", actor=actor, resolution=resolution, resolution_code=resolution_code)
            done += 1
        except OperationError as error:
            problems.append((incident, error.message))
    return done, problems
