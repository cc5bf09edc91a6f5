"""ServiceNow's incident log becomes history: every odd case of a small log of our own."""

import csv
import io

import pytest
from django.core.management import CommandError, call_command

from incidents.servicenow import COLUMNS, BadFile, import_log
from servicedesk.people.models import Team, User
from servicedesk.tickets.models import Event, Outbox, Ticket
from servicedesk.tickets.search import search
from tests.factories import fresh

pytestmark = pytest.mark.django_db
ROW = {
    "number": "INC0000001", "incident_state": "New", "reassignment_count": "0", "reopen_count": "0",
    "caller_id": "Caller 7", "opened_by": "Opened by 1", "opened_at": "29/2/2016 01:16",
    "sys_updated_by": "Updated by 3", "sys_updated_at": "29/2/2016 01:23", "contact_type": "Phone",
    "location": "Location 5", "category": "Category 5", "subcategory": "Subcategory 9", "u_symptom": "Symptom 4",
    "impact": "2 - Medium", "urgency": "2 - Medium", "priority": "3 - Moderate", "assignment_group": "Group 2",
    "assigned_to": "?", "closed_code": "code 5", "resolved_by": "Resolved by 1",
}  # fmt: skip


def log(*rows, columns=COLUMNS):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({**ROW, **row} for row in rows)
    return io.StringIO(text.getvalue())


LIFE = [
    {},
    {"incident_state": "Active", "sys_updated_at": "29/2/2016 02:00", "assigned_to": "Resolver 1"},
    {"incident_state": "Awaiting Vendor", "sys_updated_at": "29/2/2016 03:00", "assigned_to": "Resolver 1"},
    {"incident_state": "Active", "sys_updated_at": "29/2/2016 03:00", "assigned_to": "Resolver 1", "priority": "2 - High",
     "impact": "1 - High", "assignment_group": "Group 3", "reassignment_count": "1"},
    {"incident_state": "Resolved", "sys_updated_at": "1/3/2016 10:00", "assigned_to": "Resolver 1",
     "impact": "1 - High", "priority": "2 - High", "assignment_group": "Group 3", "reassignment_count": "1"},
    {"incident_state": "Closed", "sys_updated_at": "6/3/2016 10:00", "assigned_to": "Resolver 1",
     "impact": "1 - High", "priority": "2 - High", "assignment_group": "Group 3", "reassignment_count": "1"},
]  # fmt: skip


def test_an_incident_has_its_whole_past():
    report = import_log(log(*LIFE))
    assert (report.rows, report.created, report.events, report.skipped) == (6, 1, 6, 0)
    ticket = Ticket.objects.get(external_ref="INC0000001")
    assert (ticket.status, ticket.priority, ticket.assignee.name, ticket.team.name, ticket.reassigned) == (
        "closed", 2, "Resolver 1", "Group 3", 1,
    )  # fmt: skip
    assert ticket.opened_at.isoformat() == "2016-02-29T01:16:00+00:00"
    assert ticket.resolved_at.isoformat() == "2016-03-01T10:00:00+00:00"
    assert ticket.resolution_code.name == "code 5" and ticket.category.path == "Category 5 › Subcategory 9"
    events = list(ticket.events.order_by("pk"))
    assert [event.kind for event in events] == ["opened", "recorded", "moved", "moved", "moved", "moved", "moved"]
    statuses = [event.changes["status"][1] for event in events if "status" in event.changes]
    assert statuses == ["in_progress", "waiting_supplier", "in_progress", "resolved", "closed"]
    assert events[4].changes["priority"] == [3, 2] and events[4].changes["team"][1]["name"] == "Group 3"
    assert events[2].data["source"] == {"line": 3, "state": "Active", "by": "Updated by 3"}
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert ticket.version == len(events) and not Outbox.objects.exists()


def test_the_external_reference_is_found_and_shown(agent, login):
    import_log(log(*LIFE))
    ticket = Ticket.objects.get()
    assert [hit.number for hit in search(agent, "INC0000001")] == [ticket.number]
    page = login(agent).get(f"/desk/{ticket.number}/").content.decode()
    assert "INC0000001" in page and "Status from New to In progress" in page


def test_a_second_run_changes_nothing_and_a_longer_log_only_adds():
    import_log(log(*LIFE[:3]))
    before = fresh(Ticket.objects.get())
    again = import_log(log(*LIFE[:3]))
    assert (again.created, again.extended, again.events) == (0, 0, 0)
    assert fresh(before).version == before.version == 4
    more = import_log(log(*LIFE))
    assert (more.created, more.extended, more.events) == (0, 1, 3)
    assert fresh(before).status == "closed" and Event.objects.count() == 7


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"incident_state": "-100"}, "incident_state"), ({"sys_updated_at": "2016-02-29"}, "sys_updated_at"),
     ({"sys_updated_at": "30/2/2016 01:00"}, "sys_updated_at"), ({"opened_at": "?"}, "opened_at"),
     ({"impact": "4 - None"}, "impact"), ({"priority": "?"}, "priority"), ({"number": "?"}, "number"),
     ({"reassignment_count": "-1"}, "reassignment_count"), ({"reopen_count": "many"}, "reopen_count"),
     ({"assigned_to": "bad\x00"}, "UTF-8")],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_reported_with_its_line_and_the_rest_goes_on(wrong, reason):
    report = import_log(log(LIFE[0], {**LIFE[1], **wrong}, LIFE[2]))
    assert report.skipped == 1 and report.problems[0][0] == 3 and reason in report.problems[0][1]
    assert Ticket.objects.get().status == "waiting_supplier" and report.events == 2


def test_a_short_row_and_a_file_that_is_no_log():
    text = log(*LIFE[:1]).getvalue() + "INC0000002,New\n"
    report = import_log(io.StringIO(text))
    assert report.problems == [(3, "the row has not as many columns as the heading")]
    for text in ("", "a,b\n1,2\n", log(LIFE[0], columns=COLUMNS[1:]).getvalue()):
        with pytest.raises(BadFile, match="no incident log"):
            import_log(io.StringIO(text))


def test_a_clock_that_goes_back_keeps_the_order_of_the_rows():
    import_log(log(LIFE[0], {**LIFE[1], "sys_updated_at": "28/2/2016 23:00"}, LIFE[2]))
    events = list(Ticket.objects.get().events.order_by("pk"))
    assert [event.at.isoformat()[11:16] for event in events] == ["01:16", "01:23", "01:23", "03:00"]


def test_unknown_is_nothing_not_a_guess():
    unknown = dict.fromkeys(
        ("caller_id", "assignment_group", "assigned_to", "category", "subcategory", "u_symptom", "location"), "?"
    )
    import_log(log(unknown))
    ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.team, ticket.assignee, ticket.category) == (None, None, None, None)
    assert ticket.title == "Incident INC0000001" and not User.objects.exists() and not Team.objects.exists()


def test_a_ticket_without_a_requester_can_be_opened(agent, login):
    import_log(log({"caller_id": "?"}))
    assert login(agent).get(f"/desk/{Ticket.objects.get().number}/").status_code == 200


def test_reopening_and_rows_that_stand_apart():
    reopened = {**LIFE[1], "sys_updated_at": "7/3/2016 10:00", "reopen_count": "1"}
    import_log(log(*LIFE, {**ROW, "number": "INC0000002"}, reopened))
    ticket = Ticket.objects.get(external_ref="INC0000001")
    assert (ticket.status, ticket.reopened, ticket.closed_at, ticket.resolution) == ("in_progress", 1, None, "")
    assert Ticket.objects.count() == 2


def test_the_command_says_what_it_did_and_refuses_what_it_cannot_read(tmp_path, capsys):
    path = tmp_path / "log.csv"
    path.write_text(log(*LIFE, {"incident_state": "-100"}).getvalue())
    call_command("import_servicenow", str(path), "-v0")
    captured = capsys.readouterr()
    assert "7 rows, 1 incidents: 1 new" in captured.out and "line 8: incident_state is unknown" in captured.err
    for name, content in (("missing.csv", None), ("broken.xz", b"\xfd7zXZ\x00nonsense"), ("empty.csv", b"")):
        other = tmp_path / name
        if content is not None:
            other.write_bytes(content)
        with pytest.raises(CommandError):
            call_command("import_servicenow", str(other), "-v0")
