"""DORA's measures as a page and as CSV."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from servicedesk.desk.guard import agents_only
from servicedesk.services.models import Service
from servicedesk.text import csv_cell

from .. import measures
from ..calendar import Filter

MONTHS = 6


def span(seconds: float | None) -> str:
    """``3.5 h`` or ``2.1 d``: real time, coarse."""
    if seconds is None:
        return "—"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"


def _rows(request: HttpRequest) -> tuple[list[str], list[tuple[str, list[measures.Cell | None]]]]:
    months, found = measures.measure(request.user, service=Filter.read(request.GET).service, count=MONTHS)
    return months, [(name, [cells.get(month) for month in months]) for name, cells in found.items()]


@agents_only
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Four tables: a service a row, a month a column."""
    months, rows = _rows(request)
    readers: list[Any] = [
        lambda c: str(c.done), lambda c: span(c.lead), lambda c: f"{c.failure_rate} %", lambda c: span(c.restore),
    ]  # fmt: skip
    tables = [
        (label, words, [(name, [read(cell) if cell is not None else "" for cell in cells]) for name, cells in rows])
        for (label, words), read in zip(measures.DEFINITIONS, readers, strict=True)
    ]
    context = {
        "months": months, "tables": tables if rows else [], "chosen": Filter.read(request.GET), "current": "changes",
        "services": Service.objects.filter(is_active=True).order_by("name").only("name")[:500],
    }  # fmt: skip
    return render(request, "changes/measures.html", context)


@agents_only
@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """The same for a spreadsheet; times in seconds."""
    months, rows = _rows(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="changes.csv"'
    writer = csv.writer(response)
    writer.writerow(["service", "month", "deployments", "lead_time_s", "failure_rate_percent", "time_to_restore_s"])
    for name, cells in rows:
        for month, cell in zip(months, cells, strict=True):
            if cell is not None:
                writer.writerow([csv_cell(name), month, cell.done, cell.lead, cell.failure_rate, cell.restore])
    return response
