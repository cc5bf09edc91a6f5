"""What workers do for knowledge."""

from __future__ import annotations

import datetime

from celery import shared_task
from django.core.cache import caches
from django.utils import timezone

from .models import ArticleEvent, Feedback, SearchedFor
from .reminding import remind
from .search import words
from .telling import tell, tell_of_comment

#: What nobody searched for in so long is forgotten.
KEEP_SEARCHES = datetime.timedelta(days=365)


@shared_task
def keep_words() -> None:
    """Write the word list anew, after articles changed."""
    words.rebuild()
    caches["near"].delete("knowledge:languages")


@shared_task(autoretry_for=(OSError,), retry_backoff=10, max_retries=5)
def tell_people(event_pk: int) -> None:
    """Tell those concerned of what was done with an article; again when the mail server was away."""
    event = ArticleEvent.objects.select_related("article", "actor").filter(pk=event_pk).first()
    if event is not None:
        tell(event.article, event)


@shared_task(autoretry_for=(OSError,), retry_backoff=10, max_retries=5)
def tell_owner(feedback_pk: int) -> None:
    """Tell an article's owner of a comment."""
    row = Feedback.objects.select_related("article__owner").filter(pk=feedback_pk).first()
    if row is not None:
        tell_of_comment(row)


@shared_task
def remind_owners() -> None:
    """Tell owners which articles they should look at again; forget old searches."""
    remind()
    SearchedFor.objects.filter(last_at__lt=timezone.now() - KEEP_SEARCHES).delete()
