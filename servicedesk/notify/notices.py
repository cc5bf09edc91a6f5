"""Telling people of what is about no ticket: one sentence that leads somewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from email.utils import formataddr, make_msgid

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation

from servicedesk.people.models import User
from servicedesk.text import clean_text

from .models import Notification, default_for, preferences


def tell_about(
    people: Iterable[User], kind: str, *, text: Callable[[], str], about: str, path: str, key: str, by_email: bool = True
) -> list[User]:  # fmt: skip
    """Tell these people once (``key`` says what is the same), by the channels they chose; returns who hears of it.

    ``text`` makes the sentence in each one's language. ``by_email`` False leaves the mail to the caller.
    """
    told = []
    people = [person for person in people if person.is_active]
    chosen = preferences([person.pk for person in people])
    for person in people:
        in_page, mailed = chosen.get((person.pk, kind), default_for(person, kind))
        mailed = mailed and by_email
        if not (in_page or mailed):
            continue
        with translation.override(person.language):
            row, new = Notification.objects.get_or_create(
                user=person, key=key,
                defaults={
                    "kind": kind, "in_page": in_page, "by_email": mailed, "path": path, "about": about[:250],
                    "text": clean_text(text(), one_line=True)[:300],
                },
            )  # fmt: skip
            if row.by_email and row.mailed_at is None:
                _mail(row)
                Notification.objects.filter(pk=row.pk).update(mailed_at=timezone.now())
        if new:
            told.append(person)
    return told


def _mail(row: Notification) -> None:
    context = {"row": row, "url": settings.SITE_URL + row.path, "site_name": settings.SITE_NAME,
               "settings_url": f"{settings.SITE_URL}/profile/notifications/"}  # fmt: skip
    EmailMessage(
        subject=row.text,
        body=render_to_string("notify/notice.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[formataddr((row.user.name, row.user.email))],
        headers={
            "Message-ID": make_msgid(f"notice.{row.pk}", settings.MAIL_DOMAIN), "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    ).send()  # fmt: skip
