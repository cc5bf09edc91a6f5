"""What is asked about a change."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.desk.forms import PersonField
from servicedesk.fields import PlainText
from servicedesk.people import access
from servicedesk.people.models import Team, User
from servicedesk.services.models import Service
from servicedesk.tickets.forms import FieldErrors
from servicedesk.work.forms import TaskForm

from .models import Change, ChangeModel, ChangeType, Outcome, RiskQuestion

LOCAL = "%Y-%m-%dT%H:%M"


class LocalTime(forms.Field):
    """A date and a time by some clock: a naive datetime."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)

    def to_python(self, value: Any) -> datetime.datetime | None:
        if value in (None, "") or isinstance(value, datetime.datetime):
            return value or None
        text = str(value).strip().replace(" ", "T")
        for pattern in (LOCAL, "%Y-%m-%dT%H:%M:%S"):
            try:
                return datetime.datetime.strptime(text, pattern)
            except ValueError:
                continue
        raise forms.ValidationError(_("Write a date and a time, such as 2026-11-28 22:00."))

    def prepare_value(self, value: Any) -> Any:
        return value.strftime(LOCAL) if isinstance(value, datetime.datetime) else value


def zones() -> list[tuple[str, str]]:
    """Every time zone with a place."""
    known = {z for z in zoneinfo.available_timezones() if "/" in z and not z.startswith(("Etc/", "posix/", "right/"))}
    return [(zone, zone.replace("_", " ")) for zone in sorted(known | {settings.TIME_ZONE, "UTC"})]


class ZoneField(forms.ChoiceField):
    def __init__(self, **kwargs: Any):
        super().__init__(label=gettext_lazy("Time zone"), choices=zones, **kwargs)


class WindowForm(FieldErrors):
    """When it is done."""

    start = LocalTime(label=gettext_lazy("From"))
    end = LocalTime(label=gettext_lazy("Until"))
    zone = ZoneField()

    @staticmethod
    def initial_of(change: Change, zone: str) -> dict[str, Any]:
        """The window by the clock of its own zone, or of whoever looks where there is none yet."""
        if change.window is None:
            return {"zone": zone}
        place = zoneinfo.ZoneInfo(change.zone)
        return {
            "start": change.window.lower.astimezone(place).replace(tzinfo=None),
            "end": change.window.upper.astimezone(place).replace(tzinfo=None), "zone": change.zone,
        }  # fmt: skip


def _area(label: Any, rows: int = 4, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": rows}), help_text=help_text
    )


class Services(forms.ModelMultipleChoiceField):
    def __init__(self, **kwargs: Any):
        super().__init__(
            queryset=Service.objects.filter(is_active=True).order_by("name"),
            label=gettext_lazy("Affected services"), required=False,
            widget=forms.SelectMultiple(attrs={"size": 6}), **kwargs,
        )  # fmt: skip


class PlanForm(FieldErrors):
    """What is done, why, and the way back."""

    services = Services()
    reason = _area(gettext_lazy("Reason"), 3)
    implementation = _area(gettext_lazy("Implementation plan"))
    test_plan = _area(gettext_lazy("Test plan"), 3)
    communication = _area(gettext_lazy("Communication plan"), 3)
    backout = _area(gettext_lazy("Back-out plan"), 3)
    outage = forms.BooleanField(label=gettext_lazy("An outage is expected"), required=False)


class EditPlanForm(PlanForm):
    """The plan of a change, with the version that was shown: what others changed meanwhile is not overwritten."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)


class NewChangeForm(PlanForm):
    """A new change."""

    title = PlainText(label=gettext_lazy("Title"), max_length=200)
    start = LocalTime(label=gettext_lazy("From"), required=False)
    end = LocalTime(label=gettext_lazy("Until"), required=False)
    zone = ZoneField()
    team = forms.ModelChoiceField(label=gettext_lazy("Team"), queryset=Team.objects.none(), required=False)
    assignee = PersonField(label=gettext_lazy("Who carries it out"), agents=True, required=False)
    field_order = ["title", "services"]

    def __init__(self, *args: Any, user: Any, model: ChangeModel | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        teams: Any = self.fields["team"]
        teams.queryset = access.visible_teams(user, Team.objects.filter(is_active=True))
        self.fields["title"].initial = model.name if model is not None else ""
        self.fields["outage"].initial = model.outage if model is not None else False
        for name in ("implementation", "test_plan", "communication", "backout"):
            self.fields[name].initial = getattr(model, name, "")
        if model is not None and model.service_id:
            self.fields["services"].initial = [model.service_id]
        if model is not None and model.team_id:
            self.fields["team"].initial = model.team_id


class RiskForm(FieldErrors):
    """The questionnaire as it is now."""

    revision = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, questions: list[RiskQuestion], **kwargs: Any):
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[f"q{question.pk}"] = forms.TypedChoiceField(
                label=question.text, help_text=question.help, coerce=int, widget=forms.RadioSelect,
                choices=[(option.pk, option.label) for option in question.options.all()],
            )  # fmt: skip

    def answers(self) -> dict[int, int]:
        """Question → option, by id."""
        return {int(name[1:]): value for name, value in self.cleaned_data.items() if name != "revision"}


class FinishForm(FieldErrors):
    """How it went."""

    outcome = forms.ChoiceField(label=gettext_lazy("How did it go?"), choices=Outcome.choices, widget=forms.RadioSelect)
    remark = _area(gettext_lazy("What happened"), 4, gettext_lazy("Needed unless all went well."))


class ReviewForm(FieldErrors):
    """What was learnt."""

    outcome = forms.ChoiceField(label=gettext_lazy("How it went"), choices=Outcome.choices)
    text = forms.CharField(
        label=gettext_lazy("Review"), max_length=50_000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Did it reach its aim? Were there surprises? What is to be done otherwise next time?"),
    )  # fmt: skip


class PlannedTaskForm(TaskForm):
    """A task of the plan."""

    at_once = forms.BooleanField(label=gettext_lazy("At the same time as the one before"), required=False)


class TypeForm(FieldErrors):
    """Another kind of change."""

    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=ChangeType.choices)


def active_models() -> QuerySet[ChangeModel]:
    """Models that changes are made from now."""
    return ChangeModel.objects.filter(is_active=True).select_related("service", "lost_because")


class MeetingForm(FieldErrors):
    """A meeting of the board. Times are by the clock of whoever plans it."""

    title = PlainText(label=gettext_lazy("Title"), max_length=120)
    starts_at = LocalTime(label=gettext_lazy("From"))
    ends_at = LocalTime(label=gettext_lazy("Until"))
    place = PlainText(
        label=gettext_lazy("Place"), max_length=200, required=False,
        help_text=gettext_lazy("A room, or the address of a call."),
    )  # fmt: skip
    members = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Members"), widget=forms.CheckboxSelectMultiple,
        queryset=User.objects.filter(is_active=True).exclude(role="customer").order_by("name"),
    )  # fmt: skip
