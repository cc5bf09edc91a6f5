"""Invitations to meetings: mails that calendars understand (iTIP, RFC 5546)."""

from __future__ import annotations

from email.mime.base import MIMEBase
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from icalendar import Calendar, Event, vCalAddress, vText

from servicedesk.people.models import User

from .feeds import new_calendar
from .models import Meeting
from .models.cab import MeetingState


def invitation(meeting: Meeting, members: list[User]) -> Calendar:
    """The meeting as an iCalendar request, or as its cancellation."""
    cancelled = meeting.state == MeetingState.CANCELLED
    calendar = new_calendar(meeting.title)
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    event = Event()
    event.add("uid", f"meeting.{meeting.pk}@{settings.MAIL_DOMAIN}")
    event.add("dtstamp", timezone.now())
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at)
    event.add("summary", meeting.title)
    event.add("sequence", meeting.sequence)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    if meeting.place:
        event.add("location", meeting.place)
    event.add("url", address(meeting))
    organizer = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    organizer.params["cn"] = vText(meeting.chair.name)
    event.add("organizer", organizer)
    for member in members:
        attendee = vCalAddress(f"mailto:{member.email}")
        attendee.params["cn"] = vText(member.name)
        attendee.params["rsvp"] = vText("TRUE")
        event.add("attendee", attendee)
    calendar.add_component(event)
    return calendar


def address(meeting: Meeting) -> str:
    """Where the meeting is on this site."""
    return settings.SITE_URL + reverse("changes:meeting", args=[meeting.pk])


def send_due(limit: int = 20) -> int:
    """Tell the members of meetings that were planned, moved or cancelled since they were told; returns how many mails."""
    sent = 0
    due = Meeting.objects.filter(sent__lt=F("sequence")).select_related("chair").order_by("starts_at")[:limit]
    for meeting in due:
        sequence = meeting.sequence
        # Marked first, so that a second worker sends nothing; where the mail server is away, the next turn tries again.
        if not Meeting.objects.filter(pk=meeting.pk, sent__lt=sequence).update(sent=sequence):
            continue
        members = list(meeting.members.filter(is_active=True).order_by("pk"))
        try:
            for member in members:
                _send(meeting, member, members)
                sent += 1
        except OSError:
            Meeting.objects.filter(pk=meeting.pk, sent=sequence).update(sent=sequence - 1)
            raise
    return sent


def _send(meeting: Meeting, member: User, members: list[User]) -> None:
    with translation.override(member.language), timezone.override(member.time_zone):
        items = list(meeting.items.select_related("change")[:50])
        context = {
            "meeting": meeting, "items": items, "url": address(meeting), "cancelled": meeting.state == MeetingState.CANCELLED,
            "site_name": settings.SITE_NAME,
        }  # fmt: skip
        mail = EmailMultiAlternatives(
            subject=meeting.title, body=render_to_string("changes/meeting_mail.txt", context),
            from_email=settings.DEFAULT_FROM_EMAIL, to=[formataddr((member.name, member.email))],
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )  # fmt: skip
    calendar = invitation(meeting, members)
    part = MIMEBase("text", "calendar", method=str(calendar["method"]), charset="utf-8", name="meeting.ics")
    part.set_payload(calendar.to_ical().decode(), "utf-8")
    mail.attach(part)
    mail.send()
