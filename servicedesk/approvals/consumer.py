"""After the commit: those who are asked hear of it, in the page and by a mail with a link."""

from __future__ import annotations

import functools

from django.conf import settings
from django.utils import timezone, translation

from servicedesk.notify.consumer import send_once
from servicedesk.notify.mails import headline, of_ticket, send_about
from servicedesk.notify.models import Kind, Notification, default_for, preferences
from servicedesk.tickets.models import Event

from .links import link_for
from .models import Answer, Approver
from .process import approvable_of

KINDS = frozenset({"approval_asked", "approval_delegated", "approval_reminded"})


def ask_approvers(event: Event) -> None:
    """Tell each approver named by the event once. Safe to repeat."""
    if event.kind not in KINDS:
        return
    rows = Approver.objects.select_related("user", "in_place_of", "step__approval").filter(
        pk__in=event.data.get("approvers", []), answer=Answer.ASKED, user__is_active=True
    )
    chosen = preferences([row.user_id for row in rows])
    for approver in rows:
        in_page, by_email = chosen.get((approver.user_id, Kind.APPROVAL), default_for(approver.user, Kind.APPROVAL))
        if not (in_page or by_email):
            in_page = True  # it waits for them: they hear of it somehow
        row, _new = Notification.objects.get_or_create(
            event=event, user=approver.user,
            defaults={"ticket_id": event.ticket_id, "kind": Kind.APPROVAL, "in_page": in_page, "by_email": by_email},
        )  # fmt: skip
        if row.by_email and row.mailed_at is None:
            send_once(row, functools.partial(_mail, approver))


def _mail(approver: Approver, row: Notification) -> None:
    """The request, and the link to decide by."""
    (ticket, event), person = of_ticket(row), approver.user
    with translation.override(person.language), timezone.override(person.time_zone):
        step = event.data.get("step", "")
        context = {
            "row": row, "ticket": ticket, "user": person, "approver": approver, "event": event,
            "headline": headline(row), "url": link_for(approver), "site_name": settings.SITE_NAME,
            "settings_url": f"{settings.SITE_URL}/profile/notifications/", **approvable_of(ticket).details(ticket),
        }  # fmt: skip
        send_about(
            ticket, person, mark=f"approval.{row.event_id}.{approver.pk}", template="approvals/mail", context=context,
            subject=f"[{ticket.number}] {step}: {ticket.title}" if step else "",
        )  # fmt: skip
