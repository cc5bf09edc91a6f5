"""Who pays, and until when."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.operations import core

from ..costs import check_budget
from ..models import ServiceRequest


@transaction.atomic
def charge_to(ticket: Ticket, *, actor: Any, cost_centre: Any) -> ServiceRequest:
    """Charge the request to another cost centre, or to none."""
    row = core.lock(ticket, actor, "change")
    request = ServiceRequest.objects.select_related("cost_centre").get(pk=row.pk)
    if cost_centre is not None and not cost_centre.is_active:
        raise Invalid({"cost_centre": _("Nothing new is charged to %(name)s.") % {"name": cost_centre}})
    before = request.cost_centre
    if before == cost_centre:
        return request
    ServiceRequest.objects.filter(pk=row.pk).update(cost_centre=cost_centre)
    changes = {"cost_centre": [core.described(before), core.described(cost_centre)]}
    core.record(row, "charged", actor=actor, changes=changes, activity=False)
    request.cost_centre, request.version = cost_centre, row.version
    check_budget(request, at=timezone.now())
    return request


@transaction.atomic
def end_monthly(ticket: Ticket, *, actor: Any, month: datetime.date) -> ServiceRequest:
    """Charge the monthly price up to and including ``month``, and no longer."""
    row = core.lock(ticket, actor, "change")
    request = ServiceRequest.objects.get(pk=row.pk)
    if not request.price_monthly:
        raise NotAllowedNow(_("%(number)s costs nothing each month.") % {"number": row.number})
    month = month.replace(day=1)
    if month < request.ordered_on.replace(day=1):
        raise Invalid({"month": _("It was ordered after that month.")})
    if request.monthly_until == month:
        return request
    ServiceRequest.objects.filter(pk=row.pk).update(monthly_until=month)
    changes = {"monthly_until": [str(request.monthly_until or "") or None, f"{month:%Y-%m}"]}
    core.record(row, "charged", actor=actor, changes=changes, activity=False)
    request.monthly_until = month
    return request
