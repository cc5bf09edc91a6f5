"""Small things that every template uses."""

from __future__ import annotations

import datetime
from typing import Any

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from servicedesk.tickets.models import Priority

register = template.Library()

_sprite = ""


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite, hidden from assistive technology; names are our own, so nothing is escaped."""
    global _sprite
    _sprite = _sprite or staticfiles_storage.url("icons.svg")
    return mark_safe(f'<svg class="i" aria-hidden="true"><use href="{_sprite}#{name}"/></svg>')  # noqa: S308


@register.simple_tag(takes_context=True)
def desk_frame(context: Any) -> dict[str, Any]:
    """The numbers in the frame of an agents' page."""
    from servicedesk.desk.frame import frame

    return frame(context["request"])


@register.filter
def face(user: Any) -> SafeString:
    """The round initials of a person, or a dashed circle for nobody."""
    if user is None:
        return mark_safe('<span class="face none" aria-hidden="true">+</span>')  # noqa: S308
    return mark_safe(f'<span class="face" aria-hidden="true">{escape(user.initials)}</span>')  # noqa: S308


@register.filter
def priority(value: int) -> SafeString:
    """Priority as bars and a word."""
    label = escape(Priority(value).label)
    return mark_safe(  # noqa: S308
        f'<span class="p p{value}"><span class="bars" aria-hidden="true"><i></i><i></i><i></i></span>{label}</span>'
    )


@register.filter
def status(ticket: Any) -> SafeString:
    """The status as a chip, tinted by its category."""
    return mark_safe(f'<span class="chip {ticket.status_category}">{escape(ticket.state.label)}</span>')  # noqa: S308


def short_duration(seconds: float) -> str:
    """3 m, 2 h, 5 d: how long, in one unit."""
    minutes = int(max(seconds, 0) // 60)
    if minutes < 1:
        return _("now")
    if minutes < 60:
        return _("%(n)d m") % {"n": minutes}
    if minutes < 60 * 24:
        return _("%(n)d h") % {"n": minutes // 60}
    return _("%(n)d d") % {"n": minutes // (60 * 24)}


@register.filter
def since(value: datetime.datetime | None) -> SafeString | str:
    """How long ago, with the exact time on hover."""
    if value is None:
        return ""
    seconds = (timezone.now() - value).total_seconds()
    exact = date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return mark_safe(  # noqa: S308
        f'<time datetime="{value.isoformat()}" title="{escape(exact)}">{escape(short_duration(seconds))}</time>'
    )


@register.filter
def moment(value: datetime.datetime | None) -> SafeString | str:
    """Time today, day this year, date before; the exact one on hover."""
    if value is None:
        return ""
    local, now = timezone.localtime(value), timezone.localtime()
    if local.date() == now.date():
        text = date_format(local, "H:i")
    elif local.date() == now.date() - datetime.timedelta(days=1):
        text = _("Yesterday %(time)s") % {"time": date_format(local, "H:i")}
    elif local.year == now.year:
        text = date_format(local, "j M H:i")
    else:
        text = date_format(local, "j M Y H:i")
    exact = date_format(local, "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, text)


@register.filter
def count(value: int | None) -> str:
    """A live count, which stops at a thousand."""
    if value is None:
        return ""
    return "1000+" if value > 1000 else str(value)


@register.filter
def item(mapping: dict[Any, Any], key: Any) -> Any:
    """``mapping[key]``, or nothing."""
    return mapping.get(key)


@register.filter
def filesize(value: int) -> str:
    """Bytes in the largest fitting unit."""
    size = float(value)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
