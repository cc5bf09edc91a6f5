"""Who hears of what happens to articles."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from servicedesk.notify.models import Kind
from servicedesk.notify.notices import tell_about
from servicedesk.people import access
from servicedesk.people.models import Role, User

from .models import Article, ArticleEvent, Feedback, Version

#: So many admins are asked where an author has no team lead.
MOST_ADMINS = 5
#: event → what those concerned are told
SENTENCES = {
    "submitted": gettext_noop("%(name)s asks for a review."),
    "published": gettext_noop("%(name)s published your article."),
    "sent_back": gettext_noop("%(name)s sent it back: %(reason)s"),
    "retired": gettext_noop("%(name)s retired your article: %(reason)s"),
}


def reviewers(article: Article, author: Any) -> list[User]:
    """Who may publish it and should look at it: its owner, the leads of the author's teams, or else some admins."""
    near = Q(pk=article.owner_id or 0) | Q(leads__memberships__user=author)
    people = User.objects.filter(near, is_active=True).exclude(pk=author.pk if author else 0).distinct().order_by("pk")
    found = [person for person in people if access.may_publish(person, article.audience)]
    if not found:
        admins = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=author.pk if author else 0)
        found = list(admins.order_by("pk")[:MOST_ADMINS])
    return found


def writers(article: Article, actor: Any) -> list[User]:
    """Its owner and who wrote the newest version, but for whoever did it."""
    newest = Version.objects.filter(article=article, number=article.latest).values_list("author", flat=True)
    ids = [pk for pk in {article.owner_id, *newest} if pk is not None and pk != (actor.pk if actor else None)]
    return list(User.objects.filter(pk__in=ids, is_active=True).order_by("pk"))


def tell(article: Article, event: ArticleEvent) -> None:
    """Tell reviewers of what waits for them, and writers of what became of it. Safe to repeat."""
    if event.kind not in SENTENCES:
        return
    people = reviewers(article, event.actor) if event.kind == "submitted" else writers(article, event.actor)
    values = {"name": event.actor.name if event.actor else settings.SITE_NAME, "reason": event.data.get("reason", "")}
    tell_about(
        people, Kind.KNOWLEDGE, text=lambda: _(SENTENCES[event.kind]) % values, about=str(article),
        path=reverse("knowledge:author", args=[article.number]), key=f"article.{event.pk}",
    )  # fmt: skip


def tell_of_comment(feedback: Feedback) -> None:
    """Tell the owner that a reader wrote something: once a day for each article."""
    article = feedback.article
    if not feedback.comment or article.owner is None or article.owner_id == feedback.user_id:
        return
    tell_about(
        [article.owner], Kind.KNOWLEDGE, text=lambda: _("A reader commented: %(text)s") % {"text": feedback.comment[:200]},
        about=str(article), path=reverse("knowledge:author", args=[article.number]),
        key=f"comment.{article.pk}.{timezone.localdate()}",
    )  # fmt: skip


def tell_of_review(article: Article, owner: User) -> None:
    """Tell the owner in the page that a review is due; the mail about all of them is sent apart."""
    tell_about(
        [owner], Kind.KNOWLEDGE, text=lambda: _("Is this article still right?"), about=str(article),
        path=reverse("knowledge:author", args=[article.number]), key=f"review.{article.pk}.{article.review_on}", by_email=False,
    )  # fmt: skip
