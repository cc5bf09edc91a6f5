"""The record of success: how the changes of models went in the last 12 months."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from .models import Change, Outcome
from .risk import YEAR


@dataclass(frozen=True)
class Record:
    """How many changes there were, and how many of them went well (with or without issues)."""

    done: int = 0
    well: int = 0


def of_models() -> dict[int, Record]:
    """Model id → record; one query."""
    rows = (
        Change.objects.filter(ended_at__gte=timezone.now() - YEAR, model__isnull=False)
        .exclude(outcome="").order_by().values_list("model", "outcome").annotate(n=Count("pk"))
    )  # fmt: skip
    found: dict[int, Record] = {}
    for model, outcome, n in rows:
        old = found.get(model, Record())
        well = n if outcome in (Outcome.SUCCESSFUL, Outcome.WITH_ISSUES) else 0
        found[model] = Record(old.done + n, old.well + well)
    return found
