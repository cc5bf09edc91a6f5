from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .ticket import SEARCH_CONFIG, Channel, Ticket


class MessageKind(models.TextChoices):
    REPLY = "reply", _("Reply")  # everybody who sees the ticket reads it
    NOTE = "note", _("Internal note")  # agents only


class Message(models.Model):
    """Something said about a ticket."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=5, choices=MessageKind.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="messages")
    body = models.TextField(_("text"))
    body_html = models.TextField(editable=False)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    is_automatic = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    search = models.GeneratedField(
        expression=SearchVector("body", config=SEARCH_CONFIG), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["ticket", "created_at", "id"], name="message_ticket"),
            GinIndex(fields=["search"], name="message_search"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_internal(self) -> bool:
        return self.kind == MessageKind.NOTE


def storage_name(instance: Attachment, filename: str) -> str:
    """A random place: nothing of the sender's file name reaches the disk."""
    name = uuid.uuid4().hex
    return f"{name[:2]}/{name[2:4]}/{name}"


class Attachment(models.Model):
    """A file sent with a ticket or message; as visible as its message."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="attachments")
    is_internal = models.BooleanField(default=False)
    file = models.FileField(upload_to=storage_name, max_length=120)
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField(help_text=_("bytes"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Whether a browser may show it in place (see tickets/files.py for why only these)."""
        from ..files import INLINE_TYPES

        return self.content_type in INLINE_TYPES
