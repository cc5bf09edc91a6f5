"""A company's real year of incidents: every clock agrees with its replay, and with figures computed another way."""

from __future__ import annotations

import csv
import datetime
import io
import itertools

import pytest
from django.core.management import call_command
from django.db import connection

from incidents.servicenow import open_log
from servicedesk.sla import engine
from servicedesk.sla.happenings import history_of
from servicedesk.sla.models import Clock
from servicedesk.sla.replaying import export, replay_tickets
from servicedesk.tickets.models import Event, Ticket
from tests.incidents.real_log import LOG, check_figures, read_log
from tests.problems.real_log import check_candidates

from .setups import nine_to_five, promise

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db,
    pytest.mark.usefixtures("bare"),
    pytest.mark.skipif(not LOG.exists(), reason=f"the real incident log is not at hand ({LOG.name})"),
]

FORMAT = "%d/%m/%Y %H:%M"
AWAITING = {"Awaiting User Info", "Awaiting Vendor", "Awaiting Problem", "Awaiting Evidence", "Awaiting Change"}
NINE, FIVE = 9 * 60, 17 * 60


def office_minutes(start: datetime.datetime, end: datetime.datetime) -> int:
    """Minutes of Monday to Friday 09:00–17:00 between the two, day by day and by hand."""
    total = 0
    day = start.date()
    while day <= end.date():
        if day.weekday() < 5:
            low = max(NINE, (start - datetime.datetime.combine(day, datetime.time())).total_seconds() // 60)
            high = min(FIVE, (end - datetime.datetime.combine(day, datetime.time())).total_seconds() // 60)
            total += max(0, int(high - low))
        day += datetime.timedelta(1)
    return total


def computed_from_the_rows() -> dict[str, tuple[int, bool]]:
    """External reference → (elapsed seconds, stopped), from the CSV alone."""
    lines, _raw = open_log(LOG)
    result = {}
    with lines:
        rows = (row for row in csv.DictReader(lines) if row["incident_state"] != "-100")
        for number, group in itertools.groupby(rows, key=lambda row: row["number"]):
            history = list(group)
            at = datetime.datetime.strptime(history[0]["opened_at"], FORMAT)
            minutes, runs, stopped = 0, True, False
            for row in history:
                moment = max(at, datetime.datetime.strptime(row["sys_updated_at"], FORMAT))
                if runs:
                    minutes += office_minutes(at, moment)
                at = moment
                stopped = row["incident_state"] in ("Resolved", "Closed")
                runs = not stopped and row["incident_state"] not in AWAITING
            result[number] = (minutes * 60, stopped)
    return result


def test_all_clocks_of_the_real_log_agree() -> None:
    agreement = promise("resolution", ("", 16), calendar=nine_to_five(), name="Nine to five")
    memory = read_log()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket, tickets_event, sla_clock")
    # Read once, looked at from all sides: the import's figures, and the clusters in it.
    check_figures(memory)
    check_candidates()
    assert Clock.objects.count() == 20_769

    # 1. Against figures computed from the rows alone.
    out = io.StringIO()
    assert export(out, agreement="Nine to five") == 20_769
    rows = {row["external_reference"]: row for row in csv.DictReader(io.StringIO(out.getvalue()))}
    wanted = computed_from_the_rows()
    assert rows.keys() == wanted.keys()
    wrong = [
        (number, seconds, rows[number])
        for number, (seconds, stopped) in wanted.items()
        if stopped and int(rows[number]["elapsed_seconds"]) != seconds
    ]
    assert not wrong, wrong[:5]
    assert sum(stopped for _seconds, stopped in wanted.values()) == 20_768
    late = [row for number, row in rows.items() if wanted[number][1] and wanted[number][0] > 16 * 3600]
    assert late and all(row["breached_at"] for row in late)
    # At closing time the promise is due; what was solved the evening after is late without a second more of working time.
    others = [number for number, row in rows.items() if row["breached_at"] and row not in late and wanted[number][1]]
    assert {wanted[number][0] for number in others} == {16 * 3600}

    # 2. Event by event, as they would have come in, instead of all at once.
    before = dict(Clock.objects.values_list("ticket", "spans"))
    Clock.objects.all().delete()
    events: dict[int, list[Event]] = {}
    for event in Event.objects.order_by("pk").iterator(chunk_size=5000):
        events.setdefault(event.ticket_id, []).append(event)
    for ticket in Ticket.objects.defer("search").iterator(chunk_size=2000):
        own = events.pop(ticket.pk)
        for event, what in zip(own, history_of(ticket, own), strict=True):
            for name, value in what.facts.items():
                setattr(ticket, name, value)
            ticket.status_reason = what.reason
            engine.on_event(event, ticket)
    assert dict(Clock.objects.values_list("ticket", "spans")) == before
    assert list(replay_tickets(Ticket.objects.all(), check=True, finished=True)) == []
    assert set(Clock.objects.values_list("revision", flat=True)) == {agreement.revision}
    call_command("sla_replay", "--all", "--check", verbosity=0, stdout=io.StringIO())
