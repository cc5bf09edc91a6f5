"""Timed work on requests."""

from __future__ import annotations

import datetime

from servicedesk.tickets.operations import close_resolved

from ..process import REQUEST


def close_due(*, now: datetime.datetime | None = None, limit: int = 500) -> int:
    """Close requests fulfilled longer ago than the desk settings say; returns how many."""
    return close_resolved(REQUEST, now=now, limit=limit)
