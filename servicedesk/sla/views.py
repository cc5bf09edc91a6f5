"""What calendars fetch."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from . import oncall
from .models import Rota

BACK, AHEAD = datetime.timedelta(days=31), datetime.timedelta(days=366)


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """A rota's shifts of the last month and the coming year as iCalendar; the address itself is the key."""
    rota = Rota.objects.select_related("team").filter(token=token).first()
    if rota is None:
        raise Http404
    now = timezone.now()
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//On call//EN")
    calendar.add("version", "2.0")
    name = _("On call: %(team)s") % {"team": rota.team.name}
    calendar.add("x-wr-calname", name)
    for shift in oncall.shifts(rota, now - BACK, now + AHEAD):
        event = Event()
        event.add("uid", f"{rota.pk}.{shift.user.pk}.{int(shift.start.timestamp())}@{settings.MAIL_DOMAIN}")
        event.add("dtstamp", now)
        event.add("dtstart", shift.start.astimezone(datetime.UTC))
        event.add("dtend", shift.end.astimezone(datetime.UTC))
        event.add("summary", f"{name} – {shift.user.name}")
        if shift.override:
            event.add("description", shift.override)
        calendar.add_component(event)
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, max-age=300"
    return response
