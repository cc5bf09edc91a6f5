"""What the portal's templates need, and prices anywhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from servicedesk.tickets import money as amounts

from ..front import NavItem, nav_items

register = template.Library()


@register.simple_tag(takes_context=True)
def portal_nav(context: Any) -> list[NavItem]:
    """The bar's entries; counted once per request."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return []
    known: list[NavItem] | None = getattr(request, "_portal_nav", None)
    if known is None:
        known = nav_items(request.user)
        request._portal_nav = known
    return known


@register.filter
def money(amount: Decimal | None) -> str:
    """``1,250 €``."""
    return amounts.money(amount)


@register.filter
def price(thing: Any) -> str:
    """What something with ``once`` and ``monthly``, or ``price_once`` and ``price_monthly``, costs."""
    once = getattr(thing, "once", None) if hasattr(thing, "once") else getattr(thing, "price_once", None)
    monthly = getattr(thing, "monthly", None) if hasattr(thing, "monthly") else getattr(thing, "price_monthly", None)
    return amounts.price_words(once, monthly)
