"""What a calendar of changes shows of a stretch of time: changes, freezes, maintenance windows, who is on call."""

from __future__ import annotations

import calendar as months
import datetime
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from servicedesk.people import access
from servicedesk.people.models import Team
from servicedesk.sla import oncall
from servicedesk.sla.models import Rota

from .models import Change, ChangeType, Freeze, Level, Occurrence
from .operations.planning import MOVABLE

DAY = datetime.timedelta(days=1)
#: At most so many changes are drawn.
MOST = 1000


@dataclass(frozen=True)
class Filter:
    """Which changes: all of what is given has to fit. Ids, a level's slug, a type."""

    service: int | None = None
    team: int | None = None
    risk: str = ""
    type: str = ""

    @classmethod
    def read(cls, data: Any) -> Filter:
        """From an address; what is none is no filter."""

        def number(name: str) -> int | None:
            text = str(data.get(name, ""))
            return int(text) if text.isdigit() and len(text) < 18 else None

        risk, type_ = str(data.get("risk", "")), str(data.get("type", ""))
        return cls(
            number("service"), number("team"), risk if risk in Level.values else "",
            type_ if type_ in ChangeType.values else "",
        )  # fmt: skip

    def narrow(self, rows: Any) -> Any:
        """The changes that fit."""
        if self.service is not None:
            rows = rows.filter(pk__in=Change.services.through.objects.filter(service=self.service).values("change"))
        if self.team is not None:
            rows = rows.filter(team=self.team)
        if self.risk:
            rows = rows.filter(risk_level=self.risk)
        return rows.filter(type=self.type) if self.type else rows


@dataclass
class Entry:
    """A change in a calendar, its times by the clock of whoever looks."""

    number: str
    title: str
    start: datetime.datetime
    end: datetime.datetime
    status: str
    risk: str
    type: str
    outage: bool
    pk: int = 0
    services: list[tuple[int, str]] = field(default_factory=list)

    @property
    def movable(self) -> bool:
        return self.status in MOVABLE

    @property
    def names(self) -> str:
        return ", ".join(name for _pk, name in self.services)


@dataclass(frozen=True)
class Band:
    """A freeze or a maintenance window."""

    name: str
    start: datetime.datetime
    end: datetime.datetime
    services: tuple[int, ...] = ()


_COLUMNS = ("number", "title", "window", "status", "risk_level", "type", "outage", "pk")


def entries(
    user: Any, start: datetime.datetime, end: datetime.datetime, chosen: Filter, zone: zoneinfo.ZoneInfo
) -> list[Entry]:  # fmt: skip
    """The changes planned in the stretch that ``user`` sees, in order, at most MOST; two queries."""
    rows = access.visible(user, Change.objects.filter(window__overlap=DateTimeTZRange(start, end)))
    rows = chosen.narrow(rows.exclude(status__in=["cancelled", "rejected"])).order_by("window", "pk")
    found = [
        Entry(number, title, w.lower.astimezone(zone), w.upper.astimezone(zone), status, risk, type_, outage, pk)
        for number, title, w, status, risk, type_, outage, pk in rows.values_list(*_COLUMNS)[:MOST]
    ]
    by_pk = {entry.pk: entry for entry in found}
    if by_pk:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT l.change_id, s.id, s.name FROM changes_change_services l JOIN services_service s ON s.id = l.service_id"
                " WHERE l.change_id = ANY(%s) ORDER BY s.name",
                [list(by_pk)],
            )
            for pk, service, name in cursor.fetchall():
                by_pk[pk].services.append((service, name))
    return found


def freezes(start: datetime.datetime, end: datetime.datetime, chosen: Filter, zone: zoneinfo.ZoneInfo) -> list[Band]:
    """The freezes of the stretch, those of the chosen service where one is chosen."""
    rows = Freeze.objects.filter(window__overlap=DateTimeTZRange(start, end)).prefetch_related("services")
    if chosen.service is not None:
        rows = rows.filter(Q(services=None) | Q(services=chosen.service)).distinct()
    return [
        Band(
            row.name, row.starts_at.astimezone(zone), row.ends_at.astimezone(zone),
            tuple(s.pk for s in row.services.all()),
        )
        for row in rows.order_by("starts_at")[:50]
    ]  # fmt: skip


def maintenance(
    start: datetime.datetime, end: datetime.datetime, chosen: Filter, zone: zoneinfo.ZoneInfo
) -> list[Band]:
    """The maintenance windows of the stretch, those of the chosen service where one is chosen."""
    rows = Occurrence.objects.filter(window__overlap=DateTimeTZRange(start, end), rule__is_active=True)
    if chosen.service is not None:
        rows = rows.filter(rule__services=chosen.service)
    rows = rows.select_related("rule").prefetch_related("rule__services").order_by("window", "pk")[:300]
    return [
        Band(
            row.rule.name, row.window.lower.astimezone(zone), row.window.upper.astimezone(zone),
            tuple(s.pk for s in row.rule.services.all()),
        )
        for row in rows
    ]  # fmt: skip


def duty(user: Any, start: datetime.datetime, end: datetime.datetime, chosen: Filter) -> list[tuple[str, list[Any]]]:
    """(team, its shifts in the stretch) of the teams that ``user`` sees."""
    teams = access.visible_teams(user, Team.objects.filter(is_active=True))
    if chosen.team is not None:
        teams = teams.filter(pk=chosen.team)
    rotas = list(Rota.objects.select_related("team").filter(team__in=teams).order_by("team__name")[:20])
    found = oncall.shifts_of(rotas, start, end)
    return [(rota.team.name, shifts) for rota, shifts in zip(rotas, found, strict=True)]


def midnight(day: datetime.date, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """When a day begins."""
    return datetime.datetime.combine(day, datetime.time(), zone)


def month_days(first: datetime.date) -> list[datetime.date]:
    """The days that a month's page shows: whole weeks from Monday."""
    return [day for week in months.Calendar().monthdatescalendar(first.year, first.month) for day in week]


def touching(things: Iterable[Any], start: datetime.datetime, end: datetime.datetime) -> list[Any]:
    """The entries or bands that touch a stretch."""
    return [thing for thing in things if thing.start < end and thing.end > start]


def by_service(found: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """Each service that is changed, by name, with its changes; those without a service last."""
    rows: dict[str, list[Entry]] = {}
    for entry in found:
        for _pk, name in entry.services or [(0, "")]:
            rows.setdefault(name, []).append(entry)
    return sorted(rows.items(), key=lambda item: (item[0] == "", item[0].lower()))
