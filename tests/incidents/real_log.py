"""A company's real year: every published figure of the log is found again in the database.

The log is large and not ours to ship: tests look for it beside the project
(SERVICENOW_LOG names another place) and say so where it is not at hand. To read it
takes minutes, so it is read once, by tests/sla/test_real_log.py, which calls this.
"""

import os
import resource
from pathlib import Path

from django.db import connection
from django.db.models import Avg, Count, Max, Q
from django.db.models.fields.json import KT

from incidents.servicenow import import_log, open_log
from servicedesk.people.models import Team, User
from servicedesk.tickets.models import Channel, Event, Ticket

LOG = Path(
    os.environ.get("SERVICENOW_LOG")
    or Path(__file__).resolve().parents[3] / "shared" / "data" / "servicenow_incident_log.csv.xz"
)


def read_log() -> list[int]:
    """Import the log; what it reports is right. Returns the memory used as it went on, in kB."""
    memory: list[int] = []
    lines, _raw = open_log(LOG)
    with lines:
        report = import_log(
            lines, progress=lambda _r: memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        )
    assert (report.rows, report.incidents, report.created, report.skipped) == (119_998, 20_769, 20_769, 2)
    assert [reason for _line, reason in report.problems] == ["incident_state is unknown: '-100'"] * 2
    return memory


def check_figures(memory: list[int]) -> None:
    """Every published figure of the log is found again in the database."""
    # What one transaction has written, no statistics know of yet, and the figures' queries would go astray.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket, tickets_event, people_user")
    tickets = Ticket.objects.exclude(external_ref="")
    assert tickets.count() == 20_769
    by_priority = dict(tickets.values_list("priority").annotate(n=Count("pk")).order_by())
    assert by_priority == {1: 220, 2: 337, 3: 19_554, 4: 658}
    by_channel = dict(tickets.values_list("channel").annotate(n=Count("pk")).order_by())
    assert by_channel == {Channel.PHONE: 20_733, Channel.EMAIL: 36}
    recorded = Event.objects.filter(data__has_key="source")
    states = dict(recorded.values_list(KT("data__source__state")).annotate(n=Count("pk")).order_by())
    assert states == {
        "Active": 33_582, "New": 30_229, "Resolved": 21_500, "Closed": 20_825, "Awaiting User Info": 12_884,
        "Awaiting Vendor": 557, "Awaiting Problem": 400, "Awaiting Evidence": 19,
    }  # fmt: skip
    assert Team.objects.count() == 72
    assert User.objects.filter(external_ref__startswith="servicenow:assignee:").count() == 208
    assert User.objects.filter(external_ref__startswith="servicenow:caller:").count() == 4_828
    assert tickets.filter(reopened__gt=0).count() == 234
    moves = tickets.aggregate(mean=Avg("reassigned"), most=Max("reassigned"))
    assert (round(moves["mean"], 3), moves["most"]) == (0.988, 27)
    ends = dict(tickets.values_list("status").annotate(n=Count("pk")).order_by())
    assert ends == {"closed": 20_768, "new": 1}
    # Impact × urgency gives priority by the usual matrix; the four exceptions were in the log's own.
    assert not tickets.exclude(priority_reason="").exclude(Q(impact=3, urgency=1)).exists()
    # Every incident has its past as events in order, and its last event is where it stands.
    assert Event.objects.filter(kind="opened").count() == 20_769
    events = Event.objects.order_by().values_list("ticket").annotate(n=Count("pk"))
    assert dict(events) == dict(tickets.values_list("pk", "version"))

    # Constant memory: the second half of the import needs hardly more than the first.
    half = memory[len(memory) // 2]
    assert memory[-1] < half * 1.25, (half, memory[-1])

    # A second run changes nothing.
    lines, _raw = open_log(LOG)
    with lines:
        again = import_log(lines)
    assert (again.created, again.extended, again.events) == (0, 0, 0)
