"""Long work in the background."""

from celery import shared_task

from .. import calendars, configuring


@shared_task
def recompute(pk: int) -> None:
    """Bring an agreement's clocks up to its revision, a turn at a time."""
    if configuring.work(pk):
        recompute.delay(pk)


@shared_task
def resume() -> None:
    """Go on with recomputations that a crash or a lost broker left."""
    for pk in configuring.unfinished():
        recompute.delay(pk)


@shared_task
def next_holidays() -> None:
    """Fetch the coming year's holidays for calendars that have a country."""
    calendars.keep_current()
