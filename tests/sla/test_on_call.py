"""Who is on call when, and whom a page goes to until somebody acknowledges."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.people.models import User
from servicedesk.sla import oncall
from servicedesk.sla.models import Page, Rota, RotaMember, RotaOverride
from servicedesk.tickets.errors import NotAllowedNow
from servicedesk.tickets.models import Event, Ticket
from servicedesk.tickets.operations import core
from tests.factories import AgentFactory, TeamFactory, UserFactory, fresh, make_incident, resolve

pytestmark = pytest.mark.django_db

UTC = datetime.UTC


@pytest.fixture
def rota(db: None) -> Rota:
    people = [AgentFactory(name=name) for name in ("Anna", "Ben", "Cleo")]
    team = TeamFactory(name="Network", members=people, lead=AgentFactory(name="Lea"))
    rota = Rota.objects.create(team=team, time_zone="Europe/Berlin", begins=datetime.date(2026, 3, 2), patience=10)
    for position, person in enumerate(people):
        RotaMember.objects.create(rota=rota, user=person, position=position)
    return rota


def who(rota: Rota, *when: int) -> str:
    person = oncall.on_call(rota, datetime.datetime(*when, tzinfo=UTC))  # type: ignore[arg-type]
    return person.name if person else ""


def test_members_take_weeks_in_turn_from_the_hand_over(rota: Rota) -> None:
    assert who(rota, 2026, 3, 2, 7, 59) == ""  # 08:59 in Berlin: it has not begun
    assert who(rota, 2026, 3, 2, 8) == "Anna"
    assert who(rota, 2026, 3, 9, 7, 59) == "Anna"
    assert who(rota, 2026, 3, 9, 8) == "Ben"
    assert who(rota, 2026, 3, 16, 8) == "Cleo"
    assert who(rota, 2026, 3, 23, 8) == "Anna"


def test_the_hand_over_stays_at_nine_when_the_clocks_change(rota: Rota) -> None:
    # 30 March is in summer time: 09:00 is 07:00 UTC.
    assert who(rota, 2026, 3, 30, 6, 59) == "Anna"
    assert who(rota, 2026, 3, 30, 7) == "Ben"


def test_an_override_stands_in_for_its_time(rota: Rota) -> None:
    dora = AgentFactory(name="Dora")
    start = datetime.datetime(2026, 3, 4, tzinfo=UTC)
    RotaOverride.objects.create(
        rota=rota, user=dora, start=start, end=start + datetime.timedelta(days=1), reason="Leave"
    )
    assert [who(rota, 2026, 3, day, 12) for day in (3, 4, 5)] == ["Anna", "Dora", "Anna"]
    shifts = oncall.shifts(
        rota, datetime.datetime(2026, 3, 2, 8, tzinfo=UTC), datetime.datetime(2026, 3, 9, 8, tzinfo=UTC)
    )
    assert [(s.user.name, s.override) for s in shifts] == [("Anna", None), ("Dora", "Leave"), ("Anna", None)]


def test_overrides_cannot_overlap_or_end_before_they_begin(rota: Rota) -> None:
    start = datetime.datetime(2026, 3, 4, tzinfo=UTC)
    day = datetime.timedelta(days=1)
    person = AgentFactory()
    RotaOverride.objects.create(rota=rota, user=person, start=start, end=start + 2 * day)
    for values in ({"start": start + day, "end": start + 3 * day}, {"start": start + 5 * day, "end": start + 4 * day}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RotaOverride.objects.create(rota=rota, user=person, **values)


@given(
    st.integers(0, 400), st.integers(1, 60), st.lists(st.tuples(st.integers(0, 400), st.integers(1, 20)), max_size=4)
)
def check_complete(first: int, length: int, overrides: list[tuple[int, int]]) -> None:
    with transaction.atomic():
        rota = Rota.objects.get()
        day = datetime.timedelta(days=1)
        zero = datetime.datetime(2026, 3, 3, tzinfo=UTC)
        person = User.objects.get(name="Lea")
        for start, days in overrides:
            try:
                with transaction.atomic():
                    RotaOverride.objects.create(
                        rota=rota, user=person, start=zero + start * day, end=zero + (start + days) * day
                    )
            except IntegrityError:
                pass
        start, end = zero + first * day, zero + (first + length) * day
        shifts = oncall.shifts(rota, start, end)
        # Every instant has exactly one person, and each is who on_call says.
        assert shifts[0].start == start and shifts[-1].end == end
        assert all(one.end == other.start for one, other in itertools.pairwise(shifts))
        for shift in shifts:
            assert oncall.on_call(rota, shift.start) == shift.user
            assert oncall.on_call(rota, shift.end - datetime.timedelta(microseconds=1)) == shift.user
        transaction.set_rollback(True)


def test_there_is_always_exactly_one_on_call(rota: Rota) -> None:
    check_complete()


# --- Paging --------------------------------------------------------------------------------------


def page(rota: Rota) -> tuple[Ticket, Event]:
    ticket = fresh(make_incident(actor=rota.team.lead, team=rota.team))
    with transaction.atomic():
        cause = core.record(core.lock(ticket, None, "x"), "escalated", actor=None, agreement="Resolution")
        oncall.start(ticket, rota.team, cause)
    return ticket, cause


def time_passes() -> None:
    Page.objects.filter(next_at__isnull=False).update(next_at=timezone.now() - datetime.timedelta(seconds=1))
    oncall.sweep()


def called() -> list[str]:
    return list(Page.objects.order_by("turn").values_list("user__name", flat=True))


def in_turn(rota: Rota) -> list[str]:
    return [person.name for person in oncall.order(rota, timezone.now())]


def test_without_an_answer_the_next_is_called_and_in_the_end_the_lead(rota: Rota) -> None:
    ticket, _cause = page(rota)
    first = Page.objects.get()
    assert (first.next_at - first.paged_at) == datetime.timedelta(minutes=10)
    oncall.sweep()
    assert called() == in_turn(rota)[:1]  # not yet
    for count in (2, 3, 3, 3):
        time_passes()
        assert called() == in_turn(rota)[:count]
    paged = Event.objects.filter(ticket=ticket, kind="paged")
    assert [e.data["user"]["name"] for e in paged.order_by("pk")] == in_turn(rota)
    last = Event.objects.get(kind="page_unanswered")
    assert last.data["user"]["name"] == "Lea"


def test_an_acknowledgement_ends_it(rota: Rota) -> None:
    ticket, _cause = page(rota)
    answering = Page.objects.get().user
    assert oncall.acknowledge(ticket, actor=answering) == 1
    time_passes()
    assert len(called()) == 1
    row = Page.objects.get()
    assert (row.acknowledged_by, row.next_at) == (answering, None)
    with pytest.raises(NotAllowedNow):
        oncall.acknowledge(ticket, actor=answering)


def test_a_customer_cannot_acknowledge(rota: Rota) -> None:
    ticket, _cause = page(rota)
    with pytest.raises(Exception, match="may not"):
        oncall.acknowledge(ticket, actor=ticket.requester)
    assert Page.objects.get().acknowledged_at is None


def test_a_ticket_that_is_over_calls_nobody_any_more(rota: Rota, agent: Any) -> None:
    ticket, _cause = page(rota)
    resolve(ticket, agent)
    time_passes()
    assert len(called()) == 1


def test_the_same_cause_pages_once(rota: Rota) -> None:
    ticket, cause = page(rota)
    with transaction.atomic():
        oncall.start(ticket, rota.team, cause)
    assert len(called()) == 1


def test_whoever_left_takes_no_turns(rota: Rota) -> None:
    first = oncall.order(rota, timezone.now())[0]
    first.is_active = False
    first.save()
    assert first not in oncall.order(rota, timezone.now())
    assert UserFactory() not in oncall.order(rota, timezone.now())
