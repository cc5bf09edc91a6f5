from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .ticket import Ticket


class LinkKind(models.TextChoices):
    """Read from source to target; INVERSE has the words for the way back."""

    RELATES = "relates", _("Relates to")
    DUPLICATES = "duplicates", _("Duplicates")
    CAUSED_BY = "caused_by", _("Caused by")
    RESOLVED_BY = "resolved_by", _("Resolved by")
    CHILD_OF = "child_of", _("Child of")


INVERSE = {
    LinkKind.RELATES: _("Relates to"),
    LinkKind.DUPLICATES: _("Duplicated by"),
    LinkKind.CAUSED_BY: _("Causes"),
    LinkKind.RESOLVED_BY: _("Resolves"),
    LinkKind.CHILD_OF: _("Parent of"),
}


class Link(models.Model):
    """That two tickets have to do with each other."""

    source = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links_out")
    target = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links_in")
    kind = models.CharField(_("kind"), max_length=20, choices=LinkKind.choices)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="link_once"),
            models.UniqueConstraint(fields=["source"], condition=Q(kind="child_of"), name="one_parent"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="link_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"


class Watcher(models.Model):
    """Somebody who wants to hear of a ticket, and so sees it."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="watchers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watching")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.ticket_id}"


class Seen(models.Model):
    """When somebody last looked at a ticket; what is newer is unread."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="seen_by")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="seen_once")]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.ticket_id}"
