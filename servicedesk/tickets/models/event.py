from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from .conversation import Message
from .ticket import Ticket


class Event(models.Model):
    """What happened to a ticket: audit trail, timeline and source of every reaction.

    One for each operation, never changed or deleted (a trigger refuses it).
    ``data["changes"]`` maps a field to ``[before, after]``; a reference to
    another row is ``{"id": …, "name": …}``, so the timeline needs no look-ups.
    """

    id: int
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(help_text="The ticket's version after it.")
    is_public = models.BooleanField(default=False, help_text="Whether customers see it.")
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["ticket", "id"], name="event_ticket")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def changes(self) -> dict[str, list[object]]:
        """Field → [before, after]."""
        return self.data.get("changes", {})


class Outbox(models.Model):
    """An event whose reactions outside the transaction are still to be done; deleted when they are."""

    event = models.OneToOneField(Event, primary_key=True, on_delete=models.CASCADE, related_name="outbox")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"event {self.event_id}"
