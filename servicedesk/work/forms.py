"""Adding a task by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.desk.forms import PersonField
from servicedesk.fields import PlainText
from servicedesk.people import access
from servicedesk.people.models import Team
from servicedesk.sla.durations import read
from servicedesk.tickets.forms import FieldErrors


class TaskForm(FieldErrors):
    title = PlainText(label=_("What is to do"), max_length=150)
    instructions = forms.CharField(
        label=_("Instructions"), max_length=50_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label=_("as the ticket")
    )
    assignee = PersonField(label=_("Assignee"), agents=True, required=False)
    planned_seconds = forms.CharField(
        label=_("Working time for it"), max_length=20, required=False, help_text=_("Such as 4h or 30m.")
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["team"]
        field.queryset = access.visible_teams(user, Team.objects.filter(is_active=True))

    def clean_planned_seconds(self) -> int | None:
        text = self.cleaned_data["planned_seconds"]
        if not text:
            return None
        try:
            return read(text) or None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
