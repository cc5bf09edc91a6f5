"""Who is on call, as a calendar."""

from __future__ import annotations

import calendar
import datetime
import zoneinfo
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from servicedesk.people import access
from servicedesk.people.models import Team
from servicedesk.sla import oncall
from servicedesk.sla.models import Rota

from ..guard import agents_only


def _month(text: str) -> datetime.date:
    """The first day of ``2026-03``, or of this month for anything else."""
    try:
        day = datetime.datetime.strptime(text, "%Y-%m").date()
        return day if 2000 <= day.year <= 2100 else timezone.localdate().replace(day=1)
    except ValueError:
        return timezone.localdate().replace(day=1)


def _weeks(rota: Rota, first: datetime.date) -> list[list[dict[str, Any]]]:
    """The month's weeks, each day with the shifts that touch it, in the rota's zone."""
    zone = zoneinfo.ZoneInfo(rota.time_zone)
    days = calendar.Calendar().monthdatescalendar(first.year, first.month)

    def midnight(day: datetime.date) -> datetime.datetime:
        return datetime.datetime.combine(day, datetime.time(), zone)

    shifts = oncall.shifts(rota, midnight(days[0][0]), midnight(days[-1][-1] + datetime.timedelta(1)))
    today = timezone.now().astimezone(zone).date()
    return [
        [
            {
                "date": day, "other": day.month != first.month, "today": day == today,
                "turns": [
                    {"user": s.user, "override": s.override, "start": s.start.astimezone(zone)}
                    for s in shifts
                    if s.start < midnight(day + datetime.timedelta(1)) and s.end > midnight(day)
                ],
            }
            for day in week
        ]
        for week in days
    ]  # fmt: skip


@agents_only
@require_safe
def on_call(request: HttpRequest) -> HttpResponse:
    """Every team's rota: who is on call now, and a month of it."""
    month = _month(request.GET.get("month", ""))
    visible = access.visible_teams(request.user, Team.objects.filter(is_active=True))
    rotas = []
    for rota in Rota.objects.select_related("team").filter(team__in=visible):
        rotas.append(
            {
                "rota": rota, "now": oncall.on_call(rota, timezone.now()), "weeks": _weeks(rota, month),
                "feed": settings.SITE_URL + reverse("on_call_feed", args=[rota.token]),
            }
        )  # fmt: skip
    before = (month - datetime.timedelta(1)).replace(day=1)
    after = (month + datetime.timedelta(32)).replace(day=1)
    context = {"rotas": rotas, "month": month, "before": before, "after": after, "current": "on_call"}
    return render(request, "desk/on_call.html", context)
