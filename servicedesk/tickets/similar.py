"""Tickets alike: by rare words in common, by titles that nearly say the same, by service and category.

PostgreSQL's own statistics know how common a word is, so nothing is kept for it. What is asked is bounded: the words are
chosen so that they name some hundred tickets, whatever the size of the desk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import regex
from django.contrib.postgres.search import TrigramSimilarity
from django.core.cache import caches
from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from servicedesk.people import access

from . import registry
from .models import Ticket
from .models.ticket import SEARCH_CONFIG

MOST = 5
#: So many tickets are compared at most, and so many should be named by the chosen words.
COMPARED, NAMED = 300, 1200
MOST_WORDS = 10
#: A word that PostgreSQL did not count among the common ones.
RARE = 0.0002
#: Less alike than this is not shown.
LEAST = 0.34
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}_.-]{2,38}")


@dataclass
class Alike:
    """A ticket that is like another, with the reasons as words."""

    ticket: Ticket
    score: float
    why: list[str] = field(default_factory=list)


def commonness() -> tuple[dict[str, float], int]:
    """(word's stem → the part of all tickets that have it, how many tickets there are), as last analysed; kept ten minutes."""
    near = caches["near"]
    known: tuple[dict[str, float], int] | None = near.get("similar:commonness")
    if known is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats"
                " WHERE schemaname = current_schema() AND tablename = 'tickets_ticket' AND attname = 'search'"
            )
            row = cursor.fetchone()
            cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'tickets_ticket'::regclass")
            total = int(cursor.fetchone()[0])
        common = dict(zip(row[0], row[1], strict=False)) if row and row[0] else {}
        known = (common, total)
        near.set("similar:commonness", known, 600)
    return known


def stems(text: str, limit: int = 80) -> dict[str, str]:
    """The stems of a text's first words → the first word with that stem; one query."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(text[:40_000])))[:limit]
    if not words:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w, (tsvector_to_array(to_tsvector(%s::regconfig, w)))[1] FROM unnest(%s::text[]) WITH ORDINALITY x(w, n)"
            " ORDER BY n DESC", [SEARCH_CONFIG, words]
        )  # fmt: skip
        return {stem: word for word, stem in reversed(cursor.fetchall()) if stem and not stem.isdigit()}


def weigh(ticket: Ticket) -> tuple[dict[str, float], dict[str, str], dict[str, float]]:
    """(stem → weight, stem → word, stem → how common) of the words that tell most of a ticket, the title's double."""
    in_title, in_text = stems(ticket.title), stems(ticket.description[:4000])
    common, _total = commonness()
    weights: dict[str, float] = {}
    for stem in {**in_title, **in_text}:
        weights[stem] = -math.log(common.get(stem, RARE)) * (2 if stem in in_title else 1)
    best = sorted(weights, key=lambda stem: (-weights[stem], stem))[:MOST_WORDS]
    return {s: weights[s] for s in best}, {**in_text, **in_title}, {s: common.get(s, RARE) for s in best}


def _quoted(stem: str) -> str:
    return "'" + stem.replace("\\", "\\\\").replace("'", "''") + "'"


def naming(common: dict[str, float], total: int) -> str:
    """A tsquery of these stems that names about NAMED of ``total`` tickets: rare ones each, common ones together."""
    rare: list[str] = []
    named = 0.0
    for stem in sorted(common, key=lambda s: (common[s], s)):
        expected = common[stem] * total
        if named + expected > NAMED and rare:
            break
        if expected > NAMED:
            break
        rare.append(_quoted(stem))
        named += expected
    rest = [stem for stem in sorted(common, key=lambda s: (common[s], s)) if _quoted(stem) not in rare]
    # Words that stand in one ticket stand together more often than chance would have it: count on thirty times as often.
    together: list[str] = []
    if len(rest) >= 2 and (len(rare) < 3 or named < NAMED / 4):
        expected = total * 30.0
        for stem in rest:
            together.append(_quoted(stem))
            expected *= common[stem]
            if len(together) >= 2 and expected <= NAMED:
                break
    parts = [*rare, *([f"({' & '.join(together)})"] if together else [])]
    if not parts and rest:
        parts = [_quoted(rest[0])]
    return " | ".join(parts)


def similar(ticket: Ticket, user: Any, *, most: int = MOST, kinds: tuple[str, ...] = ()) -> list[Alike]:
    """The tickets most like ``ticket`` that ``user`` sees, open and solved, each with why; at most five queries."""
    weights, words, common = weigh(ticket)
    _common, total = commonness()
    query = naming(common, total)
    if not query:
        return []
    kinds = kinds or tuple(p.kind for p in registry.all_processes() if p.for_customers or p.raise_from)
    base = (
        access.visible(user, Ticket.objects.filter(kind__in=kinds))
        if user is not None
        else Ticket.objects.filter(kind__in=kinds)
    )
    named = base.exclude(pk=ticket.pk).exclude(status="cancelled").filter(
        RawSQL('"tickets_ticket"."search" @@ %s::tsquery', [query], output_field=BooleanField())
    )  # fmt: skip
    shared = RawSQL(
        'ARRAY(SELECT s FROM unnest(%s::text[]) s WHERE "tickets_ticket"."search" @@ quote_literal(s)::tsquery)',
        [list(weights)],
    )
    rows = list(
        named.annotate(shared=shared, near=TrigramSimilarity("title", ticket.title))
        .order_by().values("pk", "title", "service", "category", "requester", "shared", "near")[:COMPARED]
    )  # fmt: skip
    whole = sum(weights.values()) or 1.0
    found: list[tuple[float, int, Any]] = []
    for row in rows:
        score = 0.5 * sum(weights[stem] for stem in row["shared"]) / whole + 0.35 * row["near"]
        score += 0.1 * (row["service"] is not None and row["service"] == ticket.service_id)
        score += 0.05 * (row["category"] is not None and row["category"] == ticket.category_id)
        if score >= LEAST:
            found.append((score, row["pk"], row))
    found.sort(key=lambda item: (-item[0], -item[1]))
    best = found[:most]
    tickets = Ticket.objects.defer("search", "description", "description_html").in_bulk([pk for _s, pk, _r in best])
    return [Alike(tickets[pk], score, _why(row, ticket, weights, words)) for score, pk, row in best]


def _why(row: dict[str, Any], ticket: Ticket, weights: dict[str, float], words: dict[str, str]) -> list[str]:
    why = []
    if row["near"] >= 0.6:
        why.append(_("nearly the same title"))
    told = sorted(row["shared"], key=lambda stem: -weights[stem])[:4]
    if told:
        why.append(_("words: %(words)s") % {"words": ", ".join(words.get(stem, stem) for stem in told)})
    if row["service"] is not None and row["service"] == ticket.service_id:
        why.append(_("same service"))
    if row["category"] is not None and row["category"] == ticket.category_id:
        why.append(_("same category"))
    if row["requester"] is not None and row["requester"] == ticket.requester_id:
        why.append(_("same requester"))
    return why
