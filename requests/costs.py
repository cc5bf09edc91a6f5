"""What requests cost, by cost centre and month, and budgets that are nearly used up."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone, translation

from servicedesk.notify.consumer import send_once
from servicedesk.notify.mails import headline, of_ticket, send_about
from servicedesk.notify.models import Kind, Notification, default_for, preferences
from servicedesk.people.models import CostCentre, User
from servicedesk.tickets.models import Event, Ticket
from servicedesk.tickets.operations import core

from .models import Budget, BudgetWarning, ServiceRequest

LEVELS = (80, 100)  # per cent
ZERO = Decimal(0)
#: What was refused or withdrawn costs nothing.
NOT_CHARGED = ("rejected", "cancelled")


def first_of(day: datetime.date) -> datetime.date:
    """The month, as budgets know it."""
    return day.replace(day=1)


def next_month(month: datetime.date) -> datetime.date:
    return (month.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)


def charged(centres: Iterable[Any], month: datetime.date) -> QuerySet[ServiceRequest]:
    """Requests that cost the centres something in this month."""
    after = next_month(month)
    once = Q(ordered_on__gte=month, ordered_on__lt=after, price_once__gt=0)
    monthly = Q(ordered_on__lt=after, price_monthly__gt=0) & (Q(monthly_until=None) | Q(monthly_until__gte=month))
    return ServiceRequest.objects.filter(once | monthly, cost_centre__in=list(centres)).exclude(status__in=NOT_CHARGED)


def amount_in(request: ServiceRequest, month: datetime.date) -> Decimal:
    """What one request costs in a month."""
    once = request.price_once if first_of(request.ordered_on) == month else ZERO
    runs = first_of(request.ordered_on) <= month and (request.monthly_until is None or request.monthly_until >= month)
    return once + (request.price_monthly if runs else ZERO)


def used(centres: Iterable[Any], month: datetime.date) -> dict[int, Decimal]:
    """Cost centre → what is used in the month; two queries."""
    rows = charged(centres, month).order_by()
    once = rows.filter(ordered_on__gte=month).values("cost_centre").annotate(total=Sum("price_once"))
    running = rows.filter(Q(monthly_until=None) | Q(monthly_until__gte=month))
    monthly = running.values("cost_centre").annotate(total=Sum("price_monthly"))
    found: dict[int, Decimal] = {}
    for part in (once, monthly):
        for row in part:
            found[row["cost_centre"]] = found.get(row["cost_centre"], ZERO) + (row["total"] or ZERO)
    return found


def is_over_budget(request: ServiceRequest) -> bool:
    """Whether the cost centre's budget of the month does not suffice with this request; no budget is never over."""
    if request.cost_centre_id is None:
        return False
    month = first_of(request.ordered_on)
    budget = Budget.objects.filter(cost_centre=request.cost_centre_id, month=month).first()
    if budget is None:
        return False
    return used([request.cost_centre_id], month).get(request.cost_centre_id, ZERO) > budget.amount


def check_budget(request: ServiceRequest, *, at: datetime.datetime) -> None:
    """Have the owner told when this request takes the budget past a level; inside the ordering transaction."""
    if request.cost_centre_id is None or not (request.price_once or request.price_monthly):
        return
    month = first_of(timezone.localdate(at))
    budget = Budget.objects.select_for_update().filter(cost_centre=request.cost_centre_id, month=month).first()
    if budget is None or not budget.amount:
        return
    spent = used([request.cost_centre_id], month).get(request.cost_centre_id, ZERO)
    reached = [level for level in LEVELS if spent * 100 >= budget.amount * level]
    told = set(budget.warnings.values_list("level", flat=True))
    new = [level for level in reached if level not in told]
    if not new:
        return
    BudgetWarning.objects.bulk_create([BudgetWarning(budget=budget, level=level, at=at) for level in new])
    centre = CostCentre.objects.get(pk=request.cost_centre_id)
    row = Ticket.objects.get(pk=request.pk)
    core.record(
        row, "budget_warned", actor=None, at=at, activity=False, level=max(new), centre=str(centre),
        month=f"{month:%Y-%m}", budget=budget.pk, owner=centre.owner_id,
    )  # fmt: skip
    request.version = row.version


def warn_owners(event: Event) -> None:
    """After the commit: the cost centre's owner hears of it once. Safe to repeat."""
    if event.kind != "budget_warned" or event.data.get("owner") is None:
        return
    owner = User.objects.filter(pk=event.data["owner"], is_active=True).first()
    if owner is None:
        return
    in_page, by_email = preferences([owner.pk]).get((owner.pk, Kind.BUDGET), default_for(owner, Kind.BUDGET))
    # In the page only for those who may open the ticket behind it.
    in_page = in_page and owner.is_agent
    if not (in_page or by_email):
        return
    row, _new = Notification.objects.get_or_create(
        event=event, user=owner,
        defaults={"ticket_id": event.ticket_id, "kind": Kind.BUDGET, "in_page": in_page, "by_email": by_email},
    )  # fmt: skip
    if row.by_email and row.mailed_at is None:
        send_once(row, _mail)


def _mail(row: Notification) -> None:
    owner = row.user
    with translation.override(owner.language):
        words = headline(row)
        context = {
            "headline": words, "url": settings.SITE_URL + reverse("requests:costs"), "site_name": settings.SITE_NAME,
            "user": owner, "settings_url": f"{settings.SITE_URL}/profile/notifications/",
        }  # fmt: skip
        send_about(
            of_ticket(row)[0],
            owner,
            mark=f"budget.{row.event_id}",
            template="requests/budget_mail",
            context=context,
            subject=words,
        )


def centres_of(user: Any) -> QuerySet[CostCentre]:
    """Whose costs somebody sees: admins all, owners their own."""
    rows = CostCentre.objects.select_related("owner")
    return rows if user.is_admin else rows.filter(owner=user)


def lines(centres: Iterable[Any], month: datetime.date, limit: int = 500) -> list[tuple[ServiceRequest, Decimal]]:
    """Each request that costs something in the month, and how much; the newest first."""
    rows = charged(centres, month).select_related("requester", "offering", "cost_centre")
    found = rows.defer("search", "description", "description_html").order_by(F("ordered_on").desc(), "-pk")[:limit]
    return [(row, amount) for row in found if (amount := amount_in(row, month))]
