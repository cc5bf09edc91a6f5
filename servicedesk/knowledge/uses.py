"""What articles did for people: uses for tickets, deflections, feedback. Each counts on the article as well."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.text import clean_text
from servicedesk.tickets import outbox
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Channel, Ticket
from servicedesk.tickets.operations import core

from .models import Article, Deflection, Feedback, Use, Where

#: Somebody who says so twice within this time meant the same trouble.
SAME_TROUBLE = datetime.timedelta(minutes=10)


@transaction.atomic
def use(article: Article, ticket: Ticket, *, actor: Any, solved: bool = False) -> Use:
    """Note that the article was used for the ticket; ``solved`` when it is what solved it. Raises Forbidden, NotAllowedNow."""
    access.require(actor, "note", ticket)
    if not article.is_readable:
        raise NotAllowedNow(_("%(number)s is not published.") % {"number": article.number})
    row, _new = Use.objects.select_for_update().get_or_create(
        article=article, ticket_id=ticket.pk, defaults={"by": actor}
    )
    if solved and not row.solved:
        row.solved = True
        row.save(update_fields=["solved"])
        Article.objects.filter(pk=article.pk).update(solved=F("solved") + 1)
    return row


@transaction.atomic
def take_back(article: Article, ticket: Ticket, *, actor: Any) -> None:
    """It was not used after all."""
    access.require(actor, "note", ticket)
    row = Use.objects.select_for_update().filter(article=article, ticket_id=ticket.pk).first()
    if row is not None:
        if row.solved:
            Article.objects.filter(pk=article.pk, solved__gt=0).update(solved=F("solved") - 1)
        row.delete()


def settle(ticket: Ticket, *, solved: bool) -> None:
    """A ticket was resolved, or is open again: what was used for it solved it, or did not. Safe to repeat."""
    with transaction.atomic():
        rows = list(Use.objects.select_for_update().filter(ticket_id=ticket.pk, solved=not solved))
        Use.objects.filter(pk__in=[row.pk for row in rows]).update(solved=solved)
        step = 1 if solved else -1
        for row in rows:
            Article.objects.filter(pk=row.article_id, solved__gte=0 if solved else 1).update(solved=F("solved") + step)


@transaction.atomic
def deflect(article: Article, *, user: Any, where: str, words: str = "") -> Deflection:
    """*This solved it*: somebody who was about to send something does not. Said twice in ten minutes it counts once."""
    if where not in Where.values:
        raise Invalid({"where": _("Choose one of: %(names)s.") % {"names": ", ".join(Where.values)}})
    if not access.readable(user, Article.objects.filter(pk=article.pk)).exists():
        raise NotAllowedNow(_("%(number)s is not published.") % {"number": article.number})
    who = user if user.is_authenticated else None
    kept = clean_text(words, one_line=True)[:200]
    if who is not None:
        since = timezone.now() - SAME_TROUBLE
        known = Deflection.objects.filter(article=article, user=who, at__gte=since).first()
        if known is not None:
            return known
    Article.objects.filter(pk=article.pk).update(deflected=F("deflected") + 1)
    return Deflection.objects.create(article=article, user=who, where=where, words=kept)


@transaction.atomic
def feedback(article: Article, *, user: Any, visitor: str = "", helped: bool, comment: str = "") -> Feedback:
    """Whether it helped, and what is missing; one's last word counts. ``visitor`` names who is not logged in."""
    if not access.readable(user, Article.objects.filter(pk=article.pk)).exists():
        raise NotAllowedNow(_("%(number)s is not published.") % {"number": article.number})
    if not isinstance(helped, bool):
        raise Invalid({"helped": _("Yes or no.")})
    words = core.text(comment, "comment", limit=1000, required=False)
    who = user if user.is_authenticated else None
    if who is None and not visitor:
        raise Invalid({"helped": _("Your browser keeps no cookies; log in to tell us.")})
    row = Article.objects.select_for_update(of=("self",)).select_related("live").get(pk=article.pk)
    known = Feedback.objects.filter(article=row, user=who, visitor="" if who else visitor).first()
    counts = {True: "helped", False: "not_helped"}
    changes: dict[str, Any] = {}
    if known is None:
        known = Feedback(article=row, user=who, visitor="" if who else visitor)
        changes[counts[helped]] = F(counts[helped]) + 1
    elif known.helped != helped:
        changes = {counts[helped]: F(counts[helped]) + 1, counts[not helped]: F(counts[not helped]) - 1}
    known.helped, known.comment, known.at, known.seen_at = helped, words or known.comment, timezone.now(), None
    known.version = row.live.number if row.live else row.latest
    known.save()
    if changes:
        Article.objects.filter(pk=row.pk).update(**changes)
    if words and not outbox.is_silent():
        from .tasks import tell_owner

        pk = known.pk
        transaction.on_commit(lambda: tell_owner.delay(pk), robust=True)
    return known


@dataclass
class Measures:
    """What knowledge did in a span of time."""

    days: int
    deflected: int
    #: tickets that customers sent through the portal all the same
    sent: int
    helped: int
    not_helped: int
    solved: int

    @property
    def rate(self) -> float | None:
        """Deflections among all who came with a trouble, as a part of 1; None where nobody came."""
        total = self.deflected + self.sent
        return self.deflected / total if total else None

    @property
    def rate_words(self) -> str:
        """``12.5 %``."""
        return "–" if self.rate is None else f"{self.rate * 100:.1f} %"


def measures(days: int) -> Measures:
    """The last ``days`` days; three queries."""
    since = timezone.now() - datetime.timedelta(days=days)
    voted = Feedback.objects.filter(at__gte=since).aggregate(
        yes=Count("pk", Q(helped=True)), no=Count("pk", Q(helped=False))
    )
    return Measures(
        days=days,
        deflected=Deflection.objects.filter(at__gte=since).count(),
        sent=Ticket.objects.filter(opened_at__gte=since, channel=Channel.PORTAL, kind__in=["incident", "request"]).count(),
        helped=voted["yes"], not_helped=voted["no"],
        solved=Use.objects.filter(solved=True, at__gte=since).count(),
    )  # fmt: skip
