"""Options of a choice, and amounts, as an admin writes them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

MOST_OPTIONS = 200
MAX_AMOUNT = Decimal("99999999.99")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Option:
    """One option, and what it adds to the price."""

    label: str
    once: Decimal = ZERO
    monthly: Decimal = ZERO


def read_amount(text: str) -> Decimal:
    """An amount of money, two decimals at most; raises ValueError with a sentence."""
    word = text.strip().replace(" ", "").replace("’", "").replace("'", "")
    if "," in word and "." not in word:
        word = word.replace(",", ".")
    try:
        amount = Decimal(word or "0")
    except InvalidOperation:
        raise ValueError(_("“%(text)s” is no amount.") % {"text": text.strip()[:40]}) from None
    if not amount.is_finite() or amount != round(amount, 2) or not 0 <= amount <= MAX_AMOUNT:
        raise ValueError(_("“%(text)s” is no amount of at most two decimals.") % {"text": text.strip()[:40]})
    return round(amount, 2)


def read_options(text: str) -> tuple[Option, ...]:
    """One option a line, with prices after bars; raises ValueError with a sentence."""
    found: dict[str, Option] = {}
    for line in text.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if not any(parts):
            continue
        if not parts[0] or len(parts) > 3:
            raise ValueError(_("“%(line)s”: write the option, then perhaps | once | per month.") % {"line": line[:60]})
        if len(parts[0]) > 120:
            raise ValueError(_("An option has at most 120 characters."))
        if parts[0] in found:
            raise ValueError(_("The option “%(name)s” is there twice.") % {"name": parts[0][:60]})
        amounts = [read_amount(part) for part in parts[1:]]
        found[parts[0]] = Option(parts[0], *amounts)
    if len(found) > MOST_OPTIONS:
        raise ValueError(_("At most %(n)d options.") % {"n": MOST_OPTIONS})
    return tuple(found.values())


def written(options: tuple[Option, ...]) -> str:
    """The options as they are written in the admin."""
    lines = []
    for option in options:
        prices = f" | {option.once} | {option.monthly}" if option.once or option.monthly else ""
        lines.append(option.label + prices)
    return "\n".join(lines)
