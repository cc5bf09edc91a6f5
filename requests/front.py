"""Drafts on the portal's front page, and the basket and approvals in its bar."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.portal.front import Front, NavItem

from .models import BasketItem

_COUNTS = (
    "SELECT (SELECT count(*) FROM requests_basketitem WHERE user_id = %s AND in_basket),"
    " (SELECT count(*) FROM approvals_approver WHERE user_id = %s AND answer = 'asked'),"
    " EXISTS (SELECT 1 FROM people_costcentre WHERE owner_id = %s)"
)


def nav(user: Any) -> list[NavItem]:
    """The basket, what waits for one's approval, and the costs of those who answer for some; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [user.pk, user.pk, user.pk])
        basket, approvals, owns = cursor.fetchone()
    items = []
    if approvals:
        items.append(NavItem("approvals", _("Approvals"), reverse("approvals:mine"), approvals, "stamp"))
    if owns or user.is_admin:
        items.append(NavItem("costs", _("Costs"), reverse("requests:costs"), 0, "wallet"))
    if basket:
        items.append(NavItem("basket", _("Basket"), reverse("requests:basket"), basket, "shopping-basket"))
    return items


def home(user: Any) -> dict[str, Any]:
    drafts = BasketItem.objects.filter(user=user, in_basket=False).select_related("offering").order_by("-updated_at")
    return {"drafts": drafts[:5]}


FRONT = Front(name="requests", position=20, home_template="requests/drafts.html", home=home)
