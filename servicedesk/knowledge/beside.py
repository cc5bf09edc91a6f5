"""Articles beside a ticket: those that were used, and those that its words suggest."""

from __future__ import annotations

from typing import Any

from servicedesk.desk.beside import Beside, SearchPart
from servicedesk.people import access
from servicedesk.tickets.models import Ticket

from .models import Article, Use
from .search.finding import find

SUGGESTED = 4
#: An agent judges at a glance: what may be about it is shown as well (see finding.LEAST).
LIKELY = 0.25


def readable_by_requester(ticket: Ticket) -> Any:
    """The articles that the ticket's requester may be sent."""
    if ticket.requester is None:
        return Article.objects.none()
    return access.readable(ticket.requester, Article.objects.all())


def suggestions(ticket: Ticket, user: Any, words: str = "", limit: int = SUGGESTED) -> list[Any]:
    """Articles for the ticket by its title, or by what an agent typed; each says whether the requester may read it."""
    rows = find(user, words or ticket.title, limit=limit, least=LIKELY).articles
    open_to = set(readable_by_requester(ticket).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    for row in rows:
        row.for_requester = row.pk in open_to
    return rows


def context(ticket: Ticket, user: Any, words: str = "") -> dict[str, Any]:
    """For the part of the column."""
    used = list(Use.objects.filter(ticket=ticket.pk).select_related("article").order_by("pk")[:20])
    known = {use.article_id for use in used}
    rows = [row for row in suggestions(ticket, user, words, SUGGESTED + len(known)) if row.pk not in known]
    return {
        "ticket": ticket,
        "used": used,
        "articles": rows[:SUGGESTED],
        "asked": words,
        "may_write": bool(ticket.resolution),
    }


BESIDE = Beside(name="knowledge", template="knowledge/beside.html", context=context, position=5)


def found(words: str, user: Any) -> dict[str, Any]:
    """For the desk's search."""
    return {"articles": find(user, words, limit=5).articles}


SEARCH = SearchPart(name="knowledge", template="knowledge/desk_found.html", context=found)
