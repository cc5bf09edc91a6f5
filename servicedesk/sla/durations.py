"""Durations as people write them: ``1h 30m``."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

_PART = re.compile(r"\s*(\d{1,6})\s*(h|m|s)(?:rs?|ours?|ins?|inutes?|ecs?|econds?)?(?![a-z])", re.IGNORECASE)
_SECONDS = {"h": 3600, "m": 60, "s": 1}


def read(text: str) -> int:
    """Seconds; raises ValueError with a sentence. Days are refused: their length depends on the calendar."""
    text = text.strip()
    at, total = 0, 0
    while match := _PART.match(text, at):
        total += int(match[1]) * _SECONDS[match[2].lower()]
        at = match.end()
    if not text or text[at:].strip():
        raise ValueError(_("Write hours and minutes of working time, such as 8h or 1h 30m."))
    return total


def written(seconds: int) -> str:
    """The shortest text that :func:`read` reads back."""
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if n]
    return " ".join(parts) or "0m"
