"""What agents, customers and the API see of clocks."""

from __future__ import annotations

import datetime
import re
from itertools import pairwise
from typing import Any

import icalendar
import pytest
from django.utils import timezone, translation

from servicedesk.sla.display import moment_words, promises_of, row_chips, span_words
from servicedesk.sla.models import Clock, Page, Rota, RotaMember
from servicedesk.tickets import operations
from tests.factories import AgentFactory, TeamFactory, UserFactory, fresh, make_incident, resolve

from .setups import always, clock, promise, rule
from .test_escalations import run_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare")]


def ago(**units: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(**units)


def test_each_row_says_what_is_due_next_in_words(agent: Any, login: Any) -> None:
    promise("resolution", ("", 4), calendar=always())
    running, late, paused = (make_incident(at=ago(hours=1, minutes=50)), make_incident(at=ago(hours=4, minutes=35)),
                             make_incident(at=ago(hours=1)))  # fmt: skip
    soon = make_incident(at=ago(hours=3, minutes=30))
    operations.transition(paused, "wait_customer", actor=agent, reason="?")
    chips = row_chips([t.pk for t in (running, late, paused, soon)])
    assert [chips[t.pk].words for t in (running, late, paused, soon)] == [
        "2 h 09 m left", "breached 35 m ago", "paused", "29 m left"
    ]  # fmt: skip
    assert [chips[t.pk].tone for t in (running, late, paused, soon)] == ["", "late", "paused", "soon"]
    page = login(agent).get("/desk/").content.decode()
    assert "breached 35 m ago" in page and 'data-left="-21' in page
    assert re.search(r'data-calendar-hours="\d+" value="\d+-\d+', page)  # by which chips tick


def test_the_queue_sorts_by_what_is_due_next_over_pages(agent: Any, login: Any) -> None:
    promise("resolution", ("priority<4", 4), calendar=always())
    customer = UserFactory()
    tickets = [make_incident(customer, title=f"T{n}", at=ago(hours=n % 7, minutes=n)) for n in range(55)]
    nothing = [make_incident(customer, title=f"N{n}", impact=3, urgency=3) for n in range(3)]
    client = login(agent)
    address, seen = "/desk/?view=all&sort=due", []
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'data-number="([^"]+)"', page)
        more = re.search(r'hx-get="([^"]*after=[^"]+)"', page) or re.search(r'href="([^"]*after=[^"]+)"', page)
        address = "/desk/" + more[1].replace("&amp;", "&").removeprefix("/desk/") if more else ""
    expected = sorted(tickets, key=lambda t: (clock(t).due_at, t.pk)) + nothing
    assert seen == [ticket.number for ticket in expected]


def test_filters_by_what_is_due(agent: Any, login: Any) -> None:
    promise("resolution", ("priority<4", 4), calendar=always())
    late, later = make_incident(at=ago(hours=5)), make_incident(at=timezone.now() + datetime.timedelta(days=2))
    none = make_incident(impact=3, urgency=3)
    client = login(agent)
    for value, expected in (("late", late), ("today", late), ("none", none)):
        page = client.get(f"/desk/?due={value}").content.decode()
        assert re.findall(r'data-number="([^"]+)"', page) == [expected.number]
    assert later.number in client.get("/desk/?due=nonsense").content.decode()


def test_the_ticket_page_shows_every_clock_with_target_and_pauses(agent: Any, login: Any) -> None:
    promise("resolution", ("", 4), calendar=always())
    promise("first_response", ("", 1), calendar=always())
    ticket = make_incident(at=ago(hours=3))
    operations.reply(ticket, actor=agent, body="Hello", at=ago(hours=2, minutes=30))
    operations.transition(ticket, "wait_supplier", actor=agent, reason="Toner ordered", at=ago(hours=2))
    operations.transition(ticket, "resume", actor=agent, at=ago(hours=1))
    text = " ".join(re.sub(r"<[^>]+>", " ", login(agent).get(f"/desk/{ticket.number}/").content.decode()).split())
    assert "Time to first response met in 30 m" in text
    assert "Time to resolution 1 h 59 m left" in text
    assert "4h of working time, 2 h 00 m used" in text
    assert "1 pause" in text and "Waiting for supplier “Toner ordered”" in text
    resolve(ticket, agent)
    text = " ".join(re.sub(r"<[^>]+>", " ", login(agent).get(f"/desk/{ticket.number}/").content.decode()).split())
    assert "Time to resolution met in 2 h 00 m" in text


def test_escalations_and_breaches_are_lines_of_the_conversation_for_agents_only(
    agent: Any, customer: Any, login: Any
) -> None:
    agreement = promise("resolution", ("", 1), calendar=always())
    rule(agreement, "percent", 50)
    ticket = make_incident(customer, at=ago(hours=2))
    run_due()
    page = login(agent).get(f"/desk/{ticket.number}/").content.decode()
    assert "Promise resolution: 50 % of the time is used" in page and "Promise resolution breached" in page
    page = login(customer).get(f"/portal/{ticket.number}/").content.decode()
    assert "breached" not in page and "of the time is used" not in page


def test_a_customer_reads_the_promise_in_plain_words(customer: Any, login: Any) -> None:
    promise("first_response", ("", 24 * 3), calendar=always())
    promise("assignment", ("", 1), calendar=always())  # has no words for customers
    promise("resolution", ("", 2), calendar=always(), type="ola", name="Between teams")
    ticket = make_incident(customer)
    page = login(customer).get(f"/portal/{ticket.number}/").content.decode()
    due = Clock.objects.get(ticket=ticket, target=24 * 3 * 3600).due_at
    assert f"We answer by {due:%A %H:%M}" in page
    assert "solve it by" not in page


def test_a_promise_that_was_not_kept_is_owned_up_to(customer: Any, login: Any) -> None:
    promise("first_response", ("", 1), calendar=always())
    ticket = make_incident(customer, at=ago(hours=2))
    page = login(customer).get(f"/portal/{ticket.number}/").content.decode()
    assert "that time has passed. We are sorry" in page
    assert promises_of(ticket)[0]["late"] is True


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "<1 m"), (59, "<1 m"), (60, "1 m"), (-2100, "35 m"), (7800, "2 h 10 m"), (36_000, "10 h"),
     (360_000, "100 h")],
)  # fmt: skip
def test_spans_are_said_shortly(seconds: int, words: str) -> None:
    assert span_words(seconds) == words


def test_moments_are_said_as_one_would() -> None:
    with timezone.override("UTC"), translation.override("en"):
        now = timezone.now()
        noon = now.replace(hour=12, minute=5, second=0)
        day = datetime.timedelta(days=1)
        assert moment_words(noon) == "today 12:05"
        assert moment_words(noon + day) == "tomorrow 12:05"
        assert moment_words(noon - day) == "yesterday 12:05"
        assert moment_words(noon + 3 * day) == f"{noon + 3 * day:%A} 12:05"
        assert moment_words(noon + 30 * day) == f"{(noon + 30 * day).day} {noon + 30 * day:%B} 12:05"


# --- API ---------------------------------------------------------------------------------------------


def test_the_api_tells_clocks_and_customers_only_promises_to_them(agent: Any, customer: Any, login: Any) -> None:
    promise("resolution", ("", 4), calendar=always(), type="ola")
    shown = promise("first_response", ("", 1), calendar=always())
    ticket = make_incident(customer)
    for_agent = login(agent).get(f"/api/v1/incidents/{ticket.number}/").json()
    assert {row["agreement"] for row in for_agent["service_levels"]} == {"Promise resolution", shown.name}
    assert for_agent["due_at"] is not None
    row = next(row for row in for_agent["service_levels"] if row["agreement"] == shown.name)
    assert (row["metric"], row["state"], row["target_seconds"], row["breached_at"]) == (
        "Time to first response", "running", 3600, None
    )  # fmt: skip
    for_customer = login(customer).get(f"/api/v1/incidents/{ticket.number}/").json()
    assert [row["agreement"] for row in for_customer["service_levels"]] == [shown.name]
    assert for_customer["due_at"] is None


# --- On call ----------------------------------------------------------------------------------------


@pytest.fixture
def rota(db: None) -> Rota:
    team = TeamFactory(name="Network")
    rota = Rota.objects.create(team=team, time_zone="UTC", begins=timezone.localdate() - datetime.timedelta(days=20))
    for position, name in enumerate(("Anna", "Ben")):
        person = AgentFactory(name=name)
        RotaMember.objects.create(rota=rota, user=person, position=position)
    return rota


def test_the_rota_is_a_calendar_of_a_month(rota: Rota, agent: Any, customer: Any, login: Any) -> None:
    client = login(agent)
    page = client.get("/desk/on-call/").content.decode()
    assert "is on call now" in page and rota.token in page and page.count("<td") >= 28
    assert client.get("/desk/on-call/?month=2027-02").status_code == 200
    assert client.get("/desk/on-call/?month=nonsense").status_code == 200
    assert client.get("/desk/on-call/?month=99999-01").status_code == 200
    assert login(customer).get("/desk/on-call/").status_code == 403


def test_its_shifts_are_an_icalendar_feed_that_a_library_reads(rota: Rota, client: Any) -> None:
    answer = client.get(f"/on-call/{rota.token}.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    calendar = icalendar.Calendar.from_ical(answer.content)
    events = list(calendar.walk("VEVENT"))
    assert len(events) > 50
    assert {str(event["SUMMARY"]).split(" – ")[1] for event in events} == {"Anna", "Ben"}
    spans = sorted((event.decoded("DTSTART"), event.decoded("DTEND")) for event in events)
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    assert len({str(event["UID"]) for event in events}) == len(events)
    assert client.get("/on-call/wrong.ics").status_code == 404


def test_the_one_who_is_called_says_so_on_the_ticket(rota: Rota, login: Any) -> None:
    agreement = promise("resolution", ("", 1), calendar=always())
    rule(agreement, "percent", 100, "on_call")
    ticket = make_incident(actor=AgentFactory(), team=rota.team, at=ago(hours=2))
    run_due()
    called = Page.objects.get().user
    client = login(called)
    page = client.get(f"/desk/{ticket.number}/").content.decode()
    assert f"{called.name} was called for Network" in page
    answer = client.post(f"/desk/{ticket.number}/act/acknowledge/", headers={"HX-Request": "true"})
    assert answer.status_code == 200 and b"was called for" not in answer.content
    assert Page.objects.get().acknowledged_by == called
    assert fresh(ticket).version > ticket.version
    again = client.post(f"/desk/{ticket.number}/act/acknowledge/", headers={"HX-Request": "true"})
    assert again.status_code == 409
