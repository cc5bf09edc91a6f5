"""After the commit: those who are asked hear of it, in the page and by a mail with a link."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from servicedesk.notify.mails import headline, send_about
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
        Notification.objects.get_or_create(
            event=event, user=approver.user,
            defaults={"ticket_id": event.ticket_id, "kind": Kind.APPROVAL, "in_page": in_page, "by_email": by_email},
        )  # fmt: skip
        if by_email:
            _mail(event, approver)


def _mail(event: Event, approver: Approver) -> None:
    """Send and remember it in one short transaction: a repeat skips what was sent."""
    with transaction.atomic():
        row = (
            Notification.objects.select_for_update(of=("self",))
            .select_related("user", "event__actor", "ticket__requester")
            .get(event=event, user=approver.user)
        )
        if row.mailed_at is not None:
            return
        ticket = row.ticket
        with translation.override(approver.user.language), timezone.override(approver.user.time_zone):
            side = approvable_of(ticket)
            context = {
                "row": row, "ticket": ticket, "user": approver.user, "approver": approver, "event": event,
                "headline": headline(row), "url": link_for(approver), "site_name": settings.SITE_NAME,
                "settings_url": f"{settings.SITE_URL}/profile/notifications/", **side.details(ticket),
            }  # fmt: skip
            send_about(
                ticket, approver.user, mark=f"approval.{event.pk}.{approver.pk}", template="approvals/mail", context=context,
                subject=f"[{ticket.number}] {row.event.data.get('step', '')}: {ticket.title}" if event.data.get("step")
                else "",
            )  # fmt: skip
        row.mailed_at = timezone.now()
        row.save(update_fields=["mailed_at"])
        Approver.objects.filter(pk=approver.pk).update(mailed_at=row.mailed_at)
