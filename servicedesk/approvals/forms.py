"""What an approver fills in."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.forms import FieldErrors


class DecisionForm(FieldErrors):
    comment = forms.CharField(
        label=_("Comment"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The requester reads it. Needed to reject."),
    )  # fmt: skip


class DelegateForm(FieldErrors):
    to = forms.EmailField(label=_("E-mail of who decides instead"), max_length=254)
    comment = forms.CharField(label=_("A word to them"), max_length=1000, required=False)
