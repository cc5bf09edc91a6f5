"""What cost centres spent on requests, for those who answer for them."""

from __future__ import annotations

import csv
import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.text import csv_cell
from servicedesk.tickets.errors import Invalid

from .. import costs as reckoning
from ..models import Budget

MOST_LINES = 20_000


def read_month(text: str, *, strict: bool = False) -> datetime.date:
    """The month of ``2026-11``, this one for nothing; for anything else too, or ``strict`` raises Invalid."""
    today = timezone.localdate().replace(day=1)
    try:
        month = datetime.datetime.strptime(text, "%Y-%m").date() if text else today
    except ValueError:
        month = None
    if month is not None and 2000 <= month.year <= 2100:
        return month
    if strict:
        raise Invalid({"month": _("Write a month such as 2026-11.")})
    return today


def _mine(user: Any) -> list[Any]:
    centres = list(reckoning.centres_of(user))
    if not centres and not user.is_admin:
        raise Http404
    return centres


@login_required
@require_safe
def costs(request: HttpRequest) -> HttpResponse:
    """A month: each cost centre's budget, what is used of it, and by what."""
    month = read_month(request.GET.get("month", ""))
    centres = _mine(request.user)
    spent = reckoning.used([c.pk for c in centres], month)
    budgets = {b.cost_centre_id: b.amount for b in Budget.objects.filter(cost_centre__in=centres, month=month)}
    rows = []
    for centre in centres:
        used, budget = spent.get(centre.pk, reckoning.ZERO), budgets.get(centre.pk)
        share = int(used * 100 / budget) if budget else None
        rows.append({"centre": centre, "used": used, "budget": budget, "share": share, "bar": min(share or 0, 100)})
    before = (month - datetime.timedelta(days=1)).replace(day=1)
    context = {
        "rows": rows, "month": month, "before": before, "after": reckoning.next_month(month),
        "lines": reckoning.lines([c.pk for c in centres], month, limit=200), "current": "costs",
    }  # fmt: skip
    return render(request, "requests/costs.html", context)


@login_required
@require_safe
def costs_csv(request: HttpRequest) -> HttpResponse:
    """The month's report as CSV: one line for each request and one for each budget."""
    month = read_month(request.GET.get("month", ""))
    centres = _mine(request.user)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="costs-{month:%Y-%m}.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(
        [
            "month",
            "cost_centre",
            "request",
            "offering",
            "for",
            "ordered_on",
            "quantity",
            "once",
            "monthly",
            "in_month",
            "status",
        ]
    )
    for row, amount in reckoning.lines([c.pk for c in centres], month, limit=MOST_LINES):
        person = row.requester.name if row.requester is not None else ""
        writer.writerow([
            f"{month:%Y-%m}", csv_cell(str(row.cost_centre)), row.number, csv_cell(row.offering.name), csv_cell(person),
            row.ordered_on.isoformat(), row.quantity, row.price_once, row.price_monthly, amount, row.status,
        ])  # fmt: skip
    spent = reckoning.used([c.pk for c in centres], month)
    budgets = {b.cost_centre_id: b.amount for b in Budget.objects.filter(cost_centre__in=centres, month=month)}
    writer.writerow([])
    writer.writerow(["month", "cost_centre", "budget", "used"])
    for centre in centres:
        writer.writerow(
            [f"{month:%Y-%m}", csv_cell(str(centre)), budgets.get(centre.pk, ""), spent.get(centre.pk, reckoning.ZERO)]
        )
    return response
