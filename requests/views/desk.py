"""Agents' screens of requests: ordering for somebody, and who pays."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import SHELF_ORDER, Offering
from catalog.views import cards
from servicedesk.desk.dialogs import ask
from servicedesk.desk.guard import agents_only, find_ticket
from servicedesk.desk.views.ticket import RELATED

from .. import operations
from ..forms import ChargeForm, EndForm
from ..models import ServiceRequest


@agents_only
@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """Choose what somebody who called wants; the form says for whom."""
    words = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    rows = Offering.objects.filter(is_retired=False, service__is_active=True, versions__state="published")
    if words:
        rows = rows.filter(name__icontains=words) | rows.filter(keywords__icontains=words)
    context = {
        "offerings": cards(rows.distinct()).order_by(*SHELF_ORDER)[:200],
        "words": words,
        "for": request.GET.get("for", "")[:300],
        "current": "new",
    }
    return render(request, "requests/new.html", context)


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@agents_only
@require_http_methods(["GET", "POST"])
def charge(request: HttpRequest, number: str) -> HttpResponse:
    """Charge a request to another cost centre."""
    ticket = find_ticket(request.user, number, RELATED)
    row = get_object_or_404(ServiceRequest, pk=ticket.pk)
    return ask(
        request, ticket, ChargeForm(_data(request), initial={"cost_centre": row.cost_centre_id}),
        lambda values: operations.charge_to(ticket, actor=request.user, **values),
        title=_("Who pays?"), button=_("Save"), done=_("Saved."),
    )  # fmt: skip


@agents_only
@require_http_methods(["GET", "POST"])
def end_monthly(request: HttpRequest, number: str) -> HttpResponse:
    """End what a request costs each month."""
    ticket = find_ticket(request.user, number, RELATED)
    get_object_or_404(ServiceRequest, pk=ticket.pk)
    return ask(
        request, ticket, EndForm(_data(request)),
        lambda values: operations.end_monthly(ticket, actor=request.user, **values),
        title=_("End the monthly costs"), button=_("Save"), done=_("Saved."),
    )  # fmt: skip
