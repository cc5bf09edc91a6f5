"""The customers' forms about a ticket they have."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.forms import FieldErrors, FilesField


class AnswerForm(FieldErrors):
    """A message, files, or both."""

    body = forms.CharField(
        label=_("Your message"), max_length=50_000, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    files = FilesField(label=_("Pictures or files"), required=False)  # type: ignore[assignment]


class ReasonForm(FieldErrors):
    """Why a ticket is reopened or withdrawn."""

    reason = forms.CharField(label=_("Why?"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
