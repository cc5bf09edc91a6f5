"""Amounts of money in words."""

from __future__ import annotations

import time
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from .models import DeskSettings

KEEP_SECONDS = 5.0
_kept: tuple[float, str] = (0.0, "EUR")
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}


def forget() -> None:
    """Start anew; for tests, whose rows vanish."""
    global _kept
    _kept = (0.0, "EUR")


def currency() -> str:
    """The desk's currency, as three letters; read anew every few seconds."""
    global _kept
    until, code = _kept
    if time.monotonic() > until:
        code = DeskSettings.objects.filter(pk=1).values_list("currency", flat=True).first() or "EUR"
        _kept = (time.monotonic() + KEEP_SECONDS, code)
    return code


def money(amount: Decimal | None) -> str:
    """``1,250.00 €`` in the reader's language; without cents where there are none."""
    amount = amount or Decimal(0)
    places = 0 if amount == amount.to_integral_value() else 2
    code = currency()
    return f"{number_format(amount, places, force_grouping=True)} {SIGNS.get(code, code)}"


def price_words(once: Decimal | None, monthly: Decimal | None) -> str:
    """What something costs, in few words: ``free``, ``1,250 €``, ``12 € a month``, or both."""
    parts = []
    if once:
        parts.append(money(once))
    if monthly:
        parts.append(_("%(amount)s a month") % {"amount": money(monthly)})
    return " + ".join(parts) or _("free of charge")


def from_words(once: Decimal | None, monthly: Decimal | None, may_be_more: bool) -> str:
    """``from 980 €`` where options add to it."""
    words = price_words(once, monthly)
    if not may_be_more:
        return words
    return _("from %(price)s") % {"price": words} if once or monthly else _("depends on options")
