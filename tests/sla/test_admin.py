"""An admin sets service levels up: mistakes are refused with a sentence, moves of open clocks are asked about first."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from servicedesk.sla import configuring
from servicedesk.sla.models import (
    Agreement,
    Calendar,
    Clock,
    EscalationAction,
    EscalationRule,
    Goal,
    Metric,
    Reaction,
    Recomputation,
)
from servicedesk.sla.sweep import sweep
from servicedesk.tickets import operations
from servicedesk.tickets.models import Event
from tests.factories import ServiceFactory, fresh, make_incident, resolve

from .setups import MONDAY, always, clock, nine_to_five, promise, rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare")]

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def boss(admin: Any, login: Callable[[Any], Client]) -> Client:
    return login(admin)


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send back of a page's form as it stands."""
    found: dict[str, str] = {}
    main = page[page.index("<form") :]
    for tag in re.findall(r"<(?:input|textarea)\b[^>]*>", main):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        name = attributes.get("name")
        if not name or "__prefix__" in name or attributes.get("type") in ("submit", "button"):
            continue
        box = attributes.get("type") in ("checkbox", "radio")
        if box and not re.search(r"\schecked[\s>/]", tag):
            continue
        found.setdefault(name, []).append(attributes.get("value", "on" if box else ""))  # type: ignore[attr-defined]
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', main, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]*selected', body)
        if "__prefix__" not in name and chosen:
            found[name] = [chosen[1]]  # type: ignore[assignment]
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}  # type: ignore[misc]


def errors_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def agreement_post(**values: Any) -> dict[str, Any]:
    """A new agreement's form with one goal."""
    return {
        "name": "New promise", "type": "sla", "kinds": ["incident"], "metric": Metric.objects.get(slug="resolution").pk,
        "on_reopen": "continue", "is_active": "on",
        "goals-TOTAL_FORMS": "1", "goals-INITIAL_FORMS": "0", "goals-0-condition": "priority:1", "goals-0-target": "1h 30m",
        "goals-0-calendar": nine_to_five().pk, "goals-0-position": "0",
        "rules-TOTAL_FORMS": "0", "rules-INITIAL_FORMS": "0", **values,
    }  # fmt: skip


def test_an_agreement_with_goals_rules_and_actions_is_made_in_one_form(boss: Client) -> None:
    data = agreement_post(
        **{
            "rules-TOTAL_FORMS": "2", "rules-0-at": "percent", "rules-0-amount": "75 %", "rules-0-only_open": "on",
            "rules-0-position": "0", "rules-0-actions-TOTAL_FORMS": "1", "rules-0-actions-INITIAL_FORMS": "0",
            "rules-0-actions-0-kind": "note", "rules-0-actions-0-text": "Hurry", "rules-0-actions-0-position": "0",
            "rules-1-at": "after", "rules-1-amount": "30m", "rules-1-position": "1",
            "rules-1-actions-TOTAL_FORMS": "0", "rules-1-actions-INITIAL_FORMS": "0",
        }
    )  # fmt: skip
    answer = boss.post("/admin/sla/agreement/add/", data)
    assert answer.status_code == 302, errors_of(answer.content.decode())
    agreement = Agreement.objects.get(name="New promise")
    assert list(agreement.goals.values_list("condition", "target")) == [("priority:1", 5400)]
    assert list(agreement.rules.values_list("at", "amount", "only_open")) == [
        ("percent", 75, True),
        ("after", 1800, False),
    ]
    assert EscalationAction.objects.get().text == "Hurry"
    # It comes back in words.
    page = boss.get(f"/admin/sla/agreement/{agreement.pk}/change/").content.decode()
    assert 'value="1h 30m"' in page and 'value="30m"' in page and 'value="75"' in page


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"goals-0-condition": "priority:1 priority:2"}, "No ticket of this agreement can ever match this."),
        ({"goals-0-condition": "kind:incident -is:open -is:waiting -is:over"}, "can ever match"),
        ({"goals-0-condition": "service:Nowhere"}, "There is no service “Nowhere”."),
        ({"goals-0-condition": "opened>-7d"}, "A promise cannot depend on what time it is"),
        ({"goals-0-condition": "priority:1 ("}, "A bracket is opened and not closed."),
        ({"goals-0-target": "soon"}, "Write hours and minutes of working time"),
        ({"goals-0-target": "0m"}, "at least a second"),
        ({"goals-0-target": "999999h"}, "less than or equal to"),
        ({"goals-TOTAL_FORMS": "0"}, "An agreement needs a goal"),
        ({"kinds": []}, "This field is required."),
        (
            {"goals-TOTAL_FORMS": "2", "goals-1-condition": "priority:1", "goals-1-target": "1h", "goals-1-position": "1"},
            "The goals before this one take every ticket",
        ),
        (
            {"rules-TOTAL_FORMS": "1", "rules-0-at": "percent", "rules-0-amount": "lots", "rules-0-position": "0",
             "rules-0-actions-TOTAL_FORMS": "0", "rules-0-actions-INITIAL_FORMS": "0"},
            "Write a whole number of per cent.",
        ),
        (
            {"rules-TOTAL_FORMS": "1", "rules-0-at": "before", "rules-0-amount": "75", "rules-0-position": "0",
             "rules-0-actions-TOTAL_FORMS": "0", "rules-0-actions-INITIAL_FORMS": "0"},
            "Write hours and minutes",
        ),
        (
            {"rules-TOTAL_FORMS": "1", "rules-0-at": "percent", "rules-0-amount": "75", "rules-0-position": "0",
             "rules-0-actions-TOTAL_FORMS": "1", "rules-0-actions-INITIAL_FORMS": "0",
             "rules-0-actions-0-kind": "webhook", "rules-0-actions-0-position": "0"},
            "Give the address that is called.",
        ),
        (
            {"rules-TOTAL_FORMS": "1", "rules-0-at": "percent", "rules-0-amount": "75", "rules-0-position": "0",
             "rules-0-actions-TOTAL_FORMS": "1", "rules-0-actions-INITIAL_FORMS": "0", "rules-0-actions-0-kind": "webhook",
             "rules-0-actions-0-url": "file:///etc/passwd", "rules-0-actions-0-position": "0"},
            "Enter a valid URL.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_a_sentence(boss: Client, values: dict[str, Any], sentence: str) -> None:
    data = agreement_post(**values)
    if "goals-1-condition" in data:
        data["goals-1-calendar"] = data["goals-0-calendar"]
    page = boss.post("/admin/sla/agreement/add/", data)
    assert page.status_code == 200
    assert sentence in errors_of(page.content.decode())
    assert not Agreement.objects.exists()


def test_a_target_that_the_calendar_never_reaches_is_refused(boss: Client) -> None:
    once = Calendar.objects.create(name="One day", time_zone="UTC", week={})
    once.special_days.create(date=timezone.localdate() + datetime.timedelta(3), hours=[["09:00", "12:00"]])
    page = boss.post(
        "/admin/sla/agreement/add/", agreement_post(**{"goals-0-calendar": once.pk, "goals-0-target": "4h"})
    )
    assert "“One day” has not so much open time left." in errors_of(page.content.decode())
    answer = boss.post(
        "/admin/sla/agreement/add/", agreement_post(**{"goals-0-calendar": once.pk, "goals-0-target": "3h"})
    )
    assert answer.status_code == 302


# --- Moving open clocks -----------------------------------------------------------------------


def change(boss: Client, address: str, **values: Any) -> Any:
    data = {**fields_of(boss.get(address).content.decode()), **values}
    return boss.post(address, data)


def test_a_change_that_moves_open_clocks_is_asked_about_and_then_done(
    boss: Client, admin: Any, django_capture_on_commit_callbacks: Any
) -> None:
    agreement = promise("resolution", ("", 8))
    tickets = [make_incident(at=MONDAY) for _n in range(3)]
    address = f"/admin/sla/agreement/{agreement.pk}/change/"
    page = change(boss, address, **{"goals-0-target": "4h"})
    text = page.content.decode()
    assert page.status_code == 200 and "This moves 3 open clocks." in text
    assert Goal.objects.get().target == 8 * 3600  # not yet
    answer = boss.post(address, fields_of(text[text.index("sla-panel") - 60 :]))
    assert answer.status_code == 302, errors_of(answer.content.decode())
    assert Goal.objects.get().target == 4 * 3600
    row = Recomputation.objects.get(finished_at=None)
    assert row.requested_by == admin
    while configuring.step(row.pk):
        pass
    row.refresh_from_db()
    assert (row.done, row.total) == (3, 3)
    assert {clock(ticket).due_at for ticket in tickets} == {MONDAY + 4 * HOUR}
    assert fresh(tickets[0]).due_at == MONDAY + 4 * HOUR
    row.refresh_from_db()
    assert row.finished_at is not None
    assert "up to date" in boss.get("/admin/sla/agreement/").content.decode()


def test_a_change_that_moves_nothing_is_simply_saved(boss: Client) -> None:
    agreement = promise("resolution", ("", 8))
    address = f"/admin/sla/agreement/{agreement.pk}/change/"
    assert change(boss, address, **{"goals-0-target": "4h"}).status_code == 302  # no clock is open
    make_incident(at=MONDAY)
    assert change(boss, address, name="Another name").status_code == 302
    assert Agreement.objects.get().name == "Another name"


def test_a_calendar_warns_too(boss: Client) -> None:
    promise("resolution", ("", 8))
    make_incident(at=MONDAY)
    calendar = nine_to_five()
    page = change(boss, f"/admin/sla/calendar/{calendar.pk}/change/", week_0="08:00-16:00")
    assert "This moves 1 open clock." in page.content.decode()
    calendar.refresh_from_db()
    assert calendar.week["0"] == [["09:00", "17:00"]]


def recompute() -> None:
    for pk in configuring.unfinished():
        while configuring.step(pk):
            pass


def test_an_edit_fires_nothing_for_what_it_moves_into_the_past_and_remembers_breaches(agent: Any) -> None:
    agreement = promise("resolution", ("", 4), calendar=always())
    rule(agreement, "percent", 50)
    recompute()
    late = make_incident(at=timezone.now() - 5 * HOUR)
    early = make_incident(at=timezone.now() - 1.5 * HOUR)
    while sweep():
        pass
    assert [len(clock(ticket).fired) for ticket in (late, early)] == [2, 0]  # the rule and the breach
    breached = clock(late).breached_at
    assert breached is not None
    goal = Goal.objects.get()
    goal.target = 2 * 3600  # half of it is past for the second one too
    goal.save()
    recompute()
    while sweep():
        pass
    assert [len(clock(ticket).fired) for ticket in (late, early)] == [2, 0]  # the rule and the breach
    goal.target = 10 * 3600
    goal.save()
    recompute()
    assert (clock(late).breached_at, clock(late).breach_kept) == (clock(late).started_at + 2 * HOUR, True)


def test_a_breach_that_no_sweep_had_seen_before_an_edit_is_remembered_and_told() -> None:
    promise("resolution", ("", 4), calendar=always())
    recompute()
    ticket = make_incident(at=timezone.now() - 5 * HOUR)
    goal = Goal.objects.get()
    goal.target = 10 * 3600
    goal.save()
    recompute()
    row = clock(ticket)
    assert (row.breached_at, row.breach_kept) == (row.started_at + 4 * HOUR, True)
    while sweep():
        pass
    assert Event.objects.filter(ticket=ticket, kind="breached").count() == 1
    assert clock(ticket).due_at == row.started_at + 10 * HOUR


def test_finished_clocks_are_rewritten_only_when_asked_to(boss: Client, agent: Any) -> None:
    agreement = promise("resolution", ("", 4))
    ticket = make_incident(at=MONDAY)
    resolve(ticket, agent, at=MONDAY + 2 * HOUR)
    goal = Goal.objects.get()
    goal.target = 3600
    goal.save()
    recompute()
    assert (clock(ticket).target, clock(ticket).breached_at) == (4 * 3600, None)
    address = f"/admin/sla/agreement/{agreement.pk}/rewrite/"
    assert "This rewrites 1 finished clock." in boss.get(address).content.decode()
    assert boss.post(address).status_code == 302
    recompute()
    assert (clock(ticket).target, clock(ticket).breached_at) == (3600, MONDAY + HOUR)


def test_a_ticket_that_comes_to_match_again_leaves_its_finished_cycles_as_they_were(agent: Any) -> None:
    promise("next_response", ("priority:3", 2), calendar=always())
    ticket = make_incident(at=MONDAY)
    operations.reply(ticket, actor=ticket.requester, body="Hello?", channel="portal", at=MONDAY + HOUR)
    operations.reply(ticket, actor=agent, body="Yes", at=MONDAY + 2 * HOUR)
    operations.change(ticket, actor=agent, impact=1, urgency=1, at=MONDAY + 3 * HOUR)
    goal = Goal.objects.get()
    goal.target = 60
    goal.save()
    recompute()
    operations.reply(ticket, actor=ticket.requester, body="And?", channel="portal", at=MONDAY + 4 * HOUR)
    operations.change(ticket, actor=agent, impact=2, urgency=2, at=MONDAY + 5 * HOUR)  # replayed: it counts from now on
    first, second = Clock.objects.order_by("cycle")
    assert (first.target, first.breached_at) == (7200, None)
    assert (second.target, second.started_at) == (60, MONDAY + 4 * HOUR)


def test_a_new_agreement_gives_open_tickets_their_clocks() -> None:
    ticket = make_incident(at=timezone.now() - 3 * HOUR)
    agreement = promise("resolution", ("", 1), calendar=always())
    rule(agreement, "percent", 100)
    recompute()
    while sweep():
        pass
    row = clock(ticket)
    assert row.breached_at == row.due_at
    assert row.fired == []


def test_an_agreement_made_inactive_takes_its_clocks_away(agent: Any) -> None:
    agreement = promise("resolution", ("", 4))
    ticket = make_incident(at=MONDAY)
    agreement.is_active = False
    agreement.save()
    recompute()
    assert (clock(ticket).goal_id, clock(ticket).next_at, fresh(ticket).due_at) == (None, None, None)
    agreement.is_active = True
    agreement.save()
    recompute()
    assert fresh(ticket).due_at == MONDAY + 4 * HOUR


def test_operations_go_on_while_a_recomputation_is_under_way(agent: Any) -> None:
    promise("resolution", ("", 4))
    ticket = make_incident(at=MONDAY)
    goal = Goal.objects.get()
    goal.target = 8 * 3600
    goal.save()
    # An operation before the background work has come to the ticket already uses the new rules.
    other = make_incident(at=MONDAY)
    assert clock(other).due_at == MONDAY + 8 * HOUR
    assert clock(ticket).due_at == MONDAY + 4 * HOUR
    recompute()
    assert clock(ticket).due_at == MONDAY + 8 * HOUR


# --- Calendars ----------------------------------------------------------------------------------


def calendar_post(**values: Any) -> dict[str, Any]:
    return {
        "name": "Shifts", "time_zone": "Europe/Paris", **{f"week_{day}": "" for day in range(7)},
        "holidays-TOTAL_FORMS": "0", "holidays-INITIAL_FORMS": "0",
        "special_days-TOTAL_FORMS": "0", "special_days-INITIAL_FORMS": "0", **values,
    }  # fmt: skip


def test_a_week_is_written_with_breaks_and_a_day_that_ends_at_midnight(boss: Client) -> None:
    data = calendar_post(
        week_0="9-12:30, 13:30–17:00", week_6="22:00-24:00",
        **{"special_days-TOTAL_FORMS": "1", "special_days-0-date": "2026-12-24", "special_days-0-hours": "09:00-12:00"},
    )  # fmt: skip
    answer = boss.post("/admin/sla/calendar/add/", data)
    assert answer.status_code == 302, errors_of(answer.content.decode())
    calendar = Calendar.objects.get(name="Shifts")
    assert calendar.week == {"0": [["09:00", "12:30"], ["13:30", "17:00"]], "6": [["22:00", "24:00"]]}
    assert calendar.special_days.get().hours == [["09:00", "12:00"]]
    assert 'value="09:00-12:30, 13:30-17:00"' in boss.get(f"/admin/sla/calendar/{calendar.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"week_0": "09:00-17:00, 16:00-18:00"}, "opening hours overlap"),
        ({"week_1": "17:00-09:00"}, "Tuesday: opening hours end at or before they begin"),
        ({"week_2": "nine to five"}, "“nine to five” are no opening hours"),
        ({"week_3": "09:00-25:00"}, "not a time of day"),
        ({}, "never open"),
        ({"week_0": "09:00-17:00", "time_zone": "Mars/Olympus"}, "is not a time zone"),
        (
            {"week_0": "09:00-17:00", "special_days-TOTAL_FORMS": "1", "special_days-0-date": "2026-12-24",
             "special_days-0-hours": "12-9"},
            "opening hours end at or before they begin",
        ),
    ],
)  # fmt: skip
def test_hours_that_cannot_be_are_refused(boss: Client, values: dict[str, Any], sentence: str) -> None:
    page = boss.post("/admin/sla/calendar/add/", calendar_post(**values))
    assert page.status_code == 200
    assert sentence.lower() in errors_of(page.content.decode()).lower()
    assert not Calendar.objects.filter(name="Shifts").exists()


def test_holidays_are_looked_at_and_then_imported(boss: Client) -> None:
    calendar = nine_to_five()
    address = f"/admin/sla/calendar/{calendar.pk}/holidays/"
    data = {"country": "DE", "region": "by", "year": "2027"}
    text = errors_of(boss.post(address, data).content.decode())
    assert "6 Jan 2027" in text and not calendar.holidays.exists()  # Epiphany is Bavaria's
    assert boss.post(address, {**data, "_import": "1"}).status_code == 302
    assert calendar.holidays.filter(date="2027-01-06").exists()
    count = calendar.holidays.count()
    boss.post(address, {**data, "_import": "1"})
    assert calendar.holidays.count() == count
    calendar.refresh_from_db()
    assert (calendar.country, calendar.region) == ("DE", "BY")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"country": "DE", "region": "XX", "year": "2027"}, "DE has no region “XX”"),
        ({"country": "??", "region": "", "year": "2027"}, "not one of the available choices"),
        ({"country": "DE", "region": "", "year": "1066"}, "greater than or equal to 1970"),
    ],
)
def test_holidays_of_nowhere_are_refused(boss: Client, values: dict[str, str], sentence: str) -> None:
    calendar = nine_to_five()
    page = boss.post(f"/admin/sla/calendar/{calendar.pk}/holidays/", {**values, "_import": "1"})
    assert page.status_code == 422
    assert sentence in errors_of(page.content.decode())
    assert not calendar.holidays.exists()


# --- Metrics, preview, health ---------------------------------------------------------------------


def test_a_metric_is_made_from_the_building_blocks(boss: Client, agent: Any) -> None:
    data = {"name": "Time waiting for a team", "starts": ["opened"], "stops": ["team_given", "enters_closed"],
            "promise": "Somebody has it by {when}"}  # fmt: skip
    assert boss.post("/admin/sla/metric/add/", data).status_code == 302
    metric = Metric.objects.get(name="Time waiting for a team")
    agreement = promise(metric.slug, ("", 1))
    assert clock(make_incident(at=MONDAY), agreement).state == "running"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"starts": ["opened"], "stops": ["opened"]}, "cannot start and stop"),
        ({"starts": [], "stops": ["opened"]}, "This field is required."),
        ({"starts": ["opened"], "stops": ["assigned"], "promise": "Soon"}, "write {when}"),
        ({"starts": ["opened"], "stops": ["assigned"], "promise": "{when} {0}"}, "Only {when}"),
        ({"starts": ["eclipse"], "stops": ["assigned"]}, "not one of the available choices"),
    ],
)
def test_a_metric_that_cannot_run_is_refused(boss: Client, values: dict[str, Any], sentence: str) -> None:
    page = boss.post("/admin/sla/metric/add/", {"name": "Odd", **values})
    assert sentence in errors_of(page.content.decode())
    assert not Metric.objects.filter(name="Odd").exists()


def test_the_preview_explains_a_made_up_ticket(boss: Client) -> None:
    service = ServiceFactory(name="Payroll")
    agreement = promise("resolution", ("priority:1", 1), ("service:Payroll", 4), ("", 8))
    rule(agreement, "percent", 50, "lead")
    address = f"/admin/sla/agreement/{agreement.pk}/try/?kind=incident&priority=3&service={service.pk}&starts=2026-03-02+09:00"
    text = errors_of(boss.get(address).content.decode())
    assert re.search(r"priority:1 1h Nine to five does not match: priority:1, but it is priority:3 ", text)
    assert re.search(r"service:Payroll 4h Nine to five applies", text)
    assert re.search(r"all tickets 8h Nine to five matches too", text)
    assert "Due Mon 2 Mar 2026 13:00:00" in text
    assert "50 % Mon 2 Mar 2026 11:00:00 notify the team&#x27;s lead" in text
    assert not Clock.objects.exists()


def test_the_preview_explains_a_real_ticket(boss: Client, agent: Any) -> None:
    agreement = promise("resolution", ("", 8))
    ticket = make_incident(at=MONDAY)
    page = errors_of(boss.get(f"/admin/sla/agreement/{agreement.pk}/try/?number={ticket.number}").content.decode())
    assert "Due Mon 2 Mar 2026 17:00:00" in page
    assert "There is no ticket INC-99999999." in errors_of(
        boss.get(f"/admin/sla/agreement/{agreement.pk}/try/?number=INC-99999999").content.decode()
    )
    bad = boss.get(f"/admin/sla/agreement/{agreement.pk}/try/?kind=nothing&starts=later&priority=9")
    assert bad.status_code == 422


def test_the_lateness_page_shows_how_late_escalations_were_and_what_failed(boss: Client) -> None:
    agreement = promise("resolution", ("", 1), calendar=always())
    rule(agreement, "percent", 100, {"kind": "webhook", "url": "http://127.0.0.1:9/"})
    make_incident(at=timezone.now() - datetime.timedelta(hours=1, seconds=30))
    text = errors_of(boss.get("/admin/sla/reaction/health/").content.decode())
    assert "1 clock waits for the sweep" in text
    while sweep():
        pass
    text = errors_of(boss.get("/admin/sla/reaction/health/").content.decode())
    assert "everything that fell due has fired" in text
    assert re.search(r"the last hour 1 30\.\d\d 30\.\d\d 30\.\d\d", text)
    from servicedesk.sla import reactions

    reactions.perform(Reaction.objects.get().pk)
    assert "Actions: 1 failed and will be tried again" in errors_of(
        boss.get("/admin/sla/reaction/health/").content.decode()
    )
    Reaction.objects.update(try_at=None)
    data = {"action": "try_again", "_selected_action": [Reaction.objects.get().pk]}
    assert boss.post("/admin/sla/reaction/", data).status_code == 302
    assert Reaction.objects.get().try_at is not None


def test_agents_and_customers_stay_out(agent: Any, customer: Any, login: Any) -> None:
    agreement = promise("resolution")
    for user in (agent, customer):
        client = login(user)
        for address in (
            "/admin/sla/reaction/health/", f"/admin/sla/agreement/{agreement.pk}/try/",
            f"/admin/sla/agreement/{agreement.pk}/rewrite/", f"/admin/sla/calendar/{nine_to_five().pk}/holidays/",
        ):  # fmt: skip
            assert client.get(address).status_code in (302, 403)
            assert client.post(address).status_code in (302, 403)
    assert not Recomputation.objects.filter(finished_too=True).exists()


def test_what_is_used_cannot_be_deleted(boss: Client) -> None:
    agreement = promise("resolution")
    make_incident(at=MONDAY)
    for model, pk in (("agreement", agreement.pk), ("calendar", nine_to_five().pk), ("metric", agreement.metric_id)):
        assert boss.post(f"/admin/sla/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
    assert EscalationRule.objects.count() == 0
