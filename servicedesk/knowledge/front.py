"""Knowledge on the portal: on the front page, in what the question finds, on a service's page, in the bar."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.portal.front import Front, NavItem

from .models import Article
from .search import finding

#: What a line of a list shows.
LINE = ("number", "kind", "title", "summary", "language", "translation_of", "audience")


def most_read(user: Any, limit: int = 4) -> list[Any]:
    """What helps most people: by solved, helped and read; in the reader's language where there is a choice."""
    rows = access.readable(user, Article.objects.filter(kind="article")).only(*LINE)
    language = (getattr(user, "language", "") or "en")[:2]
    worth = F("solved") + F("deflected") + F("helped") - F("not_helped")
    own = finding.in_language(rows, language)
    return finding.one_language(list(own.order_by(-worth, "-views", "pk")[: limit * 2]), language)[:limit]


def find(user: Any, words: str) -> dict[str, Any]:
    found = finding.find(user, words, limit=6)
    finding.remember(words, len(found.articles), (getattr(user, "language", "") or "en")[:2])
    return {"found": found, "words": words}


def of_service(user: Any, service: Any) -> dict[str, Any]:
    """Articles about a service, by its name."""
    return {"articles": finding.find(user, service.name, limit=4, highlight=False, least=0.6).articles}


def nav(user: Any) -> list[NavItem]:
    return [NavItem("help", _("Help centre"), reverse("knowledge:help"), 0, "book-open")]


FRONT = Front(
    name="knowledge", position=1, home_template="knowledge/front.html", home=lambda user: {"articles": most_read(user)},
    find_template="knowledge/found.html", find=find, service_template="knowledge/of_service.html", service=of_service,
)  # fmt: skip
