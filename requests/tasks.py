"""Timed work on requests, and drafts that nobody came back to."""

import datetime

from celery import shared_task
from django.utils import timezone

from . import operations
from .basket import forget_old


@shared_task
def close_fulfilled() -> None:
    """Close what was fulfilled long enough ago; beat calls this every five minutes."""
    while operations.close_due() == 500:
        pass


@shared_task
def clear_drafts() -> None:
    """Drop drafts untouched for a year, with their files; beat calls this once a day."""
    forget_old(timezone.now() - datetime.timedelta(days=365))
