"""The catalogue on the portal's front page and in its search."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchRank, TrigramWordSimilarity
from django.db.models import Count, Q
from django.db.models.functions import Greatest

from servicedesk.portal.front import Front
from servicedesk.services.models import Health, Service
from servicedesk.tickets.search import search_query

from .entitlement import orderable
from .models import Category

MOST_FOUND = 8


def home(user: Any) -> dict[str, Any]:
    """The shelves with how much is on each, what is ordered most, and services in trouble; three queries."""
    mine = orderable(user)
    counts = dict(mine.order_by().values("category").annotate(n=Count("pk")).values_list("category", "n"))
    shelves = [c for c in Category.objects.all() if counts.get(c.pk)]
    for shelf in shelves:
        shelf.n = counts[shelf.pk]  # type: ignore[attr-defined]
    return {
        "shelves": shelves,
        "troubled": Service.objects.filter(is_active=True).exclude(status=Health.OPERATIONAL).order_by("name")[:5],
    }


def matching(user: Any, words: str) -> Any:
    """Offerings that the words may mean, best first: by stems, by parts of words, by what looks alike."""
    query = search_query(words)
    rows = orderable(user).annotate(
        rank=SearchRank("search", query),
        alike=Greatest(TrigramWordSimilarity(words, "name"), TrigramWordSimilarity(words, "keywords")),
    )
    found = rows.filter(Q(search=query) | Q(alike__gte=0.5) | Q(name__icontains=words))
    return found.select_related("category").order_by("-rank", "-alike", "name")[:MOST_FOUND]


def find(user: Any, words: str) -> dict[str, Any]:
    return {"offerings": list(matching(user, words))}


CATALOGUE = Front(
    name="catalogue", position=10, home_template="catalog/front.html", home=home, find_template="catalog/found.html",
    find=find,
)  # fmt: skip
