"""Holidays of countries and regions, from the ``holidays`` package."""

from __future__ import annotations

import datetime
import functools
import re

import holidays
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from holidays.registry import COUNTRIES

from . import configuring
from .defaults import country_of
from .models import Agreement, Calendar, Holiday


@functools.cache
def countries() -> dict[str, list[str]]:
    """Country code → its regions."""
    return holidays.list_supported_countries()


@functools.cache
def country_names() -> list[tuple[str, str]]:
    """(code, name) of every country there are holidays of, by name."""
    named = {code: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name, code, *_more in COUNTRIES.values()}
    return sorted(((code, named.get(code, code)) for code in countries()), key=lambda pair: pair[1])


def find(country: str, region: str, year: int) -> dict[datetime.date, str]:
    """The public holidays of a year; raises ValueError with a sentence for an unknown country, region or year."""
    if country not in countries():
        raise ValueError(_("There are no holidays on record for the country “%(code)s”.") % {"code": country})
    if region and region not in countries()[country]:
        known = ", ".join(countries()[country]) or _("none")
        raise ValueError(
            _("%(country)s has no region “%(region)s”; there is: %(known)s.")
            % {"country": country, "region": region, "known": known}
        )
    if not 1970 <= year <= 2100:
        raise ValueError(_("Choose a year between 1970 and 2100."))
    found = holidays.country_holidays(country, subdiv=region or None, years=year)
    return {day: name[:120] for day, name in sorted(found.items())}


@transaction.atomic
def import_holidays(calendar: Calendar, country: str, region: str, year: int) -> int:
    """Add a year's holidays to a calendar and remember where they came from; returns how many were new."""
    found = find(country, region, year)
    known = set(calendar.holidays.values_list("date", flat=True))
    fresh = [Holiday(calendar=calendar, date=day, name=name) for day, name in found.items() if day not in known]
    Holiday.objects.bulk_create(fresh)
    Calendar.objects.filter(pk=calendar.pk).update(country=country, region=region)
    calendar.country, calendar.region = country, region
    if fresh:
        configuring.changed(Agreement.objects.filter(goals__calendar=calendar))
    return len(fresh)


def keep_current() -> None:
    """From October on, the next year's holidays for every calendar that has a country and none of that year."""
    today = timezone.localdate()
    year = today.year + 1 if today.month >= 10 else today.year
    for calendar in Calendar.objects.exclude(country=""):
        if not calendar.holidays.filter(date__year=year).exists():
            import_holidays(calendar, calendar.country, calendar.region, year)


def default_country() -> str:
    """The installation's country by its settings, or ""."""
    return settings.COUNTRY or country_of(settings.TIME_ZONE)
