"""Celery's way into service levels: timers each second, reactions, recomputations."""

from celery import shared_task

from .. import reactions
from .bulk import next_holidays, recompute, resume
from .timers import sweep


@shared_task
def react(ids: list[int]) -> None:
    """Try the actions that firings called for; each on its own."""
    for pk in ids:
        reactions.perform(pk)


__all__ = ["next_holidays", "react", "recompute", "resume", "sweep"]
