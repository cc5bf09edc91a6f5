"""Celery's way into the outbox."""

from celery import shared_task

from . import outbox

BATCH = 50


@shared_task
def dispatch(event_ids: list[int]) -> None:
    """Have the events' consumers run, each in a transaction of its own."""
    for event_id in event_ids:
        outbox.dispatch_event(event_id)


@shared_task
def sweep() -> None:
    """Dispatch what a crash, a full broker or a failed consumer left behind."""
    left = outbox.left_behind()
    for start in range(0, len(left), BATCH):
        dispatch.delay(left[start : start + BATCH])
