"""The catalogue's pages in the portal: all shelves, one shelf, one service."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from servicedesk.portal.front import fronts
from servicedesk.services.models import Service
from servicedesk.sla.durations import written

from .entitlement import orderable
from .models import SHELF_ORDER, Category, OfferingVersion, VersionState

#: Cards on one page.
PAGE = 100


def cards(rows: Any) -> Any:
    """Offerings with what a card shows of the version that is offered now."""
    live = OfferingVersion.objects.filter(offering=OuterRef("pk"), state=VersionState.PUBLISHED)
    return (
        rows.select_related("category")
        .annotate(
            from_once=Subquery(live.values("from_once")[:1]),
            from_monthly=Subquery(live.values("from_monthly")[:1]),
            is_from=Subquery(live.values("is_from")[:1]),
        )
        .only("name", "slug", "icon", "description", "category__name", "category__slug", "category__icon")
        .order_by(*SHELF_ORDER)
    )


@login_required
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Everything that one may order, by shelf."""
    page = Paginator(cards(orderable(request.user)), PAGE).get_page(request.GET.get("page"))
    shelves: dict[Any, list[Any]] = {}
    for offering in page:
        shelves.setdefault(offering.category, []).append(offering)
    return render(
        request, "catalog/catalogue.html", {"page": page, "shelves": list(shelves.items()), "current": "catalogue"}
    )


@login_required
@require_safe
def shelf(request: HttpRequest, slug: str) -> HttpResponse:
    """One category."""
    category = get_object_or_404(Category, slug=slug)
    page = Paginator(cards(orderable(request.user).filter(category=category)), PAGE).get_page(request.GET.get("page"))
    context = {"category": category, "page": page, "shelves": [(category, list(page))], "current": "catalogue"}
    return render(request, "catalog/shelf.html", context)


@login_required
@require_safe
def service(request: HttpRequest, pk: int) -> HttpResponse:
    """A service: how it does, when there is support, what is promised, what can be ordered."""
    rows = Service.objects.select_related("owner", "team", "support_hours", "agreement__metric")
    found = get_object_or_404(rows, pk=pk, is_active=True)
    hours = found.support_hours
    open_now = None
    if hours is not None:
        try:
            open_now = hours.working_hours().is_open(timezone.now())
        except ValueError:
            open_now = False
    goals = []
    if found.agreement is not None and found.agreement.is_active:
        goals = [(goal, written(goal.target)) for goal in found.agreement.goals.select_related("calendar")]
    context = {
        "service": found, "open_now": open_now, "goals": goals,
        "offerings": cards(orderable(request.user).filter(service=found)).order_by(F("name").asc())[:50],
        "fronts": [(f.service_template, f.service(request.user, found)) for f in fronts() if f.service_template],
        "current": "catalogue",
    }  # fmt: skip
    return render(request, "catalog/service.html", context)
