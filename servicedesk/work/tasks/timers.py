"""What beat starts every few seconds."""

from celery import shared_task

from .. import calls


@shared_task
def hand_on() -> None:
    """Send calls whose time has come to the workers."""
    from . import call

    for pk in calls.due():
        call.delay(pk)
