"""Changes and meetings as iCalendar, for people's own calendars."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from servicedesk.people import access

from .models import CalendarFeed, Change, Freeze

BACK, AHEAD = datetime.timedelta(days=31), datetime.timedelta(days=183)
MOST = 2000


def new_calendar(name: str) -> Calendar:
    """An empty calendar of this installation."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//Changes//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    return calendar


def _event(uid: str, start: datetime.datetime, end: datetime.datetime, summary: str, now: datetime.datetime) -> Event:
    event = Event()
    event.add("uid", f"{uid}@{settings.MAIL_DOMAIN}")
    event.add("dtstamp", now)
    event.add("dtstart", start.astimezone(datetime.UTC))
    event.add("dtend", end.astimezone(datetime.UTC))
    event.add("summary", summary)
    return event


def of_user(user: Any) -> Calendar:
    """The changes that ``user`` sees, from a month ago to half a year ahead, and the freezes."""
    now = timezone.now()
    stretch = DateTimeTZRange(now - BACK, now + AHEAD)
    calendar = new_calendar(_("%(site)s: changes") % {"site": settings.SITE_NAME})
    rows = access.visible(user, Change.objects.filter(window__overlap=stretch))
    rows = (
        rows.exclude(status__in=["cancelled", "rejected", "draft"])
        .prefetch_related("services")
        .order_by("window", "pk")
    )
    for change in rows[:MOST]:
        event = _event(
            f"change.{change.pk}", change.window.lower, change.window.upper, f"{change.number} {change.title}", now
        )
        event.add(
            "status", "CONFIRMED" if change.status in ("scheduled", "implementing", "review", "closed") else "TENTATIVE"
        )
        event.add("sequence", change.version)
        event.add("url", settings.SITE_URL + reverse("desk:ticket", args=[change.number]))
        names = ", ".join(service.name for service in change.services.all())
        event.add(
            "description", "\n".join(part for part in (str(change.state.label), names, change.reason[:500]) if part)
        )
        calendar.add_component(event)
    for freeze in Freeze.objects.filter(window__overlap=stretch).order_by("starts_at")[:200]:
        text = _("Freeze: %(name)s") % {"name": freeze.name}
        calendar.add_component(_event(f"freeze.{freeze.pk}", freeze.starts_at, freeze.ends_at, text, now))
    return calendar


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar fetches; the address itself is the key, and ends with whom it was made for."""
    row = CalendarFeed.objects.select_related("user__organisation").filter(token=token[:64]).first()
    if row is None or not (row.user.is_active and row.user.is_agent):
        raise Http404
    with translation.override(row.user.language):
        calendar = of_user(row.user)
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, max-age=300"
    return response
