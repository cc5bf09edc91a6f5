"""By when a request is promised, in words for its customer."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from servicedesk.sla.models import Clock, ClockState
from servicedesk.sla.rules import rules

#: A clock that runs until the end measures when it is ready.
UNTIL_READY = frozenset({"enters_resolved", "enters_closed"})


def promised_at(ticket: Any) -> tuple[datetime.datetime | None, bool]:
    """(when it should be ready, whether that is only if nothing keeps it waiting from now on).

    Of a clock that stands: as if it went on this moment.
    """
    known = rules()
    now = timezone.now()
    for clock in Clock.objects.filter(ticket=ticket.pk, goal__isnull=False).exclude(state=ClockState.STOPPED):
        agreement = known.by_id.get(clock.agreement_id)
        if agreement is None or not agreement.stops <= UNTIL_READY or "opened" not in agreement.starts:
            continue
        if clock.calendar_id is None or clock.calendar_id not in known.hours:
            continue
        if clock.state == ClockState.RUNNING:
            return clock.due_at, False
        left = (clock.target or 0) - (clock.elapsed or 0)
        if left <= 0:
            return None, True
        try:
            return known.hours[clock.calendar_id].add(now, left), True
        except (ValueError, OverflowError):
            return None, True
    return None, False


def promised(ticket: Any) -> str:
    """``Expected by Tuesday, 1 December``, or with *if it is approved today*; empty where nothing is promised."""
    at, only_if = promised_at(ticket)
    if at is None or ticket.status_category in ("resolved", "closed"):
        return ""
    day = date_format(timezone.localtime(at), "l, j F")
    if ticket.status == "awaiting_approval":
        return _("Expected by %(day)s, if it is approved today.") % {"day": day}
    if only_if:
        return _("Expected by %(day)s, once it goes on.") % {"day": day}
    return _("Expected by %(day)s.") % {"day": day}
