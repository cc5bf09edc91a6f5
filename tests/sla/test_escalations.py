"""Escalations fire once, at their time, and what fails is tried again on its own."""

from __future__ import annotations

import datetime
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from servicedesk.notify.models import Notification
from servicedesk.people.models import Membership
from servicedesk.sla import reactions
from servicedesk.sla.models import Calendar, Clock, EscalationRule, Firing, Page, Reaction, Recomputation
from servicedesk.sla.sweep import sweep
from servicedesk.tickets import operations
from servicedesk.tickets.models import Event, Message, Ticket
from servicedesk.tickets.outbox import silent
from tests.factories import AgentFactory, OrganisationFactory, TeamFactory, UserFactory, fresh, make_incident, resolve

from .setups import always, clock, nine_to_five, promise, rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare")]


def ago(**units: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(**units)


def run_due() -> None:
    """What worker and beat do: fire, then try each action once."""
    while sweep():
        pass
    for pk in reactions.due():
        reactions.perform(pk)


def kinds(ticket: Ticket) -> list[str]:
    return list(Event.objects.filter(ticket=ticket, kind__in=["escalated", "breached"]).values_list("kind", flat=True))


def test_each_threshold_fires_once_in_its_order() -> None:
    agreement = promise("resolution", ("", 2), calendar=always())
    for amount in (50, 75, 100):
        rule(agreement, "percent", amount)
    rule(agreement, "before", 900)  # at 87.5 %
    rule(agreement, "after", 900)
    rule(agreement, "before", 3 * 3600)  # would be before the beginning
    ticket = make_incident(at=ago(hours=1, minutes=50))
    run_due()
    run_due()
    marks = [(e.data["at"], e.data["amount"]) for e in Event.objects.filter(kind="escalated").order_by("pk")]
    assert marks == [("percent", 50), ("percent", 75), ("before", 900)]
    row = clock(ticket)
    assert row.next_at == row.due_at and row.breached_at is None
    assert Firing.objects.count() == 3 and set(row.fired) == set(Firing.objects.values_list("rule", flat=True))
    first = Firing.objects.order_by("threshold_at")[0]
    assert first.threshold_at == row.started_at + datetime.timedelta(hours=1)
    assert fresh(ticket).version == 4


def test_the_breach_is_an_event_too_and_the_clock_remembers_it() -> None:
    agreement = promise("resolution", ("", 1), calendar=always())
    rule(agreement, "after", 600)
    ticket = make_incident(at=ago(hours=2))
    run_due()
    assert kinds(ticket) == ["breached", "escalated"]
    row = clock(ticket)
    assert (row.breached_at, row.next_at) == (row.due_at, None)
    run_due()
    assert kinds(ticket) == ["breached", "escalated"]


def test_a_pause_takes_the_clock_out_and_going_on_puts_it_back(agent: Any) -> None:
    agreement = promise("resolution", ("", 2), calendar=always())
    rule(agreement, "percent", 50)
    ticket = make_incident(at=ago(hours=3))
    operations.transition(ticket, "wait_customer", actor=agent, reason="?", at=ago(hours=2, minutes=30))
    run_due()
    assert (kinds(ticket), clock(ticket).next_at) == ([], None)
    operations.transition(ticket, "resume", actor=agent, at=ago(minutes=40))
    run_due()
    assert kinds(ticket) == ["escalated"]


def test_what_was_reached_before_a_pause_still_fires(agent: Any) -> None:
    agreement = promise("resolution", ("", 2), calendar=always())
    rule(agreement, "percent", 50)
    ticket = make_incident(at=ago(hours=3))
    operations.transition(ticket, "wait_customer", actor=agent, reason="?", at=ago(hours=1, minutes=55))
    run_due()
    assert kinds(ticket) == ["escalated"]


def test_a_deadline_moved_later_unfires_nothing_and_fires_nothing_twice(agent: Any) -> None:
    agreement = promise("resolution", ("priority:1", 1), ("", 8), calendar=always())
    rule(agreement, "percent", 100)
    ticket = make_incident(impact=1, urgency=1, at=ago(hours=2))
    run_due()
    operations.change(ticket, actor=agent, impact=3, urgency=3)
    run_due()
    assert Firing.objects.count() == 1
    assert clock(ticket).breached_at is not None


def test_a_raised_priority_fires_what_is_passed_at_that_moment_not_before(agent: Any) -> None:
    agreement = promise("resolution", ("priority:1", 1), ("", 8), calendar=always())
    rule(agreement, "percent", 50)
    ticket = make_incident(at=ago(hours=2))
    before = timezone.now()
    operations.change(ticket, actor=agent, impact=1, urgency=1)
    run_due()
    assert Firing.objects.get().threshold_at >= before
    assert kinds(ticket) == ["escalated", "breached"]  # it says so


def test_a_breach_that_the_resolution_overtook_is_told_all_the_same(agent: Any) -> None:
    promise("resolution", ("", 1), calendar=always())
    ticket = make_incident(at=ago(hours=2))
    resolve(ticket, agent)  # before any sweep
    run_due()
    run_due()
    assert kinds(ticket) == ["breached"]


def test_history_that_is_imported_fires_nothing() -> None:
    agreement = promise("resolution", ("", 1), calendar=always())
    rule(agreement, "percent", 50)
    rule(agreement, "after", 30 * 3600)
    with silent():
        ticket = make_incident(at=ago(hours=30, minutes=30))
    run_due()
    assert kinds(ticket) == []
    row = clock(ticket)
    assert row.breached_at == row.due_at
    assert row.next_at == row.due_at + datetime.timedelta(hours=30)  # what is still to come, comes


def closed_now() -> Calendar:
    """A calendar that is closed today, and was open until this midnight."""
    today = timezone.now().date()
    week = {str((today.weekday() + n) % 7): [["00:00", "24:00"]] for n in range(1, 7)}
    return nine_to_five(name="Closed today", week=week)


def test_a_rule_confined_to_opening_hours_waits_for_them() -> None:
    calendar = closed_now()
    agreement = promise("resolution", ("priority:1", 1), ("", 40), calendar=calendar)
    confined, anytime = rule(agreement, "percent", 50, only_open=True), rule(agreement, "percent", 51)
    # Raised in closed hours, so that both are passed at once.
    ticket = make_incident(at=ago(days=2))
    operations.change(ticket, actor=AgentFactory(), impact=1, urgency=1)
    run_due()
    assert list(Firing.objects.values_list("rule", flat=True)) == [anytime.pk]
    tomorrow = (timezone.now() + datetime.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert clock(ticket).next_at == tomorrow
    assert confined.pk not in clock(ticket).fired


def test_a_worker_that_was_down_overnight_does_not_ring_in_closed_hours() -> None:
    agreement = promise("resolution", ("", 10), calendar=closed_now())
    rule(agreement, "percent", 50, only_open=True)
    rule(agreement, "percent", 60)
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    ticket = make_incident(at=midnight - datetime.timedelta(hours=9))
    run_due()
    assert [e.data["amount"] for e in Event.objects.filter(kind="escalated")] == [60]
    assert clock(ticket).next_at is not None and clock(ticket).next_at > timezone.now()


# --- Actions ---------------------------------------------------------------------------------------


def late_incident(*actions: Any, **values: Any) -> Ticket:
    agreement = promise("resolution", ("", 1), calendar=always())
    rule(agreement, "percent", 100, *actions)
    return make_incident(at=ago(hours=1, minutes=1), **values)


def told() -> set[str]:
    return set(Notification.objects.filter(kind="approaching").values_list("user__email", flat=True))


def test_it_notifies_whom_the_rule_names() -> None:
    assignee, member, lead, somebody = AgentFactory(), AgentFactory(), AgentFactory(role="team_lead"), AgentFactory()
    team = TeamFactory(lead=lead, members=[member])
    organisation = OrganisationFactory(shared_tickets=True)
    contact = UserFactory(organisation=organisation)
    organisation.contact = contact
    organisation.save()
    late_incident(
        "assignee", "team", "lead", "contact", {"kind": "person", "person": somebody},
        requester=UserFactory(organisation=organisation), actor=assignee, team=team, assignee=assignee,
    )  # fmt: skip
    run_due()
    assert told() == {person.email for person in (assignee, member, lead, contact, somebody)}
    # Agents read it in the page unless they chose otherwise; the customers' contact gets a mail.
    assert [message.to for message in mail.outbox] == [[f"{contact.name} <{contact.email}>"]]
    assert "100 % of the time is used" in mail.outbox[0].body
    run_due()
    assert len(mail.outbox) == 1


def test_whoever_may_not_see_the_ticket_is_not_told_and_that_is_said() -> None:
    organisation = OrganisationFactory()
    contact = UserFactory(organisation=organisation, name="Curious Carl")
    organisation.contact = contact
    organisation.save()
    late_incident("contact", requester=UserFactory(organisation=organisation))
    run_due()
    assert told() == set()
    assert "Curious Carl" in Reaction.objects.get().outcome


def test_it_reassigns_raises_and_notes() -> None:
    second = TeamFactory(name="Second line")
    ticket = late_incident({"kind": "reassign", "team": second}, "raise", {"kind": "note", "text": "Hurry up."})
    run_due()
    ticket = fresh(ticket)
    assert (ticket.team, ticket.priority, ticket.priority_reason) == (second, 2, "Escalated: Promise resolution")
    assert Message.objects.get(ticket=ticket, kind="note").body == "Hurry up."
    run_due()
    assert Message.objects.count() == 1


def test_what_the_desk_refuses_is_said_and_not_tried_for_ever(agent: Any) -> None:
    ticket = late_incident("raise", {"kind": "reassign", "team": TeamFactory()})
    while sweep():
        pass
    operations.transition(ticket, "cancel", actor=agent, reason="No matter")
    run_due()
    assert list(Reaction.objects.order_by("pk").values_list("try_at", flat=True)) == [None, None]
    assert [r.outcome for r in Reaction.objects.order_by("pk")] == ["It was over before.", "It was closed before."]


class Hook(http.server.BaseHTTPRequestHandler):
    """A server that fails until it is told not to."""

    status = 500
    calls: list[tuple[dict[str, Any], dict[str, str]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.calls.append((body, dict(self.headers)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.status, Hook.calls = 500, []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()


def test_a_failing_webhook_is_retried_with_backoff_and_holds_nothing_up(hook: str) -> None:
    ticket = late_incident(
        {"kind": "webhook", "url": hook, "secret": "s3cret"}, {"kind": "note", "text": "Noted all the same."}
    )
    run_due()
    assert Message.objects.filter(ticket=ticket).count() == 1
    reaction = Reaction.objects.get(action__kind="webhook")
    assert (reaction.tries, reaction.done_at, reaction.outcome) == (1, None, "HTTP 500")
    assert reaction.try_at is not None
    assert 5 < (reaction.try_at - timezone.now()).total_seconds() <= 10
    run_due()
    assert len(Hook.calls) == 1  # not yet
    Reaction.objects.filter(pk=reaction.pk).update(try_at=ago(seconds=1))
    Hook.status = 204
    run_due()
    reaction.refresh_from_db()
    assert (reaction.tries, reaction.try_at, reaction.outcome) == (2, None, "HTTP 204")
    (first, headers), (second, _headers) = Hook.calls
    assert first == second
    assert (first["ticket"]["number"], first["rule"]) == (ticket.number, {"at": "percent", "amount": 100})
    import hashlib
    import hmac

    sent = json.dumps(first, ensure_ascii=False).encode()
    assert headers["X-Servicedesk-Signature"] == hmac.new(b"s3cret", sent, hashlib.sha256).hexdigest()


def test_a_webhook_that_never_answers_well_is_given_up_after_about_a_day(hook: str) -> None:
    late_incident({"kind": "webhook", "url": hook})
    for _try in range(40):
        run_due()
        Reaction.objects.filter(try_at__isnull=False).update(try_at=ago(seconds=1))
    reaction = Reaction.objects.get()
    assert (reaction.tries, reaction.try_at, reaction.done_at) == (len(reactions.BACKOFF) + 1, None, None)
    assert 20 * 3600 < sum(reactions.BACKOFF) < 30 * 3600


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://no-such-host.invalid/"])
def test_a_server_that_is_not_there_is_a_failure_like_another(url: str) -> None:
    late_incident({"kind": "webhook", "url": url})
    run_due()
    assert "ConnectError" in Reaction.objects.get().outcome


def test_a_worker_that_dies_at_it_leaves_the_action_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = late_incident({"kind": "note", "text": "Once."})
    while sweep():
        pass
    assert reactions._claim(Reaction.objects.get().pk) is not None  # … and dies here
    assert reactions.due() == []
    Reaction.objects.update(try_at=ago(seconds=1))
    run_due()
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_on_call_is_paged_once_for_a_firing() -> None:
    from servicedesk.sla.models import Rota, RotaMember

    person = AgentFactory(name="Anna")
    team = TeamFactory(members=[person])
    rota = Rota.objects.create(team=team)
    RotaMember.objects.create(rota=rota, user=person)
    late_incident("on_call", team=team, actor=person)
    run_due()
    assert Page.objects.get().user == person
    assert Reaction.objects.get().outcome == "Paged Anna."
    assert Membership.objects.count() == 1


def test_without_a_rota_the_record_says_why_nobody_came() -> None:
    late_incident("on_call", team=TeamFactory(name="Network"), actor=AgentFactory())
    run_due()
    assert Reaction.objects.get().outcome == "Network has no on-call rota."


def test_a_rule_that_is_removed_leaves_the_clocks_running() -> None:
    ticket = late_incident("assignee")
    EscalationRule.objects.all().delete()
    run_due()
    assert kinds(ticket) == ["breached"]
    assert Clock.objects.get().next_at is None


def test_a_clock_that_cannot_be_computed_holds_no_other_up() -> None:
    agreement = promise("resolution", ("", 1), calendar=always())
    rule(agreement, "percent", 50)
    broken, whole = make_incident(at=ago(minutes=50)), make_incident(at=ago(minutes=40))
    Clock.objects.filter(ticket=broken).update(spans=[["the day before yesterday", None]])
    while sweep():
        pass
    assert kinds(whole) == ["escalated"]
    assert clock(broken).next_at > timezone.now()


def test_a_clock_that_falls_due_just_after_an_edit_goes_by_the_new_rules_and_fires_nothing_for_the_past() -> None:
    agreement = promise("resolution", ("", 4), calendar=always())
    rule(agreement, "percent", 50)
    rule(agreement, "after", 60)
    ticket = make_incident(at=ago(hours=2, seconds=-1))
    goal = agreement.goals.get()
    goal.target = 3600
    goal.save()  # the background work has not come to it yet
    Clock.objects.update(next_at=timezone.now())
    while sweep():
        pass
    assert kinds(ticket) == []
    row = clock(ticket)
    assert (row.target, row.revision) == (3600, Recomputation.objects.get(agreement=agreement).agreement.revision)
    assert row.breached_at == row.due_at


def test_thresholds_of_many_tickets_fire_in_one_go_with_a_fixed_number_of_queries(
    django_assert_max_num_queries: Any,
) -> None:
    agreement = promise("resolution", ("", 1), calendar=always())
    rule(agreement, "percent", 50, "assignee")
    customer = UserFactory()
    for _n in range(30):
        make_incident(customer, at=ago(hours=2))
    with django_assert_max_num_queries(16):
        assert sweep() == 30
    assert Firing.objects.count() == 30
    assert Event.objects.filter(kind="breached").count() == 30
