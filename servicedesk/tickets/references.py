"""The few rows that every ticket refers to: teams, services, categories, organisations, codes.

A page that shows one ticket would join five tables for five names that hardly
ever change. Each process keeps them for some seconds instead; a changed name
shows on the next page after that.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from .models import ResolutionCode, Ticket

KEEP_SECONDS = 5.0
#: More than this many rows are not kept: an installation may serve thousands of organisations.
MOST = 5_000
FIELDS = ("organisation", "team", "service", "category", "resolution_code")

_kept: dict[tuple[type[Model], int], Model] = {}
_codes: list[ResolutionCode] = []
_until = 0.0


def _refresh() -> None:
    global _until
    now = time.monotonic()
    if now > _until or len(_kept) > MOST:
        _kept.clear()
        _codes.clear()
        _until = now + KEEP_SECONDS


def forget() -> None:
    """Start anew; for tests, whose rows vanish."""
    global _until
    _until = 0.0


def attach(ticket: Ticket, fields: Iterable[str] = FIELDS) -> Ticket:
    """Give the ticket its related rows without a join; a query only for those not kept."""
    _refresh()
    for name in fields:
        field: Any = Ticket._meta.get_field(name)
        pk = getattr(ticket, field.attname)
        if pk is None or field.is_cached(ticket):
            continue
        model = field.related_model
        row = _kept.get((model, pk))
        if row is None:
            row = _kept[model, pk] = model._default_manager.get(pk=pk)
        field.set_cached_value(ticket, row)
    return ticket


def active_codes() -> list[ResolutionCode]:
    """The resolution codes that can be chosen, in their order."""
    _refresh()
    if not _codes:
        _codes.extend(ResolutionCode.objects.filter(is_active=True))
    return list(_codes)
