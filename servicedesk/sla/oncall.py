"""Who is on call, and calling them one after another until somebody answers."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User
from servicedesk.tickets.errors import NotAllowedNow
from servicedesk.tickets.models import Event, Ticket
from servicedesk.tickets.operations import core

from .models import Page, Rota, RotaMember, RotaOverride
from .present import database_now


@dataclass(frozen=True)
class Shift:
    """A stretch in which one person is on call; ``override`` says why it is not whose turn it is."""

    user: User
    start: datetime.datetime
    end: datetime.datetime
    override: str | None = None


def _handover(rota: Rota, week: int) -> datetime.datetime:
    """The hand-over that begins the rota's week with this number; local time, so that 09:00 stays 09:00."""
    first = rota.begins - datetime.timedelta((rota.begins.weekday() - rota.weekday) % 7)
    day = first + datetime.timedelta(weeks=week)
    return datetime.datetime.combine(day, rota.time, zoneinfo.ZoneInfo(rota.time_zone)).astimezone(datetime.UTC)


def _members(rota: Rota) -> list[User]:
    return [member.user for member in rota.members.select_related("user") if member.user.is_active]


def shifts(rota: Rota, start: datetime.datetime, end: datetime.datetime) -> list[Shift]:
    """Everybody's shifts between the two, in order, overrides in their places; two queries."""
    return shifts_of([rota], start, end)[0]


def shifts_of(rotas: Sequence[Rota], start: datetime.datetime, end: datetime.datetime) -> list[list[Shift]]:
    """The same for many rotas, in their order; two queries however many."""
    members: dict[int, list[User]] = {}
    for member in RotaMember.objects.filter(rota__in=rotas, user__is_active=True).select_related("user"):
        members.setdefault(member.rota_id, []).append(member.user)
    overrides: dict[int, list[RotaOverride]] = {}
    rows = RotaOverride.objects.filter(rota__in=rotas, start__lt=end, end__gt=start, user__is_active=True)
    for override in rows.select_related("user"):
        overrides.setdefault(override.rota_id, []).append(override)
    return [_shifts(rota, members.get(rota.pk, []), overrides.get(rota.pk, []), start, end) for rota in rotas]


def _shifts(
    rota: Rota, members: list[User], overrides: list[RotaOverride], start: datetime.datetime, end: datetime.datetime
) -> list[Shift]:  # fmt: skip
    found: list[Shift] = []
    if members:
        week = max((start - _handover(rota, 0)).days // 7 - 1, 0)
        while (begins := _handover(rota, week)) < end:
            ends = _handover(rota, week + 1)
            if ends > start:
                found.append(Shift(members[week % len(members)], max(begins, start), min(ends, end)))
            week += 1
    for override in overrides:
        begins, ends = max(override.start, start), min(override.end, end)
        kept: list[Shift] = []
        for shift in found:
            if shift.start < begins:
                kept.append(Shift(shift.user, shift.start, min(shift.end, begins), shift.override))
            if shift.end > ends:
                kept.append(Shift(shift.user, max(shift.start, ends), shift.end, shift.override))
        found = sorted(
            [
                *(s for s in kept if s.start < s.end),
                Shift(override.user, begins, ends, override.reason or _("Override")),
            ],
            key=lambda shift: shift.start,
        )
    return found


def on_call(rota: Rota, at: datetime.datetime) -> User | None:
    """Who is on call at that instant."""
    now = shifts(rota, at, at + datetime.timedelta(microseconds=1))
    return now[0].user if now else None


def order(rota: Rota, at: datetime.datetime) -> list[User]:
    """Whom to call one after another: who is on call, then the others from the next in turn."""
    first = on_call(rota, at)
    members = _members(rota)
    if first is None:
        return members
    if first in members:
        place = members.index(first)
        return [*members[place:], *members[:place]]
    return [first, *members]


# --- Paging ------------------------------------------------------------------------------------------


def start(ticket: Ticket, team: Team, cause: Event) -> str:
    """Page whoever is on call for the team, once for each cause; returns what came of it."""
    rota = Rota.objects.filter(team=team).first()
    if rota is None:
        return _("%(team)s has no on-call rota.") % {"team": team}
    if Page.objects.filter(cause=cause, team=team).exists():
        return _("Paged already.")
    user = _page(ticket, rota, cause, 0, database_now())
    return _("Paged %(name)s.") % {"name": user.name} if user else _("Nobody is on call.")


def _page(ticket: Ticket, rota: Rota, cause: Event, turn: int, now: datetime.datetime) -> User | None:
    """Call the person whose turn it is; returns them, or None when everybody was called."""
    people = order(rota, now)
    if turn >= len(people):
        return None
    user = people[turn]
    row = core.lock(ticket, None, "page")
    core.record(
        row, "paged", actor=None, activity=False, at=now, team=rota.team.name,
        user={"id": user.pk, "name": user.name}, because=cause.data.get("agreement"),
    )  # fmt: skip
    Page.objects.create(
        ticket=row, team=rota.team, cause=cause, user=user, turn=turn, paged_at=now,
        next_at=now + datetime.timedelta(minutes=rota.patience),
    )  # fmt: skip
    return user


_UNANSWERED = (
    "SELECT p.id, statement_timestamp() FROM sla_page p JOIN tickets_ticket t ON t.id = p.ticket_id"
    " WHERE p.next_at <= statement_timestamp() ORDER BY p.next_at LIMIT %s FOR UPDATE OF p, t SKIP LOCKED"
)


@transaction.atomic
def sweep(limit: int = 50) -> int:
    """Page the next where nobody acknowledged in time; returns how many were gone on with."""
    with connection.cursor() as cursor:
        cursor.execute(_UNANSWERED, [limit])
        rows = cursor.fetchall()
    for pk, now in rows:
        page = Page.objects.select_related("ticket", "team__rota", "team__lead", "cause").get(pk=pk)
        page.next_at = None
        page.save(update_fields=["next_at"])
        rota = getattr(page.team, "rota", None)
        if rota is None or page.ticket.is_over:
            continue
        if _page(page.ticket, rota, page.cause, page.turn + 1, now) is None:
            lead = page.team.lead
            core.record(
                core.lock(page.ticket, None, "page"), "page_unanswered", actor=None, activity=False, at=now,
                team=page.team.name, user={"id": lead.pk, "name": lead.name} if lead else None,
            )  # fmt: skip
    return len(rows)


def waiting(ticket: Ticket) -> list[Page]:
    """The calls about a ticket that nobody has answered, newest first; one query."""
    return list(
        Page.objects.filter(ticket=ticket, acknowledged_at=None)
        .select_related("user", "team")
        .order_by("-paged_at")[:5]
    )


@transaction.atomic
def acknowledge(ticket: Ticket, *, actor: Any) -> int:
    """Say that one is at it: nobody else is called. Returns how many calls that answers."""
    row = core.lock(ticket, actor, "note")
    pages = list(Page.objects.select_for_update().filter(ticket=row, acknowledged_at=None))
    if not pages:
        raise NotAllowedNow(_("Nobody is being called about %(number)s.") % {"number": row.number})
    now = timezone.now()
    Page.objects.filter(pk__in=[page.pk for page in pages]).update(
        acknowledged_at=now, acknowledged_by=actor, next_at=None
    )
    core.record(row, "acknowledged", actor=actor, at=now, activity=False)
    ticket.version = row.version
    return len(pages)
