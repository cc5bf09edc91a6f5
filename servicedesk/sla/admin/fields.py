"""Form fields of the admin: durations, a day's hours, a week on a grid."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from ..business_time import WorkingHours
from ..durations import read, written
from ..models.calendar import week_hours

DAYS = [
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
]  # fmt: skip
_INTERVAL = re.compile(r"(\d{1,2}):?(\d{2})?\s*[-–]\s*(\d{1,2}):?(\d{2})?")


class DurationField(forms.CharField):
    """Working time as ``1h 30m``; the value is whole seconds."""

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=30, widget=UnfoldAdminTextInputWidget(attrs={"size": 10}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def hours_text(hours: Any) -> str:
    """Intervals as people write them: ``09:00-12:30, 13:30-17:00``."""
    if not isinstance(hours, list):
        return ""
    return ", ".join(f"{pair[0]}-{pair[1]}" for pair in hours if isinstance(pair, list | tuple) and len(pair) == 2)


def read_hours(text: str) -> list[list[str]]:
    """Intervals from such text, in order; raises ValidationError."""
    found = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        match = _INTERVAL.fullmatch(part)
        if match is None:
            raise forms.ValidationError(
                _("“%(part)s” are no opening hours such as 09:00-12:30, 13:30-17:00.") % {"part": part[:40]}
            )
        begin, end = (f"{int(match[n]):02d}:{match[n + 1] or '00'}" for n in (1, 3))
        found.append([begin, end])
    return sorted(found)


class HoursField(forms.CharField):
    """One day's hours; nothing is a closed day."""

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=200, required=False, widget=UnfoldAdminTextInputWidget(), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return hours_text(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        hours = read_hours(super().clean(value))
        try:
            if hours:
                WorkingHours("UTC", {0: [(a, b) for a, b in hours]})
        except ValueError as error:
            raise forms.ValidationError(str(error).removeprefix("Monday: ").capitalize()) from None
        return hours

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(read_hours(data or "") != (initial or []))
        except forms.ValidationError:
            return True


class WeekWidget(forms.Widget):
    """Seven lines of hours, each with a bar of half hours that can be painted (static/js/week.js)."""

    template_name = "sla/admin/week.html"

    class Media:
        js = ["js/week.js"]
        css = {"all": ["css/admin-sla.css"]}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return {str(day): data.get(f"{name}_{day}", "") for day in range(7)}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(f"{name}_{day}" in data for day in range(7))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        week = value if isinstance(value, dict) else {}
        context["days"] = [
            (f"{name}_{day}", DAYS[day], raw if isinstance(raw := week.get(str(day), ""), str) else hours_text(raw))
            for day in range(7)
        ]
        context["hours"] = range(0, 24, 2)
        return context

    def id_for_label(self, id_: str | None) -> str:
        return ""


class WeekField(forms.Field):
    """A week's opening hours as the model keeps them."""

    widget = WeekWidget

    def prepare_value(self, value: Any) -> Any:
        return value

    def clean(self, value: Any) -> Any:
        week, problems = {}, []
        for day in range(7):
            try:
                if hours := read_hours((value or {}).get(str(day), "")):
                    week[str(day)] = hours
            except forms.ValidationError as error:
                problems.append(f"{DAYS[day]}: {error.messages[0]}")
        if problems:
            raise forms.ValidationError(problems)
        try:
            week_hours("UTC", week)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        return week

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except forms.ValidationError:
            return True
