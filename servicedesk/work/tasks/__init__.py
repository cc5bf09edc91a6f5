"""Background work on tasks."""

from celery import shared_task

from .. import calls


@shared_task
def call(pk: int) -> None:
    """Tell an outside system of its task."""
    calls.perform(pk)
