"""Background work on changes."""

from __future__ import annotations

from celery import shared_task

from . import inviting
from .models import MaintenanceWindow


@shared_task
def send_invitations() -> None:
    """Tell members of meetings that were planned, moved or cancelled."""
    inviting.send_due()


@shared_task
def keep_windows_ready() -> None:
    """Write the maintenance windows of the coming year."""
    for rule in MaintenanceWindow.objects.all():
        rule.keep_ready()
