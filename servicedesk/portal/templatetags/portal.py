"""What the portal's templates need, and prices anywhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from servicedesk.sla.display import span_words
from servicedesk.tickets import money as amounts
from servicedesk.tickets.markdown import render

from ..front import NavItem, nav_items

register = template.Library()


@register.simple_tag(takes_context=True)
def portal_nav(context: Any) -> list[NavItem]:
    """The bar's entries; counted once per request."""
    request = context.get("request")
    if request is None or not hasattr(request, "user"):
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


@register.simple_tag
def currency_sign() -> str:
    """What stands behind an amount."""
    code = amounts.currency()
    return amounts.SIGNS.get(code, code)


@register.filter
def markdown(text: str) -> SafeString:
    """Text as safe HTML."""
    return mark_safe(render(text))  # noqa: S308 (what render returns is cleaned)


@register.filter
def work_time(seconds: int | None) -> str:
    """``24 h``: working time in words."""
    return span_words(seconds or 0)


@register.filter
def names(people: Any) -> str:
    """The names of those who are asked."""
    return ", ".join(str(person.user) for person in people)


@register.filter
def total_price(row: Any) -> str:
    """What a request costs with its parts."""
    return amounts.price_words(row.total_once, row.total_monthly)


@register.filter
def has_parts(row: Any) -> bool:
    """Whether its parts cost something beside it."""
    return bool((row.total_once, row.total_monthly) != (row.price_once, row.price_monthly))
