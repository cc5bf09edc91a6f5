"""What beat starts each second, on the queue that nothing slow shares."""

import time

import structlog
from celery import shared_task

from .. import oncall, reactions
from .. import sweep as sweeping

#: A sweep goes on while there is work, and at most so long: the next beat is a second away.
SECONDS = 20

log = structlog.get_logger(__name__)


@shared_task
def sweep() -> None:
    """Fire thresholds, page the next, and hand on actions whose time has come; none of these holds another up."""
    for work in (fire, oncall.sweep, hand_on):
        try:
            work()
        except Exception:
            log.exception("sweep_failed", part=work.__name__)


def fire() -> None:
    """Fire what is due, batch after batch."""
    until = time.monotonic() + SECONDS
    while sweeping.sweep() == sweeping.BATCH and time.monotonic() < until:
        pass


def hand_on() -> None:
    """Send actions whose time has come to the workers."""
    from . import react

    waiting = reactions.due()
    for start in range(0, len(waiting), 50):
        react.delay(waiting[start : start + 50])
