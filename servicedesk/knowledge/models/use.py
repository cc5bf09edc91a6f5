"""What articles were good for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .article import Article


class Use(models.Model):
    """That an article was used for a ticket, once for each pair; ``solved`` when it is what solved it."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="uses")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="article_uses")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    solved = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "ticket"], name="article_used_once")]

    def __str__(self) -> str:
        return f"{self.article_id} for {self.ticket_id}"


class Feedback(models.Model):
    """Whether an article helped one reader; the last word counts."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    #: of somebody who is not logged in: their session's
    visitor = models.CharField(max_length=64, blank=True)
    helped = models.BooleanField()
    comment = models.CharField(_("what is missing"), max_length=1000, blank=True)
    version = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    #: an author has read it
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["article", "user"], condition=Q(user__isnull=False), name="feedback_once"),
            models.UniqueConstraint(
                fields=["article", "visitor"], condition=Q(user__isnull=True), name="feedback_once_visitor"
            ),
        ]
        indexes = [models.Index(fields=["-at"], condition=~Q(comment=""), name="feedback_comments")]

    def __str__(self) -> str:
        return f"{self.article_id}: {'+' if self.helped else '-'}"


class Where(models.TextChoices):
    """What somebody was about to send when an article made it needless."""

    REPORT = "report", _("A report")
    REQUEST = "request", _("A request")
    SEARCH = "search", _("A search")


class Deflection(models.Model):
    """That *this solved it* was chosen instead of sending a ticket."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="deflections")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    where = models.CharField(max_length=10, choices=Where.choices)
    words = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.article_id} {self.where}"
