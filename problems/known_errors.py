"""Workarounds where they help: on the open incidents, and in the knowledge base as a known error."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.knowledge import operations as knowledge
from servicedesk.knowledge.models import Article, Audience, Kind, State
from servicedesk.knowledge.rendering import first_words
from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow, OperationError
from servicedesk.tickets.models import Event, Ticket
from servicedesk.tickets.operations import core

from .models import Problem, Published
from .operations import incidents_of

#: where the article goes: nowhere, to agents, to customers
NOWHERE = ""
AUDIENCES = (NOWHERE, Audience.AGENTS, Audience.CUSTOMERS)


def article_of(problem: Ticket) -> Article | None:
    """The problem's known error in the knowledge base."""
    return Article.objects.filter(kind=Kind.KNOWN_ERROR, source=problem.pk).first()


def publish(
    problem: Problem, *, actor: Any, to_customers: bool = False, knowledge_for: str = NOWHERE,
    at: datetime.datetime | None = None,
) -> tuple[int, list[tuple[Ticket, str]]]:  # fmt: skip
    """Put the workaround on every open incident of the problem, once for each text: as a note, or as a reply.

    ``knowledge_for`` names who finds it in the knowledge base (agents or customers; nothing for nobody): where ``actor``
    may not publish for them it is put forward for review. Returns how many incidents got it, and those that did not, with why.
    """
    access.require(actor, "plan", problem)
    fresh = Problem.objects.get(pk=problem.pk)
    if not fresh.workaround:
        raise NotAllowedNow(_("There is no workaround yet."))
    if knowledge_for not in AUDIENCES:
        raise Invalid({"knowledge_for": _("Choose who finds it.")})
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
        article = _to_knowledge(fresh, actor, knowledge_for, at) if knowledge_for else None
        row = core.lock(fresh, actor, "plan")
        Problem.objects.filter(pk=fresh.pk).update(published_at=at)
        core.record(
            row, "workaround_published", actor=actor, at=at, n=done, to_customers=to_customers,
            article=article.number if article else None,
        )  # fmt: skip
    return done, problems


def _to_knowledge(problem: Problem, actor: Any, audience: str, at: datetime.datetime) -> Article:
    """The known error as an article: written, or written anew with the workaround of today."""
    seen = problem.description or problem.title
    body = f"## {_('What happens')}\n\n{seen}\n\n## {_('What helps for now')}\n\n{problem.workaround}"
    values: dict[str, Any] = {
        "title": problem.title, "summary": first_words(problem.workaround, 200), "body": body, "audience": audience,
        "keywords": problem.service.name if problem.service else "", "tags": problem.tags,
    }  # fmt: skip
    article = article_of(problem)
    if article is None:
        language = (getattr(actor, "language", "") or "en")[:2]
        article = knowledge.write(
            actor=actor, kind=Kind.KNOWN_ERROR, source=Ticket.objects.get(pk=problem.pk), language=language, at=at, **values
        )  # fmt: skip
    else:
        if article.state == State.RETIRED:
            article = knowledge.bring_back(article, actor=None)
        if article.is_readable and not all(access.may_publish(actor, one) for one in (article.audience, audience)):
            values.pop("audience")  # whoever may decides about that
        article = knowledge.edit(
            article, actor=actor, note=_("The workaround of %(number)s") % {"number": problem.number}, at=at, **values
        )
    if article.state in (State.DRAFT, State.REVIEW):
        if access.may_publish(actor, article.audience):
            article = knowledge.publish(article, actor=actor, at=at)
        elif article.state == State.DRAFT:
            article = knowledge.submit(article, actor=actor)
    return article


def follow(event: Event) -> None:
    """A problem that is solved or dropped needs no known error any more: its article is retired. Safe to repeat."""
    if event.ticket.kind != "problem" or event.changes.get("status", [None, None])[1] not in (
        "resolved",
        "closed",
        "cancelled",
    ):
        return
    article = article_of(event.ticket)
    if article is not None and article.state != State.RETIRED:
        reason = _("%(number)s: %(state)s") % {"number": event.ticket.number, "state": event.ticket.state.label}
        knowledge.retire(article, actor=None, reason=reason)
