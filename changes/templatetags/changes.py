"""What the changes' templates need."""

from __future__ import annotations

from typing import Any

from django import template

from changes import windows
from changes.words import level_label

register = template.Library()


@register.filter
def window_words(change: Any) -> str:
    """The planned window by the clock of its zone."""
    return windows.words(change.window, change.zone)


@register.filter
def risk_label(level: str) -> str:
    """A risk level as people read it."""
    return str(level_label(level))
