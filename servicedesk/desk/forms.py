"""The desk's forms. They read values; whether those may be taken, operations say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.fields import PlainText
from servicedesk.people import access, finding
from servicedesk.people.models import Team, User
from servicedesk.services.models import Service
from servicedesk.tickets.forms import FieldErrors, FilesField
from servicedesk.tickets.models import Category, Impact, LinkKind, Priority, ResolutionCode, Urgency


def _people(agents: bool) -> Any:
    people = User.objects.filter(is_active=True)
    return people.exclude(role="customer") if agents else people


class PersonField(finding.PersonField):
    """Anybody, or with ``agents`` one of the desk."""

    def __init__(self, *, agents: bool = False, **kwargs: Any):
        suggest = "/desk/people/" + ("?agents=1" if agents else "")
        super().__init__(people=lambda: _people(agents), suggest=suggest, **kwargs)


class SayForm(FieldErrors):
    """The composer."""

    body = forms.CharField(widget=forms.Textarea, max_length=50_000, strip=False, required=False)
    files = FilesField(required=False)  # type: ignore[assignment]
    kind = forms.ChoiceField(choices=[("reply", "reply"), ("note", "note")])
    then = forms.CharField(required=False, max_length=30)
    resolution_code = forms.ModelChoiceField(queryset=ResolutionCode.objects.filter(is_active=True), required=False)


class StepForm(FieldErrors):
    """What a transition needs; shows only the fields the step names."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    resolution_code = forms.ModelChoiceField(
        label=_("How it was resolved"), queryset=ResolutionCode.objects.filter(is_active=True)
    )
    resolution = forms.CharField(
        label=_("What was done"), max_length=50_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The customer reads this."),
    )  # fmt: skip

    def __init__(self, *args: Any, needs: tuple[str, ...], **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(needs):
            del self.fields[name]


class PriorityForm(FieldErrors):
    """Impact and urgency, or a priority of one's own with its reason."""

    impact = forms.TypedChoiceField(label=_("Impact"), choices=Impact.choices, coerce=int)
    urgency = forms.TypedChoiceField(label=_("Urgency"), choices=Urgency.choices, coerce=int)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=[("", _("by the matrix")), *Priority.choices], coerce=int, empty_value=None,
        required=False,
    )  # fmt: skip
    priority_reason = forms.CharField(label=_("Reason for overriding"), max_length=250, required=False)


class LinkForm(FieldErrors):
    kind = forms.ChoiceField(label=_("How"), choices=LinkKind.choices)
    target = forms.CharField(label=_("Ticket number"), max_length=20)


def field_form(name: str, user: Any, data: Any = None, initial: Any = None) -> FieldErrors:
    """A form of the one property ``name``; raises KeyError for one that cannot be edited in place."""
    kinds: dict[str, Any] = {
        "title": lambda: PlainText(label=_("Title"), max_length=200),
        "assignee": lambda: PersonField(label=_("Assignee"), agents=True, required=False),
        "team": lambda: forms.ModelChoiceField(
            access.visible_teams(user, Team.objects.filter(is_active=True)), label=_("Team"), required=False
        ),
        "service": lambda: forms.ModelChoiceField(
            Service.objects.filter(is_active=True), label=_("Service"), required=False
        ),
        "category": lambda: forms.ModelChoiceField(
            Category.objects.filter(is_active=True), label=_("Category"), required=False
        ),
        "requester": lambda: PersonField(label=_("Requester")),
        "tags": lambda: forms.CharField(
            label=_("Tags"), max_length=1000, required=False, help_text=_("Separate tags with commas.")
        ),
        "watcher": lambda: PersonField(label=_("Watcher")),
    }
    form = FieldErrors(data, initial=initial)
    form.fields[name] = kinds[name]()
    return form
