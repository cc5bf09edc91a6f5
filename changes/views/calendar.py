"""The calendar: month, week and a timeline per service; moving a change in it."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.desk.guard import agents_only, find_ticket
from servicedesk.people import access
from servicedesk.people.models import Team
from servicedesk.services.models import Service
from servicedesk.tickets.errors import Invalid, OperationError

from .. import calendar, collisions, operations
from ..models import CalendarFeed, Change, ChangeType, Level

VIEWS = ("month", "week", "timeline")
#: Days of a timeline.
LONG = 28
#: A drag moves by at most so many minutes.
FARTHEST = 400 * 1440


def _day(text: str) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(text[:10])
        return day if 2000 <= day.year <= 2100 else timezone.localdate()
    except ValueError:
        return timezone.localdate()


def _stretch(view: str, day: datetime.date) -> tuple[list[datetime.date], datetime.date, datetime.date]:
    """(days shown, the day to go back to, the day to go on to)."""
    if view == "month":
        first = day.replace(day=1)
        return (
            calendar.month_days(first),
            (first - calendar.DAY).replace(day=1),
            (first + 32 * calendar.DAY).replace(day=1),
        )
    monday = day - datetime.timedelta(days=day.weekday())
    count = 7 if view == "week" else LONG
    days = [monday + n * calendar.DAY for n in range(count)]
    step = datetime.timedelta(days=7 if view == "week" else 14)
    return days, monday - step, monday + step


@agents_only
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Changes, freezes, maintenance windows and who is on call, in the zone of whoever looks."""
    user: Any = request.user
    view = request.GET.get("view", "month")
    view = view if view in VIEWS else "month"
    day = _day(request.GET.get("date", ""))
    zone = zoneinfo.ZoneInfo(user.time_zone)
    chosen = calendar.Filter.read(request.GET)
    days, before, after = _stretch(view, day)
    start, end = calendar.midnight(days[0], zone), calendar.midnight(days[-1] + calendar.DAY, zone)
    found = calendar.entries(user, start, end, chosen, zone)
    frozen = calendar.freezes(start, end, chosen, zone)
    bands = calendar.maintenance(start, end, chosen, zone)
    kept = {k: v for k, v in request.GET.items() if k in ("service", "team", "risk", "type") and v}
    context: dict[str, Any] = {
        "view": view, "views": [("month", _("Month")), ("week", _("Week")), ("timeline", _("Timeline"))], "day": day,
        "before": before, "after": after, "chosen": chosen, "kept": urlencode(kept), "days": days,
        "today": timezone.now().astimezone(zone).date(), "many": len(found) >= calendar.MOST, "most": calendar.MOST,
        "services": Service.objects.filter(is_active=True).order_by("name").only("name")[:500],
        "teams": access.visible_teams(user, Team.objects.filter(is_active=True)).order_by("name")[:200],
        "levels": Level.choices, "types": ChangeType.choices, "current": "changes", "entries": found,
        "feed": _feed_address(user), "duty": calendar.duty(user, start, end, chosen),
    }  # fmt: skip
    if view == "month":
        context["weeks"] = _weeks(days, found, frozen, bands, zone, day)
    else:
        context |= {"freezes": frozen, "bands": bands, "start": start, "end": end}
    if view == "week":
        context["columns"] = [
            (one, calendar.midnight(one, zone), calendar.midnight(one + calendar.DAY, zone)) for one in days
        ]
    if view == "timeline":
        names = {service: name for entry in found for service, name in entry.services}
        context["rows"] = [
            (name, rows, [b for b in bands if name in {names.get(service) for service in b.services}])
            for name, rows in calendar.by_service(found)
        ]
    template = "changes/calendar_body.html" if request.headers.get("X-Part") else "changes/calendar.html"
    return render(request, template, context)


def _weeks(
    days: list[datetime.date], found: list[calendar.Entry], frozen: list[calendar.Band], bands: list[calendar.Band],
    zone: zoneinfo.ZoneInfo, day: datetime.date,
) -> list[list[dict[str, Any]]]:  # fmt: skip
    """A month's weeks, each day with what touches it."""
    cells = []
    for one in days:
        begins, ends = calendar.midnight(one, zone), calendar.midnight(one + calendar.DAY, zone)
        cells.append(
            {
                "date": one,
                "other": one.month != day.month,
                "entries": calendar.touching(found, begins, ends),
                "freezes": calendar.touching(frozen, begins, ends),
                "bands": calendar.touching(bands, begins, ends),
            }
        )
    return [cells[n : n + 7] for n in range(0, len(cells), 7)]


@agents_only
@require_POST
def shift(request: HttpRequest, number: str) -> HttpResponse:
    """Move a change by so many minutes of its own clock; answers with what it meets there, or why it may not."""
    ticket = find_ticket(request.user, number)
    change = get_object_or_404(Change, pk=ticket.pk)
    try:
        minutes = int(request.POST.get("minutes", ""))
        if abs(minutes) > FARTHEST:
            raise ValueError
    except ValueError:
        return JsonResponse({"text": _("This is no time that a change can be moved by.")}, status=422)
    if change.window is None:
        return JsonResponse({"text": _("It has no window yet.")}, status=422)
    delta = datetime.timedelta(minutes=minutes)
    zone = zoneinfo.ZoneInfo(change.zone)
    start = change.window.lower.astimezone(zone).replace(tzinfo=None) + delta
    end = change.window.upper.astimezone(zone).replace(tzinfo=None) + delta
    try:
        moved = operations.move(change, actor=request.user, start=start, end=end, zone=change.zone)
    except Invalid as error:
        return JsonResponse({"text": " ".join(str(text) for text in error.fields.values())}, status=422)
    except OperationError as error:
        return JsonResponse({"text": error.message}, status=error.status)
    found = collisions.of(moved, request.user)
    text = _("%(number)s is moved.") % {"number": ticket.number}
    if moved.status != change.status:
        text += " " + _("Its risk is higher there: it is assessed again.")
    return JsonResponse({"text": text, "collisions": [collision.words for collision in found]})


def _feed_address(user: Any) -> str:
    feed = CalendarFeed.objects.filter(user=user).first()
    return settings.SITE_URL + reverse("changes:feed", args=[feed.token]) if feed is not None else ""


@agents_only
@require_POST
def new_feed(request: HttpRequest) -> HttpResponse:
    """Make a private address, or with ``revoke`` take it away; a new one ends the old one."""
    user: Any = request.user
    with transaction.atomic():
        CalendarFeed.objects.filter(user=user).delete()
        if not request.POST.get("revoke"):
            CalendarFeed.objects.create(user=user)
    return redirect("changes:calendar")
