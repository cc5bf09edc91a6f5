"""Calendars: the week on a grid, holidays by hand or imported, special days."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from .. import calendars
from ..configuring import open_clocks
from ..display import moved_words
from ..models import Agreement, Calendar, Clock, Holiday, SpecialDay
from ..models.calendar import week_hours
from .fields import HoursField, WeekField
from .warning import WarnsBeforeMoving


class HolidayInline(TabularInline):
    model = Holiday
    extra = 0
    fields = ["date", "name"]
    per_page = 30


class SpecialDayForm(forms.ModelForm):
    hours = HoursField(
        label=gettext_lazy("Opening hours"), help_text=gettext_lazy("Such as 09:00-12:00. Empty: closed all day.")
    )

    class Meta:
        model = SpecialDay
        fields = ["date", "hours", "name"]


class SpecialDayInline(TabularInline):
    model = SpecialDay
    form = SpecialDayForm
    extra = 0


class CalendarForm(forms.ModelForm):
    week = WeekField(
        label=gettext_lazy("Opening hours"), required=False,
        help_text=gettext_lazy("Write hours such as 09:00-12:30, 13:30-17:00, or paint them; 24:00 ends a day."),
    )  # fmt: skip

    class Meta:
        model = Calendar
        fields = ["name", "time_zone", "week"]


class ImportForm(forms.Form):
    """Whose holidays, and of which year."""

    country = forms.ChoiceField(label=gettext_lazy("Country"), widget=UnfoldAdminSelectWidget)
    region = forms.CharField(
        label=gettext_lazy("Region"), required=False, max_length=10, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Its code, such as BY for Bavaria. Empty: what the whole country has."),
    )  # fmt: skip
    year = forms.IntegerField(
        label=gettext_lazy("Year"), min_value=1970, max_value=2100, widget=UnfoldAdminIntegerFieldWidget
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["country"]
        field.choices = calendars.country_names()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            data["region"] = data["region"].strip().upper()
            try:
                data["found"] = calendars.find(data["country"], data["region"], data["year"])
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
        return data


@admin.register(Calendar)
class CalendarAdmin(WarnsBeforeMoving, ModelAdmin):
    form = CalendarForm
    list_display = ["name", "time_zone", "opening", "holiday_count", "used"]
    search_fields = ["name"]
    inlines = [SpecialDayInline, HolidayInline]
    actions_detail = ["import_holidays"]
    moving_fields = ("time_zone", "week")
    moving_inlines = (Holiday, SpecialDay)

    def get_queryset(self, request: HttpRequest) -> Any:
        counted = models.Count("holidays", filter=models.Q(holidays__date__gte=timezone.localdate()), distinct=True)
        return super().get_queryset(request).annotate(coming=counted, goals_n=models.Count("goals", distinct=True))

    def agreements_of(self, obj: Any) -> Any:
        return Agreement.objects.filter(goals__calendar=obj)

    @admin.display(description=gettext_lazy("open a week"))
    def opening(self, calendar: Calendar) -> str:
        try:
            monday = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
            hours = week_hours("UTC", calendar.week).between(monday, monday + datetime.timedelta(7)) / 3600
        except ValueError:
            return _("never")
        return _("%(hours)g h") % {"hours": round(hours, 1)}

    @admin.display(description=gettext_lazy("coming holidays"))
    def holiday_count(self, calendar: Any) -> str:
        where = "-".join(filter(None, (calendar.country, calendar.region)))
        return f"{calendar.coming}{f' ({where})' if where else ''}"

    @admin.display(description=gettext_lazy("goals"))
    def used(self, calendar: Any) -> int:
        return int(calendar.goals_n)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A calendar that a promise counts in, or that a clock was measured by, stays."""
        used = obj is not None and (obj.goals.exists() or Clock.objects.filter(calendar=obj).exists())
        return super().has_delete_permission(request, obj) and not used

    @action(description=gettext_lazy("Import holidays"), url_path="import-holidays")  # type: ignore[untyped-decorator]
    def import_holidays(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return redirect(reverse("admin:sla_calendar_holidays", args=[object_id]))

    def get_urls(self) -> Any:
        page = self.admin_site.admin_view(self.holidays_page)
        return [path("<id:pk>/holidays/", page, name="sla_calendar_holidays"), *super().get_urls()]

    def holidays_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose country, region and year; see what comes; take it."""
        calendar = get_object_or_404(Calendar, pk=pk)
        initial = {
            "country": calendar.country or calendars.default_country(), "region": calendar.region,
            "year": timezone.localdate().year,
        }  # fmt: skip
        form = ImportForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid() and "_import" in request.POST:
            data = form.cleaned_data
            count = calendars.import_holidays(calendar, data["country"], data["region"], data["year"])
            self.message_user(request, _("%(n)d days added.") % {"n": count}, messages.SUCCESS)
            return redirect(reverse("admin:sla_calendar_change", args=[pk]))
        count = open_clocks(self.agreements_of(calendar))
        context = {
            **self.admin_site.each_context(request), "title": _("Import holidays into %(name)s") % {"name": calendar},
            "form": form, "calendar": calendar, "opts": self.opts, "moved": moved_words(count) if count else "",
            "found": form.cleaned_data.get("found") if form.is_bound and form.is_valid() else None,
        }  # fmt: skip
        return render(request, "sla/admin/holidays.html", context, status=422 if form.errors else 200)
