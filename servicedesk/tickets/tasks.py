"""Celery's way into the outbox."""

from celery import shared_task

from . import outbox


@shared_task
def dispatch(event_id: int) -> None:
    """Have an event's consumers run."""
    outbox.dispatch_event(event_id)


@shared_task
def sweep() -> None:
    """Dispatch what a crash, a full broker or a failed consumer left behind."""
    for event_id in outbox.left_behind():
        dispatch.delay(event_id)
