"""Icons of static/icons.svg in pages."""

from __future__ import annotations

from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.safestring import SafeString, mark_safe

_sprite = ""


def icon(name: str) -> SafeString:
    """An icon of the sprite, hidden from assistive technology; names are our own, so nothing is escaped."""
    global _sprite
    _sprite = _sprite or staticfiles_storage.url("icons.svg")
    return mark_safe(f'<svg class="i" aria-hidden="true"><use href="{_sprite}#{name}"/></svg>')  # noqa: S308
