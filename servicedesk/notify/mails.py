"""Mail about tickets: threaded, marked as automatic, with a plain-text part."""

from __future__ import annotations

from email.utils import formataddr, make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from servicedesk.tickets.models import Event, Ticket
from servicedesk.tickets.timeline import promise_sentence

from .models import Kind, Notification


def ticket_path(ticket: Ticket, user: Any) -> str:
    """Where this person sees the ticket, on this site."""
    return reverse("desk:ticket" if user.is_agent else "portal:ticket", args=[ticket.number])


def thread_id(ticket: Ticket) -> str:
    """The Message-ID that all mails of one ticket refer to."""
    return f"<ticket.{ticket.pk}@{settings.MAIL_DOMAIN}>"


def headline(row: Notification) -> str:
    """One sentence: who did what."""
    if row.event is None or row.ticket is None:
        return row.text
    name = row.event.actor.name if row.event.actor else settings.SITE_NAME
    match row.kind:
        case Kind.OPENED if row.event.actor_id == row.user_id:
            return _("We have received your report.")
        case Kind.OPENED:
            return _("%(name)s opened a ticket.") % {"name": name}
        case Kind.REPLIED:
            return _("%(name)s replied.") % {"name": name}
        case Kind.NOTED:
            return _("%(name)s wrote an internal note.") % {"name": name}
        case Kind.ASSIGNED if row.ticket.assignee_id == row.user_id:
            return _("%(name)s assigned this ticket to you.") % {"name": name}
        case Kind.ASSIGNED:
            return _("%(name)s assigned this ticket to your team.") % {"name": name}
        case Kind.APPROACHING:
            return f"{promise_sentence(row.event)}."
        case Kind.PAGED if row.event.kind == "page_unanswered":
            return _("Nobody on call for %(team)s acknowledged. You lead the team.") % row.event.data
        case Kind.PAGED:
            return _("You are on call for %(team)s. Please acknowledge.") % row.event.data
        case Kind.APPROVAL if row.event.kind == "approval_reminded":
            return _("Your approval is still needed.")
        case Kind.APPROVAL:
            return _("Your approval is needed.")
        case Kind.BUDGET:
            return _("%(level)s %% of the budget of %(centre)s for %(month)s is used.") % row.event.data
        case Kind.CHANGE if row.event.kind == "rescheduled":
            return _("A change of a service of yours is moved to %(when)s.") % {"when": row.event.changes["window"][1]}
        case Kind.MAJOR:
            return _("%(name)s declared a major incident.") % {"name": name}
    state = row.ticket.process.lifecycle.state(row.event.changes.get("status", ["", row.ticket.status])[1])  # type: ignore[arg-type]
    label = state.label if row.user.is_agent else state.customer_label or state.label
    return _("%(number)s: %(state)s.") % {"number": row.ticket.number, "state": label}


def of_ticket(row: Notification) -> tuple[Ticket, Event]:
    """The ticket and event of a notification that has them; raises ValueError for a notice."""
    if row.ticket is None or row.event is None:
        raise ValueError("A notice is about no ticket.")
    return row.ticket, row.event


def send_ticket_mail(row: Notification) -> None:
    """Send one notification by Django's mail backend; raises what the backend raises."""
    ticket, event = of_ticket(row)
    user = row.user
    with translation.override(user.language):
        context = {
            "row": row, "ticket": ticket, "user": user, "event": event, "headline": headline(row),
            "url": settings.SITE_URL + ticket_path(ticket, user), "site_name": settings.SITE_NAME,
            "resolution": ticket.resolution if event.changes.get("resolution", ["", ""])[1] else "",
            "settings_url": settings.SITE_URL + "/profile/notifications/",
        }  # fmt: skip
        send_about(ticket, user, mark=f"{event.pk}.{user.pk}", template="notify/mail", context=context)


def send_about(
    ticket: Ticket, user: Any, *, mark: str, template: str, context: dict[str, Any], subject: str = ""
) -> None:  # fmt: skip
    """Send a mail of a ticket's thread from ``template``.txt and .html; ``mark`` makes its Message-ID."""
    mail = EmailMultiAlternatives(
        subject=subject or f"[{ticket.number}] {ticket.title}",
        body=render_to_string(f"{template}.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[formataddr((user.name, user.email))],
        headers={
            "Message-ID": make_msgid(mark, settings.MAIL_DOMAIN),
            "References": thread_id(ticket),
            "In-Reply-To": thread_id(ticket),
            "List-Id": f"{settings.SITE_NAME} <tickets.{settings.MAIL_DOMAIN}>",
            "List-Unsubscribe": f"<{settings.SITE_URL}/profile/notifications/>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Reply-To": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        },
    )
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    mail.send()
