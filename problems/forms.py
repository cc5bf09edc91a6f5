"""What is asked about a problem."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.desk.forms import PersonField
from servicedesk.fields import PlainText
from servicedesk.people import access
from servicedesk.people.models import Team
from servicedesk.services.models import Service
from servicedesk.tickets.forms import FieldErrors
from servicedesk.tickets.models import Impact, ResolutionCode, Urgency

from .models import CauseCategory


class NewProblemForm(FieldErrors):
    """A new problem."""

    title = PlainText(label=_("Title"), max_length=200)
    description = forms.CharField(
        label=_("What is known"), widget=forms.Textarea(attrs={"rows": 6}), required=False, max_length=50_000
    )
    service = forms.ModelChoiceField(
        label=_("Service"), queryset=Service.objects.filter(is_active=True), required=False
    )
    impact = forms.TypedChoiceField(label=_("Impact"), choices=Impact.choices, coerce=int, initial=Impact.MEDIUM)
    urgency = forms.TypedChoiceField(label=_("Urgency"), choices=Urgency.choices, coerce=int, initial=Urgency.MEDIUM)
    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), required=False)
    assignee = PersonField(label=_("Who investigates"), agents=True, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        teams: Any = self.fields["team"]
        teams.queryset = access.visible_teams(user, Team.objects.filter(is_active=True))


def _area(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )  # fmt: skip


class AnalysisForm(FieldErrors):
    """What the investigation found."""

    root_cause = _area(_("Root cause"))
    cause_category = forms.ModelChoiceField(
        label=_("Cause category"), queryset=CauseCategory.objects.filter(is_active=True), required=False
    )
    workaround = _area(_("Workaround"))
    permanent_fix = _area(_("Permanent fix"))


class WhyForm(FieldErrors):
    """One more why."""

    text = PlainText(label=_("Because"), max_length=500)


class PublishForm(FieldErrors):
    """Who reads the workaround."""

    to_customers = forms.TypedChoiceField(
        label=_("Who reads it?"), widget=forms.RadioSelect, coerce=lambda value: value == "yes", initial="no",
        choices=[("no", _("Agents: a note on each open incident")), ("yes", _("The customers: a reply on each"))],
    )  # fmt: skip
    knowledge_for = forms.ChoiceField(
        label=_("And in the knowledge base?"), widget=forms.RadioSelect, required=False,
        choices=[
            ("agents", _("Agents find it as a known error")), ("customers", _("Customers find it as well")),
            ("", _("Nowhere")),
        ],
    )  # fmt: skip


class MergeForm(FieldErrors):
    """Which problem it was."""

    into = PlainText(
        label=_("Number of the other problem"), max_length=20,
        help_text=_("Incidents and changes go over to it; this one is cancelled as its duplicate."),
    )  # fmt: skip


class DismissForm(FieldErrors):
    """Why a candidate is no problem."""

    reason = forms.CharField(
        label=_("Why is it none?"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It is remembered, and shown should it come back."),
    )  # fmt: skip


class LinkManyForm(FieldErrors):
    """Incidents by number."""

    numbers = forms.CharField(
        label=_("Numbers"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("With spaces, commas or lines between them."),
    )  # fmt: skip


class ResolveIncidentsForm(FieldErrors):
    """One message to all who waited."""

    resolution_code = forms.ModelChoiceField(
        label=_("How it was resolved"), queryset=ResolutionCode.objects.filter(is_active=True)
    )
    resolution = forms.CharField(
        label=_("What was done"), max_length=50_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The customers read this."),
    )  # fmt: skip
