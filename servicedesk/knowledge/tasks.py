"""What workers do for knowledge."""

from __future__ import annotations

import datetime

from celery import shared_task
from django.core.cache import caches
from django.utils import timezone

from .models import SearchedFor
from .reminding import remind
from .search import words

#: What nobody searched for in so long is forgotten.
KEEP_SEARCHES = datetime.timedelta(days=365)


@shared_task
def keep_words() -> None:
    """Write the word list anew, after articles changed."""
    words.rebuild()
    caches["near"].delete("knowledge:languages")


@shared_task
def remind_owners() -> None:
    """Tell owners which articles they should look at again; forget old searches."""
    remind()
    SearchedFor.objects.filter(last_at__lt=timezone.now() - KEEP_SEARCHES).delete()
