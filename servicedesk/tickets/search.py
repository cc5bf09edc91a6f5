"""Full-text search over numbers, titles and messages, with highlighted hits."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import F, Q, QuerySet
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from servicedesk.people import access
from servicedesk.text import asked

from .models import Message, Ticket
from .models.ticket import SEARCH_CONFIG

LIMIT = 50
#: How many of the newest matches are ranked; keeps a common word's cost bounded.
CANDIDATES = 400
START, STOP = "\ue000", "\ue001"  # private-use characters: never in clean text, safe through escaping
_NUMBER = re.compile(r"^(?:[a-z]{2,4}-?)?\d{1,12}$", re.IGNORECASE)


def highlighted(text: str) -> SafeString:
    """The text escaped, with the hits in <mark>."""
    return mark_safe(str(escape(text)).replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308


def by_number(words: str) -> Q | None:
    """Tickets whose own or external number is meant, or None if the words are no number."""
    if not _NUMBER.match(words):
        return None
    condition = Q(number__iexact=words) | Q(external_ref=words) | Q(external_ref=words.upper())
    if words.isdigit():
        from .registry import all_processes

        condition |= Q(number__in=[f"{process.prefix}-{words}" for process in all_processes()])
    return condition


def search_query(words: str) -> SearchQuery:
    """Web-style words (quotes, or, -); the last word matches as a beginning while it is typed."""
    query = SearchQuery(words, config=SEARCH_CONFIG, search_type="websearch")
    last = re.search(r"(\w{2,})$", words)
    if last and '"' not in words and not re.search(r"(^|\s)(or|-\w*)$", words, re.IGNORECASE):
        before = words[: last.start()].strip()
        prefix = SearchQuery(f"{last.group(1)}:*", config=SEARCH_CONFIG, search_type="raw")
        if before:
            return query | (SearchQuery(before, config=SEARCH_CONFIG, search_type="websearch") & prefix)
        return query | prefix
    return query


def search(user: Any, words: str, *, limit: int = LIMIT, tickets: QuerySet[Ticket] | None = None) -> list[Ticket]:
    """The best matches that ``user`` may see, each with ``hit_title`` and ``hit_text``; three queries.

    Customers search public words only.
    """
    words = asked(words)
    if not words:
        return []
    base = access.visible(user, tickets if tickets is not None else Ticket.objects.all())
    numbered = by_number(words)
    query = search_query(words)
    messages = Message.objects.filter(search=query)
    if not user.is_agent:
        messages = messages.filter(kind="reply")
    direct = list(base.filter(numbered).values_list("pk", flat=True)[:10]) if numbered is not None else []
    in_tickets = base.filter(search=query).order_by("-pk").values_list("pk", flat=True)[:CANDIDATES]
    spoken = dict(access.visible(user, messages, "ticket__").order_by("pk").values_list("ticket_id", "pk")[:CANDIDATES])
    ids = {*direct, *in_tickets, *spoken}
    if not ids:
        return []
    style: dict[str, Any] = {"config": SEARCH_CONFIG, "start_sel": START, "stop_sel": STOP}
    rows = (
        base.filter(pk__in=ids)
        .annotate(
            rank=SearchRank(F("search"), query),
            hit_title=SearchHeadline("title", query, highlight_all=True, **style),
            hit_text=SearchHeadline("description", query, max_words=28, min_words=12, **style),
        )
        .select_related("requester", "assignee", "team")
        .order_by("-rank", "-pk")
    )
    found: list[Any] = sorted(
        rows[: limit * 2], key=lambda ticket: (ticket.pk not in direct, -ticket.rank, -ticket.pk)
    )[:limit]
    wanted = [spoken[t.pk] for t in found if t.pk in spoken and START not in t.hit_text]
    hits = dict(
        Message.objects.filter(pk__in=wanted)
        .annotate(hit=SearchHeadline("body", query, max_words=28, min_words=12, **style))
        .values_list("ticket_id", "hit")
    )
    for ticket in found:
        ticket.hit_title = highlighted(ticket.hit_title)
        ticket.hit_text = highlighted(hits.get(ticket.pk) or ticket.hit_text)
    return found
