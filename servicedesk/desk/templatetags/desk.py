"""Small things that every template uses."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from servicedesk.icons import icon
from servicedesk.tickets.models import Priority

register = template.Library()

register.simple_tag(icon)


@register.simple_tag(takes_context=True)
def desk_frame(context: Any) -> dict[str, Any]:
    """The numbers in the frame of an agents' page."""
    from servicedesk.desk.frame import frame

    return frame(context["request"])


@register.filter
def face(user: Any) -> SafeString:
    """The round initials of a person, or a dashed circle for nobody."""
    if user is None:
        return mark_safe('<span class="face none" aria-hidden="true">+</span>')
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


@register.simple_tag
def ticket_rows(tickets: Iterable[Any]) -> SafeString:
    """Rows of the queue. Written here rather than in a template: fifty of them are most of the page's work.

    Words that repeat are looked up once a page; the exact times are put in on hover (static/js/desk.js).
    """
    now = timezone.now()
    priorities: dict[int, str] = {}
    states: dict[tuple[str, str], str] = {}
    ages: dict[int, str] = {}
    siren = icon("siren")

    def time(value: datetime.datetime) -> str:
        minutes = int((now - value).total_seconds() // 60)
        if minutes not in ages:
            ages[minutes] = escape(short_duration(minutes * 60))
        return f'<time datetime="{value.isoformat(timespec="seconds")}">{ages[minutes]}</time>'

    rows = []
    for ticket in tickets:
        number, requester, team, assignee = ticket.number, ticket.requester, ticket.team, ticket.assignee
        if ticket.priority not in priorities:
            priorities[ticket.priority] = priority(ticket.priority)
        state = (ticket.kind, ticket.status)
        if state not in states:
            states[state] = status(ticket)
        rows.append(
            f'<tr id="t{ticket.pk}" data-number="{number}" data-version="{ticket.version}"'
            f"{'' if ticket.is_seen else ROW_UNREAD}>"
            f'<td class="pick"><input type="checkbox" name="ticket" value="{number}" aria-label="{number}"></td>'
            f'<td class="num">{number}</td>'
            f'<td class="title"><a href="/desk/{number}/">{siren if ticket.is_major else ""}{escape(ticket.title)}</a></td>'
            f'<td class="c-who">{escape(requester.name) if requester else ""}</td>'
            f'<td class="c-prio">{priorities[ticket.priority]}</td>'
            f'<td class="c-status">{states[state]}</td>'
            f'<td class="c-team muted">{escape(team.name) if team else ""}</td>'
            f'<td class="c-face" title="{escape(assignee.name) if assignee else ""}">{face(assignee)}'
            f'<span class="visually-hidden">{escape(assignee.name) if assignee else ""}</span></td>'
            f'<td class="c-due">{due_chip(ticket.due_chip)}</td>'
            f'<td class="c-age muted">{time(ticket.opened_at)}</td>'
            f'<td class="c-act muted">{time(ticket.activity_at)}</td></tr>'
        )
    return mark_safe("".join(rows))  # noqa: S308


@register.simple_tag
def due_chip(chip: Any, name: str = "") -> SafeString:
    """When something is due, as a chip that static/js/due.js keeps current; ``name`` goes before the words."""
    if chip is None:
        return SafeString("")
    ticking = ""
    if chip.ticks:
        ticking = (
            f' data-left="{chip.left}" data-at="{chip.at}" data-calendar="{chip.calendar}" data-soon="{chip.soon}"'
        )
    before = f"<b>{escape(name)}</b> " if name else ""
    title = f' title="{escape(chip.title)}"' if chip.title else ""
    words = f"<span>{before}<span>{escape(chip.words)}</span></span>"
    return mark_safe(f'<span class="chip due {chip.tone}"{ticking}{title}>{icon(chip.icon)}{words}</span>')  # noqa: S308


@register.simple_tag
def open_hours() -> SafeString:
    """When the calendars that promises count in are open in the coming weeks: due chips tick by it."""
    from servicedesk.sla.display import coming_hours

    return format_html_join(
        "", '<data hidden data-calendar-hours="{}" value="{}"></data>', coming_hours()
    )  # fmt: skip


ROW_UNREAD = ' class="unread"'

#: How far along a ticket is, of three.
STAGES = {"open": 1, "waiting": 1, "resolved": 2, "closed": 3}


@register.simple_tag
def stages(ticket: Any) -> SafeString:
    """Three small bars for the portal: what is done, and where it stands."""
    at = 0 if ticket.status == ticket.process.lifecycle.initial else STAGES[ticket.status_category]
    words = ["done" if n < at else "now" if n == at else "" for n in range(3)]
    return mark_safe("".join(f'<i class="{word}"></i>' for word in words))  # noqa: S308


@register.simple_tag
def same(one: Any, other: Any) -> str:
    """`` selected`` for the option that is chosen."""
    return " selected" if str(one) == str(other or "") else ""


@register.simple_tag
def filter_off(query: Any, name: str) -> str:
    """The queue's address without one filter."""
    return query.address(**{name: None})


@register.simple_tag
def prop(here: str, ticket: Any, name: str, label: str, key: str) -> SafeString:
    """A property of the ticket page, editable in place: a button that fetches its form. ``here`` is the page's address."""
    value = getattr(ticket, name)
    if name == "priority":
        shown = priority(value)
        if ticket.priority_reason:
            shown += format_html('<span class="muted small">“{}”</span>', ticket.priority_reason)
    elif name == "tags":
        shown = format_html_join("", '<span class="chip">{}</span>', ((tag,) for tag in value)) or EMPTY
    elif name in ("assignee", "requester"):
        shown = face(value) + escape(value.name) if value else EMPTY
    else:
        shown = escape(str(value)) if value else EMPTY
    url = f"{here}edit/{name}/"
    shortcut = format_html(' data-key="{}"', key) if key else ""
    return format_html(
        '<dt>{}</dt><dd><button class="edit" type="button" hx-get="{}" hx-target="closest dd" hx-swap="innerHTML"'
        '{} aria-label="{}: {}">{}</button></dd>',
        label, url, shortcut, label, strip_tags(shown) or "—", shown,
    )  # fmt: skip


EMPTY = SafeString('<span class="muted">—</span>')


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
    """How long ago; the exact time is put in on hover (static/js/desk.js)."""
    if value is None:
        return ""
    seconds = (timezone.now() - value).total_seconds()
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), short_duration(seconds))


@register.filter
def moment(value: datetime.datetime | None) -> SafeString | str:
    """Time today, day this year, date before; the exact one is put in on hover."""
    if value is None:
        return ""
    local, today = timezone.localtime(value), timezone.localdate()
    text = f"{local:%H:%M}"
    days = (today - local.date()).days
    if days == 1:
        text = _("Yesterday %(time)s") % {"time": text}
    elif days:
        text = date_format(local, "j M H:i" if local.year == today.year else "j M Y H:i")
    return mark_safe(f'<time datetime="{value.isoformat(timespec="seconds")}">{escape(text)}</time>')  # noqa: S308


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
