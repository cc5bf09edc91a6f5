"""What workers do for problems."""

from celery import shared_task

from . import candidates


@shared_task
def find_candidates() -> int:
    """Look for clusters of incidents; how many there are."""
    return len(candidates.find())
