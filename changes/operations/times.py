"""Freezes and maintenance windows, kept by change managers and admins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.services.models import Service
from servicedesk.tickets.errors import Invalid

from .. import cab
from ..models import Freeze, MaintenanceWindow


def _save(row: Any, actor: Any, services: Sequence[Service] | None, values: dict[str, Any], exclude: list[str]) -> None:
    cab.require_lead(actor)
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as error:
        raise Invalid({name: [str(text) for text in texts] for name, texts in error.message_dict.items()}) from None
    row.save()
    if services is not None:
        row.services.set(services)


@transaction.atomic
def freeze(
    row: Freeze | None = None, *, actor: Any, services: Sequence[Service] | None = None, **values: Any
) -> Freeze:
    """Make a freeze or change ``row``: name, reason, starts_at, ends_at; no services means all. Raises Invalid."""
    row = row or Freeze()
    _save(row, actor, services, values, ["window"])
    return row


@transaction.atomic
def maintenance(
    row: MaintenanceWindow | None = None, *, actor: Any, services: Sequence[Service] | None = None, **values: Any
) -> MaintenanceWindow:  # fmt: skip
    """Make a weekly maintenance window or change ``row``. Raises Invalid."""
    row = row or MaintenanceWindow()
    if not values.get("weekdays", row.weekdays):
        raise Invalid({"weekdays": _("Choose a day at least.")})
    _save(row, actor, services, values, [])
    return row


@transaction.atomic
def drop(row: Freeze | MaintenanceWindow, *, actor: Any) -> None:
    """Take it away."""
    cab.require_lead(actor)
    row.delete()
