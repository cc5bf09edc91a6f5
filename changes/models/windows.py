from __future__ import annotations

import datetime
import secrets
import zoneinfo
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models.user import default_time_zone


def check_zone(name: str) -> None:
    """Raise ValidationError for a time zone that is none."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(_("There is no time zone “%(name)s”."), params={"name": name[:60]}) from None


class Freeze(models.Model):
    """A time in which nothing is changed but emergencies."""

    name = models.CharField(_("name"), max_length=120)
    reason = models.CharField(_("reason"), max_length=250, blank=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    window = DateTimeRangeField(editable=False, default_bounds="[)")
    services = models.ManyToManyField(
        "services.Service", verbose_name=_("services"), blank=True, related_name="freezes",
        help_text=_("None chosen: all of them."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")
        ordering = ["-starts_at"]
        indexes = [GistIndex(fields=["window"], name="freeze_window")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValidationError({"ends_at": _("It has to end after it begins.")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.window = (self.starts_at, self.ends_at)
        super().save(*args, **kwargs)


DAYS = [
    (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")),
    (5, _("Saturday")), (6, _("Sunday")),
]  # fmt: skip
#: How far ahead occurrences are kept ready, in days, and how far back.
AHEAD, BACK = 400, 100


class MaintenanceWindow(models.Model):
    """When services may be changed: the same hours each week. Services that have one are changed in it."""

    name = models.CharField(_("name"), max_length=120)
    services = models.ManyToManyField(
        "services.Service", verbose_name=_("services"), related_name="maintenance_windows"
    )
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=DAYS), verbose_name=_("days"))
    begins = models.TimeField(_("begins"), help_text=_("By the clock of the time zone."))
    minutes = models.PositiveIntegerField(
        _("minutes"), default=240, validators=[MinValueValidator(15), MaxValueValidator(7 * 1440)]
    )
    zone = models.CharField(_("time zone"), max_length=64, default=default_time_zone, validators=[check_zone])
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("maintenance window")
        verbose_name_plural = _("maintenance windows")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self.keep_ready()

    def occurrences(
        self, first: datetime.date, last: datetime.date
    ) -> list[tuple[datetime.datetime, datetime.datetime]]:
        """(beginning, end) of each that begins on a day from ``first`` to ``last``. Its length is real time.

        On the day that clocks go forward, one that would begin in the hour that is left out begins after it.
        """
        zone = zoneinfo.ZoneInfo(self.zone)
        found = []
        for number in range((last - first).days + 1):
            day = first + datetime.timedelta(days=number)
            if day.weekday() in self.weekdays:
                begins = datetime.datetime.combine(day, self.begins, tzinfo=zone).astimezone(datetime.UTC)
                found.append((begins, begins + datetime.timedelta(minutes=self.minutes)))
        return found

    def keep_ready(self, today: datetime.date | None = None) -> None:
        """Write the occurrences around now, which collisions are looked for in."""
        today = today or timezone.localdate()
        self.ready.all().delete()
        if self.is_active:
            days = (today - datetime.timedelta(days=BACK), today + datetime.timedelta(days=AHEAD))
            Occurrence.objects.bulk_create(Occurrence(rule=self, window=pair) for pair in self.occurrences(*days))


class Occurrence(models.Model):
    """One time of a maintenance window."""

    rule = models.ForeignKey(MaintenanceWindow, on_delete=models.CASCADE, related_name="ready")
    window = DateTimeRangeField(default_bounds="[)")

    class Meta:
        indexes = [GistIndex(fields=["window"], name="occurrence_window")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.window}"


def new_token() -> str:
    return secrets.token_urlsafe(32)


class CalendarFeed(models.Model):
    """A private address at which somebody's calendar reads the changes; a new one takes the old one's place."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="change_feed")
    token = models.CharField(max_length=64, unique=True, default=new_token)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return f"{self.user_id}"
