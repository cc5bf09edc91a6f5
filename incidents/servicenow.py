"""Reading ServiceNow's incident log: one row per update, oldest first within each incident.

Rows become the incident's history (``tickets.operations.record_history``). What
cannot be read is reported with its line and left out; nothing is guessed.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

from django.db.models import IntegerField, Max, Model
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from servicedesk.people.models import Role, Team, User
from servicedesk.text import clean_text
from servicedesk.tickets.models import Category, Channel, Event, Priority, PriorityRule, ResolutionCode, Ticket
from servicedesk.tickets.operations import Past, Step, record_history

from .process import INCIDENT

UNKNOWN = "?"
BATCH = 250
COLUMNS = (
    "number", "incident_state", "reassignment_count", "reopen_count", "caller_id", "opened_by", "opened_at",
    "sys_updated_by", "sys_updated_at", "contact_type", "location", "category", "subcategory", "u_symptom", "impact",
    "urgency", "priority", "assignment_group", "assigned_to", "closed_code", "resolved_by",
)  # fmt: skip
STATES = {
    "New": "new", "Active": "in_progress", "Awaiting User Info": "waiting_customer",
    "Awaiting Evidence": "waiting_customer", "Awaiting Vendor": "waiting_supplier",
    "Awaiting Problem": "waiting_problem", "Awaiting Change": "waiting_change", "Resolved": "resolved",
    "Closed": "closed",
}  # fmt: skip
LEVELS = {"1 - High": 1, "2 - Medium": 2, "3 - Low": 3}
PRIORITIES = {
    "1 - Critical": Priority.CRITICAL, "2 - High": Priority.HIGH, "3 - Moderate": Priority.NORMAL,
    "4 - Low": Priority.LOW,
}  # fmt: skip
CHANNELS = {"Phone": Channel.PHONE, "Email": Channel.EMAIL, "Self service": Channel.PORTAL}
DATE = "%d/%m/%Y %H:%M"
#: Of addresses made up for people of whom the log has only a name: nothing can be sent there (RFC 2606).
MAIL_DOMAIN = "imported.invalid"


class BadRow(ValueError):
    """A row that cannot be read; the message says why."""


class BadFile(ValueError):
    """The file is not such a log; the message says why."""


@dataclass
class Report:
    """What an import did."""

    rows: int = 0  #: rows read, bad ones included
    incidents: int = 0  #: incidents seen
    created: int = 0
    extended: int = 0  #: incidents known already that got further rows
    events: int = 0  #: rows recorded as history
    problems: list[tuple[int, str]] = field(default_factory=list)  #: (line, reason), the first PROBLEMS of them
    skipped: int = 0  #: rows left out because they cannot be read

    PROBLEMS = 1000

    def problem(self, line: int, reason: str) -> None:
        """Note a row that is left out."""
        self.skipped += 1
        if len(self.problems) < self.PROBLEMS:
            self.problems.append((line, reason))


@dataclass(frozen=True)
class Row:
    """One readable row."""

    line: int
    number: str
    state: str
    opened_at: datetime.datetime
    updated_at: datetime.datetime
    impact: int
    urgency: int
    priority: int
    reassigned: int
    reopened: int
    text: dict[str, str]  #: the other columns, clean; "" for unknown


def _date(value: str, column: str) -> datetime.datetime:
    try:
        return datetime.datetime.strptime(value, DATE).replace(tzinfo=datetime.UTC)
    except ValueError:
        raise BadRow(f"{column} is not a date like 29/2/2016 01:16: {value[:40]!r}") from None


def _among(table: dict[str, Any], value: str, column: str) -> Any:
    try:
        return table[value]
    except KeyError:
        raise BadRow(f"{column} is unknown: {value[:40]!r}") from None


def _count(value: str, column: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 5):
        raise BadRow(f"{column} is not a small number: {value[:40]!r}")
    return int(value)


def read_row(line: int, raw: dict[str | None, Any]) -> Row:
    """Read one row of the CSV; raises BadRow."""
    if None in raw or any(raw.get(column) is None for column in COLUMNS):
        raise BadRow("the row has not as many columns as the heading")
    if any("\ufffd" in value for value in raw.values()):
        raise BadRow("the row contains bytes that are not UTF-8 text")
    text = {str(key): "" if value == UNKNOWN else clean_text(value, one_line=True)[:120] for key, value in raw.items()}
    number = text["number"]
    if not number:
        raise BadRow("number is missing")
    state = _among({name: name for name in STATES}, raw["incident_state"], "incident_state")
    return Row(
        line=line, number=number, state=state, opened_at=_date(raw["opened_at"], "opened_at"),
        updated_at=_date(raw["sys_updated_at"], "sys_updated_at"), impact=_among(LEVELS, raw["impact"], "impact"),
        urgency=_among(LEVELS, raw["urgency"], "urgency"), priority=_among(PRIORITIES, raw["priority"], "priority"),
        reassigned=_count(raw["reassignment_count"], "reassignment_count"),
        reopened=_count(raw["reopen_count"], "reopen_count"), text=text,
    )  # fmt: skip


def rows_of(lines: IO[str], report: Report) -> Iterator[Row]:
    """The readable rows; the others go to the report."""
    reader = csv.DictReader(line.replace("\x00", "\ufffd") if "\x00" in line else line for line in lines)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise BadFile(f"This is no incident log: the heading lacks {', '.join(missing)}.")
    while True:
        try:
            raw = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            report.rows += 1
            report.problem(reader.line_num, str(error))
            continue
        report.rows += 1
        try:
            yield read_row(reader.line_num, raw)
        except BadRow as error:
            report.problem(reader.line_num, str(error))


M = TypeVar("M", bound=Model)


class Directory:
    """People, teams, categories and codes that the log names, made when they are first met."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Any] = {}
        self.matrix = PriorityRule.matrix()

    def _once(self, kind: str, name: str, make: Callable[[], M]) -> M | None:
        if not name:
            return None
        if (kind, name) not in self.kept:
            self.kept[kind, name] = make()
        found: M = self.kept[kind, name]
        return found

    def _person(self, kind: str, name: str, role: str) -> User | None:
        def make() -> User:
            reference = f"servicenow:{kind}:{name}"
            address = f"{'-'.join(name.lower().split())}.{kind}@{MAIL_DOMAIN}"
            return User.objects.get_or_create(
                external_ref=reference, defaults={"email": address, "name": name, "role": role, "password": "!"}
            )[0]

        return self._once(kind, name, make)

    def caller(self, name: str) -> User | None:
        return self._person("caller", name, Role.CUSTOMER)

    def resolver(self, name: str) -> User | None:
        return self._person("assignee", name, Role.AGENT)

    def team(self, name: str) -> Team | None:
        return self._once("team", name, lambda: Team.objects.get_or_create(name=name)[0])

    def category(self, name: str, below: str) -> Category | None:
        top = self._once("category", name, lambda: Category.objects.get_or_create(name=name, parent=None)[0])
        if top is None or not below:
            return top
        return self._once(
            "category", f"{name}\n{below}", lambda: Category.objects.get_or_create(name=below, parent=top)[0]
        )

    def code(self, name: str) -> ResolutionCode | None:
        return self._once(
            "code", name, lambda: ResolutionCode.objects.get_or_create(name=name[:80], defaults={"position": 100})[0]
        )

    def values(self, row: Row) -> dict[str, Any]:
        """The ticket's fields as the row has them."""
        text = row.text
        over = STATES[row.state] in ("resolved", "closed")
        resolved_by = text["resolved_by"] or "unknown"
        return {
            "status": STATES[row.state],
            "status_reason": row.state if row.state.startswith("Awaiting") else "",
            "impact": row.impact,
            "urgency": row.urgency,
            "priority": row.priority,
            "priority_reason": "" if self.matrix[row.impact, row.urgency] == row.priority else "As in ServiceNow",
            "requester": self.caller(text["caller_id"]),
            "team": self.team(text["assignment_group"]),
            "assignee": self.resolver(text["assigned_to"]),
            "category": self.category(text["category"], text["subcategory"]),
            "reassigned": row.reassigned,
            "reopened": row.reopened,
            "resolution": f"{text['closed_code'] or 'No code'}, resolved by {resolved_by}" if over else "",
            "resolution_code": self.code(text["closed_code"]) if over else None,
        }

    def opening(self, row: Row) -> dict[str, Any]:
        """The fields at the opening: the first row's, in the initial state."""
        text = row.text
        about = ", ".join(filter(None, (text["category"], text["subcategory"])))
        title = " · ".join(filter(None, (about, text["u_symptom"]))) or f"Incident {row.number}"
        described = {
            "Opened by": text["opened_by"], "Location": text["location"], "Symptom": text["u_symptom"],
            "Configuration item": text.get("cmdb_ci", ""),
        }  # fmt: skip
        values = self.values(row)
        for name in ("status", "status_reason", "reassigned", "reopened", "resolution", "resolution_code"):
            del values[name]
        return {
            **values, "title": title[:200], "channel": CHANNELS.get(text["contact_type"], Channel.PHONE),
            "description": "\n".join(f"{name}: {value}  " for name, value in described.items() if value),
        }  # fmt: skip


def _source(row: Row) -> dict[str, Any]:
    return {"line": row.line, "state": row.state, "by": row.text["sys_updated_by"]}


def _record(groups: list[tuple[str, list[Row]]], directory: Directory, report: Report) -> None:
    """Record a batch; what an earlier run recorded is left as it is."""
    known = {
        ticket.external_ref: ticket
        for ticket in Ticket.objects.filter(external_ref__in=[number for number, _rows in groups])
    }
    done: dict[int, int] = dict(
        Event.objects.filter(ticket__in=known.values(), data__has_key="source")
        .values("ticket")
        .annotate(last=Max(Cast(KT("data__source__line"), IntegerField())))
        .values_list("ticket", "last")
        .order_by()
    )
    pasts = []
    for number, rows in groups:
        ticket = known.get(number)
        left = [row for row in rows if row.line > (done.get(ticket.pk, 0) if ticket else 0)]
        if not left:
            continue
        first = rows[0]
        steps = [Step(row.updated_at, directory.values(row), _source(row)) for row in left]
        opening = {} if ticket else directory.opening(first)
        pasts.append(Past(number, first.opened_at, opening, steps, ticket))
        report.events += len(steps)
        if ticket:
            report.extended += 1
        else:
            report.created += 1
    record_history(INCIDENT, pasts)


def import_log(lines: IO[str], *, progress: Callable[[Report], None] = lambda report: None) -> Report:
    """Import a log; raises BadFile for something else. Safe to repeat and to take up again after a stop.

    Memory stays constant: a batch of incidents is recorded, in a transaction of
    its own, before the next is read.
    """
    report, directory = Report(), Directory()
    grouped = itertools.groupby(rows_of(lines, report), key=lambda row: row.number)
    while batch := [(number, list(rows)) for number, rows in itertools.islice(grouped, BATCH)]:
        # The same number twice in a batch is one incident whose rows stand apart.
        merged: dict[str, list[Row]] = {}
        for number, rows in batch:
            merged.setdefault(number, []).extend(rows)
        _record(list(merged.items()), directory, report)
        report.incidents += len(merged)
        progress(report)
    return report


def open_log(path: Path) -> tuple[IO[str], IO[bytes]]:
    """(text, the file below it) of a plain or .xz log; raises BadFile."""
    raw = path.open("rb")
    magic = raw.read(6)
    raw.seek(0)
    binary: Any = lzma.open(raw) if magic == b"\xfd7zXZ\x00" else raw  # noqa: SIM115 (the caller closes it)
    return io.TextIOWrapper(binary, encoding="utf-8", errors="replace", newline=""), raw
