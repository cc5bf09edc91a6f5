"""Articles whose review is due: their owners are told by one mail, and again every two weeks."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from servicedesk.notify.models import Kind, default_for, preferences
from servicedesk.people.models import User

from .models import Article, State
from .telling import tell_of_review

AGAIN = datetime.timedelta(days=14)


def due(on: datetime.date) -> Q:
    """Published articles that should be looked at by ``on``."""
    return Q(live__isnull=False, review_on__lte=on) & ~Q(state=State.RETIRED)


def remind(on: datetime.date | None = None) -> int:
    """Tell each owner of their articles that are due and were not spoken of for two weeks: in the page, and by one mail about
    all of them, as they chose. Returns how many owners.

    Articles without an owner, or whose owner has left, go to team leads and admins by the list of what is due only.
    """
    on = on or timezone.localdate()
    rows = Article.objects.filter(due(on), owner__is_active=True).filter(
        Q(reminded_on=None) | Q(reminded_on__lte=on - AGAIN)
    )
    owners = list(User.objects.filter(pk__in=rows.values("owner")).order_by("pk"))
    for owner in owners:
        with transaction.atomic():
            mine = list(
                rows.filter(owner=owner)
                .select_for_update(of=("self",), skip_locked=True)
                .order_by("review_on", "pk")[:200]
            )
            if not mine:
                continue
            Article.objects.filter(pk__in=[row.pk for row in mine]).update(reminded_on=on)
            for row in mine:
                tell_of_review(row, owner)
            _page, by_email = preferences([owner.pk]).get(
                (owner.pk, Kind.KNOWLEDGE), default_for(owner, Kind.KNOWLEDGE)
            )
            if by_email:
                _mail(owner, mine)
    return len(owners)


def _mail(owner: User, articles: list[Article]) -> None:
    with translation.override(owner.language):
        subject = ngettext(
            "An article of yours should be looked at", "%(n)d articles of yours should be looked at", len(articles)
        )
        body = render_to_string(
            "knowledge/review_mail.txt",
            {
                "owner": owner, "site_name": settings.SITE_NAME,
                "rows": [(row, settings.SITE_URL + reverse("knowledge:author", args=[row.number])) for row in articles],
            },
        )  # fmt: skip
        send_mail(subject % {"n": len(articles)}, body, settings.DEFAULT_FROM_EMAIL, [owner.email])
