"""Timed work on incidents."""

from celery import shared_task

from . import operations


@shared_task
def close_resolved() -> None:
    """Close what was resolved long enough ago; beat calls this every five minutes."""
    while operations.close_due() == 500:
        pass
