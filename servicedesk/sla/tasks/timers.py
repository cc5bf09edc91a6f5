"""What beat starts each second, on the queue that nothing slow shares."""

import time

from celery import shared_task

from .. import oncall, reactions
from .. import sweep as sweeping

#: A sweep goes on while there is work, and at most so long: the next beat is a second away.
SECONDS = 20


@shared_task
def sweep() -> None:
    """Fire thresholds, page the next, and hand on actions whose time has come."""
    until = time.monotonic() + SECONDS
    while sweeping.sweep() == sweeping.BATCH and time.monotonic() < until:
        pass
    oncall.sweep()
    waiting = reactions.due()
    if waiting:
        from . import react

        for start in range(0, len(waiting), 50):
            react.delay(waiting[start : start + 50])
