"""Articles for tests, made by operations as everywhere."""

from __future__ import annotations

from typing import Any

from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.knowledge import operations
from servicedesk.knowledge.models import Article
from servicedesk.knowledge.search import words
from tests.factories import AgentFactory

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def draft(actor: Any = None, **values: Any) -> Article:
    return operations.write(
        actor=actor or AgentFactory(), **{"title": "The VPN does not connect", "body": "Update the client.", **values}
    )


def article(actor: Any = None, **values: Any) -> Article:
    """A published article, with its words in the list."""
    row = operations.publish(draft(actor, **values), actor=None)
    learn()
    return row


def learn() -> None:
    """What the worker does after articles changed."""
    words.rebuild()
    caches["near"].delete("knowledge:languages")


def picture(name: str = "dialog.png", content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def fresh(row: Article) -> Article:
    return Article.objects.get(pk=row.pk)
