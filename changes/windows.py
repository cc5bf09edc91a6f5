"""Planned windows: from what somebody wrote, by the clock of a time zone, to a range, and back."""

from __future__ import annotations

import datetime
import zoneinfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import formats
from django.utils.translation import gettext as _

from servicedesk.tickets.errors import Invalid

#: The longest window, and how far from now it may lie.
LONGEST = datetime.timedelta(days=60)
FAR = datetime.timedelta(days=3 * 366)
MINUTE = datetime.timedelta(minutes=1)


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """The time zone; raises Invalid naming ``zone``."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid({"zone": _("There is no time zone “%(name)s”.") % {"name": str(name)[:60]}}) from None


def instant(local: datetime.datetime, zone: zoneinfo.ZoneInfo, field: str) -> datetime.datetime:
    """The moment that a clock in ``zone`` shows as ``local``.

    Of an hour that comes twice, the first is meant. Raises Invalid naming ``field`` for one that clocks leave out.
    """
    if local.tzinfo is not None:
        return local.astimezone(datetime.UTC)
    moment = local.replace(tzinfo=zone).astimezone(datetime.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        after = moment.astimezone(zone)
        words = {
            "time": local.strftime("%H:%M"), "day": formats.date_format(local, "j M Y"), "zone": zone.key,
            "after": after.strftime("%H:%M"),
        }  # fmt: skip
        text = _("%(time)s does not exist on %(day)s in %(zone)s: clocks go forward. Take %(after)s.") % words
        raise Invalid({field: text})
    return moment


def make(
    start: datetime.datetime, end: datetime.datetime, zone: str, *, now: datetime.datetime
) -> DateTimeTZRange:  # fmt: skip
    """The range from ``start`` to ``end``; naive ones are by the clock of ``zone``. Raises Invalid with a sentence."""
    place = zone_of(zone)
    begins, ends = instant(start, place, "start"), instant(end, place, "end")
    if ends <= begins:
        raise Invalid({"end": _("It has to end after it begins.")})
    if ends - begins < MINUTE:
        raise Invalid({"end": _("It has to last a minute at least.")})
    if ends - begins > LONGEST:
        raise Invalid({"end": _("A window lasts %(n)d days at most.") % {"n": LONGEST.days}})
    if abs(begins - now) > FAR:
        raise Invalid({"start": _("This is too far from today.")})
    return DateTimeTZRange(begins, ends, "[)")


def shift_words(window: DateTimeTZRange, zone: str) -> str:
    """A sentence if clocks are changed within the window, else nothing."""
    place = zone_of(zone)
    first, last = window.lower.astimezone(place), window.upper.astimezone(place)
    if first.utcoffset() == last.utcoffset():
        return ""
    hours = (window.upper - window.lower).total_seconds() / 3600
    return _("Clocks are changed in it: it lasts %(hours)s hours.") % {"hours": formats.number_format(round(hours, 2))}


def words(window: DateTimeTZRange | None, zone: str) -> str:
    """``Sat 28 Nov 22:00 – 23:30``, by the clock of ``zone``."""
    if window is None or window.lower is None:
        return ""
    place = zone_of(zone)
    first, last = window.lower.astimezone(place), window.upper.astimezone(place)
    text = formats.date_format(first, "D j M Y H:i")
    end = "H:i" if last.date() == first.date() else "D j M H:i"
    return f"{text} – {formats.date_format(last, end)}"
