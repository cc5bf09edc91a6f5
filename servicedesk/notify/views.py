"""The bell's list, and who wants to hear of what."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .mails import headline, ticket_path
from .models import CUSTOMER_KINDS, Kind, Notification, Preference, default_for, preferences

LIMIT = 50


def listed(user: Any, limit: int = LIMIT) -> list[tuple[Notification, str]]:
    """The newest notifications in the page, each with its sentence; one query."""
    rows = (
        Notification.objects.filter(user=user, in_page=True)
        .select_related("event__actor", "ticket", "user")
        .defer("ticket__search", "ticket__description", "ticket__description_html")
        .order_by("-created_at")[:limit]
    )
    return [(row, headline(row)) for row in rows]


@login_required
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """Everything the bell rang for; as a menu for htmx, as a page otherwise."""
    menu = bool(request.headers.get("HX-Request"))
    context = {"rows": listed(request.user, 10 if menu else LIMIT), "current": "notifications"}
    return render(request, "notify/menu.html" if menu else "notify/list.html", context)


@login_required
@require_safe
def go(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read and go to what it is about."""
    user: Any = request.user
    row = get_object_or_404(Notification.objects.select_related("ticket"), pk=pk, user=user)
    if row.read_at is None:
        row.read_at = timezone.now()
        row.save(update_fields=["read_at"])
    return redirect(ticket_path(row.ticket, request.user) if row.ticket is not None else row.path)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    user: Any = request.user
    Notification.objects.filter(user=user, read_at=None).update(read_at=timezone.now())
    return redirect("notifications")


@login_required
@require_http_methods(["GET", "POST"])
def preferences_page(request: HttpRequest) -> HttpResponse:
    """Channels for each kind. Unknown names in a forged post are left out."""
    user: Any = request.user
    kinds = [kind for kind in Kind if user.is_agent or kind in CUSTOMER_KINDS]
    if request.method == "POST":
        Preference.objects.bulk_create(
            [
                Preference(
                    user=user, kind=kind, in_page=f"{kind}-page" in request.POST, by_email=f"{kind}-email" in request.POST
                )
                for kind in kinds
            ],
            update_conflicts=True, unique_fields=["user", "kind"], update_fields=["in_page", "by_email"],
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return redirect("notification_preferences")
    chosen = preferences([user.pk])
    rows = [(kind, *chosen.get((user.pk, kind), default_for(user, kind))) for kind in kinds]
    return render(request, "notify/preferences.html", {"rows": rows, "tab": "notifications"})
