"""How incidents are reported: by an agent for somebody who called, and by customers themselves."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.desk.forms import PersonField
from servicedesk.fields import PlainText
from servicedesk.people.models import Team
from servicedesk.services.models import Service
from servicedesk.tickets.forms import FieldErrors, FilesField
from servicedesk.tickets.models import Category, Channel, Impact, Urgency


class NewIncidentForm(FieldErrors):
    """An incident for somebody who called."""

    requester = PersonField(label=_("Who asks"), help_text=_("Type a name or an address."))
    title = PlainText(label=_("Title"), max_length=200)
    description = forms.CharField(
        label=_("What happened"), widget=forms.Textarea(attrs={"rows": 7}), required=False, max_length=50_000
    )
    channel = forms.ChoiceField(
        label=_("Channel"), initial=Channel.PHONE,
        choices=[(c.value, c.label) for c in (Channel.PHONE, Channel.EMAIL, Channel.DESK)],
    )  # fmt: skip
    impact = forms.TypedChoiceField(label=_("Impact"), choices=Impact.choices, coerce=int, initial=Impact.MEDIUM)
    urgency = forms.TypedChoiceField(label=_("Urgency"), choices=Urgency.choices, coerce=int, initial=Urgency.MEDIUM)
    service = forms.ModelChoiceField(
        label=_("Service"), queryset=Service.objects.filter(is_active=True), required=False
    )
    category = forms.ModelChoiceField(
        label=_("Category"), queryset=Category.objects.filter(is_active=True), required=False
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.filter(is_active=True), required=False,
        help_text=_("Left empty, the service's team gets it."),
    )  # fmt: skip
    files = FilesField(label=_("Files"), required=False)  # type: ignore[assignment]


class ReportForm(FieldErrors):
    """A problem in the customer's own words: impact and urgency are asked without jargon."""

    title = PlainText(
        label=_("What is the problem?"), max_length=200, help_text=_("One sentence, such as “I cannot print”.")
    )
    description = forms.CharField(
        label=_("What happened, and what have you tried?"), required=False, max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 6}), help_text=_("Error messages help a lot; copy or photograph them."),
    )  # fmt: skip
    service = forms.ModelChoiceField(
        label=_("What is it about?"), queryset=Service.objects.filter(is_active=True), required=False,
        empty_label=_("I am not sure"),
    )  # fmt: skip
    impact = forms.TypedChoiceField(
        label=_("Who is affected?"), coerce=int, initial=Impact.LOW, widget=forms.RadioSelect,
        choices=[(Impact.LOW, _("Only me")), (Impact.MEDIUM, _("My team")), (Impact.HIGH, _("Many people"))],
    )  # fmt: skip
    urgency = forms.TypedChoiceField(
        label=_("Can you keep working?"), coerce=int, initial=Urgency.MEDIUM, widget=forms.RadioSelect,
        choices=[
            (Urgency.LOW, _("Yes")), (Urgency.MEDIUM, _("Yes, but it is hard")),
            (Urgency.HIGH, _("No, I cannot work")),
        ],
    )  # fmt: skip
    files = FilesField(label=_("Pictures or files"), required=False)  # type: ignore[assignment]


class LeadForm(FieldErrors):
    """Who leads the work on a major incident."""

    lead = PersonField(label=_("Incident lead"), agents=True)
