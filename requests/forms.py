"""What the order pages ask beside the offering's own form."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms.answers import Price, person_field
from servicedesk.people.models import CostCentre
from servicedesk.tickets.forms import FieldErrors


class OrderForm(FieldErrors):
    """For whom and how many; and what the page knew when it was drawn."""

    person = forms.CharField(required=False)  # replaced below: it needs to know who asks
    quantity = forms.IntegerField(label=_("How many?"), min_value=1, max_value=50, initial=1, required=False)
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    seen_once = forms.DecimalField(
        required=False, widget=forms.HiddenInput, min_value=0, max_digits=12, decimal_places=2
    )
    seen_monthly = forms.DecimalField(
        required=False, widget=forms.HiddenInput, min_value=0, max_digits=12, decimal_places=2
    )

    def __init__(self, *args: Any, user: Any, most: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["person"] = person_field(
            user, label=_("Who is it for?"), required=False, help_text=_("Left empty, it is for you.")
        )
        if most == 1:
            del self.fields["quantity"]
        else:
            field: Any = self.fields["quantity"]
            field.widget.attrs["max"] = most

    def seen(self) -> Price | None:
        """The base price that the page was drawn with, if it says one."""
        once, monthly = self.cleaned_data.get("seen_once"), self.cleaned_data.get("seen_monthly")
        return Price(once or Decimal(0), monthly or Decimal(0)) if once is not None or monthly is not None else None

    def count(self) -> int:
        return int(self.cleaned_data.get("quantity") or 1)


def new_token() -> str:
    return str(uuid.uuid4())


class ChargeForm(FieldErrors):
    cost_centre = forms.ModelChoiceField(
        label=_("Cost centre"),
        queryset=CostCentre.objects.filter(is_active=True),
        required=False,
        empty_label=_("none"),
    )


class EndForm(FieldErrors):
    month = forms.DateField(
        label=_("Last month that is charged"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Any day of it."),
    )
