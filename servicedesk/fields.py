"""Form fields that every app uses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .text import clean_text


class PlainText(forms.CharField):
    """One line without control characters or bidi overrides."""

    def to_python(self, value: Any) -> str:
        if isinstance(value, str) and "\x00" in value:
            raise forms.ValidationError(_("Null characters are not allowed."))
        return clean_text(super().to_python(value) or "", one_line=True)
