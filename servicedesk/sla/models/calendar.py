from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models.user import default_time_zone, validate_time_zone

from ..business_time import WorkingHours

ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(7)}
OFFICE = {str(day): [["09:00", "17:00"]] for day in range(5)}


def office_week() -> dict[str, list[list[str]]]:
    return OFFICE


class Calendar(models.Model):
    """When people work: the hours that promises count in."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=default_time_zone, validators=[validate_time_zone]
    )
    #: weekday ("0" is Monday) → intervals of two times of day; "24:00" closes a day
    week = models.JSONField(_("opening hours"), default=office_week)
    country = models.CharField(_("country of the holidays"), max_length=2, blank=True)
    region = models.CharField(_("region of the holidays"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse hours that cannot be, with the sentence of WorkingHours."""
        try:
            week_hours(self.time_zone, self.week)
        except ValueError as error:
            raise ValidationError({"week": str(error)}) from None

    def working_hours(self) -> WorkingHours:
        """Its hours with holidays and special days, two queries; raises ValueError for hours that are never open."""
        return WorkingHours(
            self.time_zone,
            week_of(self.week),
            [day.date for day in self.holidays.all()],
            {day.date: intervals_of(day.hours) for day in self.special_days.all()},
        )


def intervals_of(value: Any) -> list[tuple[str, str]]:
    """Intervals as JSON has them; raises ValueError for anything else."""
    if not isinstance(value, list):
        raise ValueError("Opening hours are a list of intervals.")
    found = []
    for pair in value:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(end, str) for end in pair):
            raise ValueError("An interval has a beginning and an end.")
        found.append((pair[0], pair[1]))
    return found


def week_of(value: Any) -> dict[int, list[tuple[str, str]]]:
    """Weekday → intervals; raises ValueError for anything but such a mapping."""
    if not isinstance(value, dict) or not all(str(day).isdigit() for day in value):
        raise ValueError("Opening hours are given for each weekday.")
    return {int(day): intervals_of(hours) for day, hours in value.items()}


def week_hours(zone: str, week: Any) -> WorkingHours:
    """The week alone, to check it; raises ValueError."""
    return WorkingHours(zone, week_of(week))


class Holiday(models.Model):
    """A day that is closed."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="holidays")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "date"],
                name="holiday_once",
                violation_error_message=_("This day is there already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()


class SpecialDay(models.Model):
    """A day whose hours replace the weekday's and a holiday's."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="special_days")
    date = models.DateField(_("date"))
    hours = models.JSONField(_("opening hours"), default=list, blank=True)
    name = models.CharField(_("name"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "date"], name="special_day_once",
                violation_error_message=_("This day is there already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()

    def clean(self) -> None:
        """Refuse hours that cannot be; none at all is a day that stays closed."""
        try:
            hours = intervals_of(self.hours)
            if hours:
                WorkingHours("UTC", {}, (), {self.date or datetime.date(2000, 1, 1): hours})
        except ValueError as error:
            raise ValidationError({"hours": str(error)}) from None
