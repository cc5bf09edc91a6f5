"""Clusters that grow faster than usual become candidates; agents accept or dismiss them, and it is remembered why."""

from __future__ import annotations

import datetime
import math

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from problems import candidates, clusters
from problems.models import Candidate, Problem
from servicedesk.people import access
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Link, Ticket
from tests.factories import ServiceFactory, TeamFactory, UserFactory, make_incident

DAY = datetime.timedelta(days=1)


def burst(n, *, title="Rekey timeout on the gateway", days=2.0, **values):
    return [make_incident(title=f"{title} {k}", at=timezone.now() - days * DAY, **values) for k in range(n)]


@pytest.fixture
def usual(db):
    """Eight quiet weeks."""
    desk = ServiceFactory(name="Desk phones")
    for week in range(1, 9):
        for n in range(3):
            make_incident(title=f"Phone {week}{n} is mute", service=desk, at=timezone.now() - (7 * week + 1 + n) * DAY)


def one(pk, week, service=None, category=None, words=()):
    return clusters.Incident(pk, week, service, category, frozenset(words))


def test_more_than_usual_is_found_with_its_evidence(usual, agent):
    vpn = ServiceFactory(name="VPN")
    rows = burst(9, service=vpn)
    found = candidates.find()
    assert len(found) == 1 and found[0].title.startswith("VPN") and found[0].service == vpn
    row = found[0]
    assert set(row.incidents.values_list("pk", flat=True)) == {ticket.pk for ticket in rows}
    assert row.weeks == [0] * 8 + [9] and row.expected < 1 and row.score > 6
    assert {"gateway", "rekey", "timeout"} <= {word for word, _part in row.words}


def test_what_is_usual_is_not_found(usual):
    for n in range(3):
        make_incident(title=f"Phone {n} is mute again")
    assert candidates.find() == []


def test_the_same_incidents_give_the_same_candidates(usual):
    burst(8, service=ServiceFactory(name="VPN"))
    burst(7, title="Badge reader rejects cards")
    at = timezone.now()
    first = [(row.signature, row.score, row.pk) for row in candidates.find(at)]
    assert len(first) == 2
    assert [(row.signature, row.score, row.pk) for row in candidates.find(at)] == first


def test_accepting_makes_a_problem_with_the_incidents_linked(usual, agent, login):
    vpn = ServiceFactory(name="VPN")
    rows = burst(6, service=vpn)
    row = candidates.find()[0]
    assert "VPN" in login(agent).get("/desk/candidates/").content.decode()
    answer = login(agent).post(f"/desk/candidates/{row.pk}/accept/")
    problem = Problem.objects.get()
    assert answer["Location"] == f"/desk/{problem.number}/" and problem.service == vpn
    assert set(Link.objects.filter(target=problem.pk).values_list("source", flat=True)) == {t.pk for t in rows}
    # What belongs to a problem needs none.
    assert candidates.find() == []
    row.refresh_from_db()
    with pytest.raises(NotAllowedNow, match="already"):
        candidates.accept(row, actor=agent)


def test_dismissed_with_a_reason_it_comes_back_only_when_it_doubles(usual, agent, login):
    vpn = ServiceFactory(name="VPN")
    burst(6, service=vpn)
    row = candidates.find()[0]
    browser = login(agent)
    assert browser.post(f"/desk/candidates/{row.pk}/dismiss/", {"reason": ""}).status_code == 422
    browser.post(f"/desk/candidates/{row.pk}/dismiss/", {"reason": "Planned move of the gateway"})
    assert candidates.find() == []
    page = browser.get("/desk/candidates/").content.decode()
    assert "Nothing grows faster" in page and "Planned move of the gateway" in page
    burst(5, service=vpn)
    assert candidates.find() == []
    burst(2, service=vpn)
    assert [again.pk for again in candidates.find()] == [row.pk]
    assert "It has doubled since" in browser.get("/desk/candidates/").content.decode()


def test_a_candidate_that_is_gone_goes(usual, agent):
    burst(6, service=ServiceFactory(name="VPN"))
    assert candidates.find()
    assert candidates.find(timezone.now() + 8 * DAY) == [] and not Candidate.objects.exists()


def test_incidents_of_private_teams_take_no_part(usual):
    team = TeamFactory(is_private=True)
    burst(9, title="Harassment case", team=team, actor=UserFactory(role="admin"))
    assert candidates.find() == []


def test_who_sees_too_few_of_them_is_not_shown_a_candidate(usual, agent, login):
    rows = burst(6)
    candidates.find()
    team = TeamFactory(is_private=True)
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in rows[:3]]).update(team=team)  # made private since
    assert "Nothing grows faster" in login(agent).get("/desk/candidates/").content.decode()
    assert login(agent).post(f"/desk/candidates/{Candidate.objects.get().pk}/accept/").status_code == 404


def test_showing_them_costs_a_fixed_number_of_queries(usual, agent, django_assert_max_num_queries):
    for name in ("rekey timeout", "badge refused", "scanner dark"):
        burst(7, title=name, service=ServiceFactory(name=name))
    assert len(candidates.find()) == 3
    with django_assert_max_num_queries(4):
        shown = candidates.visible(agent)
    assert [(row.n, len(row.shown)) for row in shown] == [(7, 5)] * 3


def test_customers_decide_nothing(usual, customer):
    burst(6)
    row = candidates.find()[0]
    for act in (
        lambda: candidates.accept(row, actor=customer),
        lambda: candidates.dismiss(row, actor=customer, reason="x"),
    ):
        with pytest.raises(access.Forbidden):
            act()


def test_a_dismissal_needs_a_reason(usual, agent):
    burst(6)
    with pytest.raises(Invalid):
        candidates.dismiss(candidates.find()[0], actor=agent, reason=" ")


@given(st.integers(0, 60), st.floats(0.05, 40))
def test_the_tail_is_poissons(n, expected):
    below = sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(n))
    tail = 1 - below
    if tail > 1e-9 and n > expected:
        assert clusters.improbable(n, expected) == pytest.approx(-math.log10(tail), abs=1e-4)
    assert clusters.improbable(n, expected) >= 0


incidents = st.lists(
    st.builds(
        one, st.integers(1, 10_000), st.integers(0, 8), st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 2, 3]),
        st.frozensets(st.sampled_from(["vpn", "rekey", "red", "blue", "fan"]), max_size=3),
    ), max_size=120, unique_by=lambda row: row.pk,
)  # fmt: skip


@settings(max_examples=60)
@given(incidents, st.randoms())
def test_clusters_share_no_incident_and_do_not_depend_on_the_order(rows, random):
    found = clusters.find(rows)
    members = [pk for cluster in found for pk in cluster.incidents]
    assert len(members) == len(set(members))
    for cluster in found:
        assert len(cluster.incidents) >= clusters.LEAST and cluster.score >= clusters.SURE
        assert all(next(r for r in rows if r.pk == pk).week == 0 for pk in cluster.incidents)
    mixed = list(rows)
    random.shuffle(mixed)
    again = clusters.find(mixed)
    assert [(c.signature, c.incidents, c.weeks) for c in again] == [(c.signature, c.incidents, c.weeks) for c in found]


def test_a_young_desk_has_nothing_to_compare_with():
    rows = [one(pk, 0, service=1) for pk in range(30)] + [one(100 + pk, 1, service=2) for pk in range(5)]
    assert clusters.find(rows) == []
    assert clusters.find([*rows, one(200, 2, service=2)])[0].feature == ("service:1",)


def test_a_busy_week_is_no_cluster():
    rows = [one(pk, 1 + pk % 8, service=pk % 10) for pk in range(1, 801)]
    rows += [one(1000 + pk, 0, service=pk % 10) for pk in range(190)]
    assert clusters.find(rows) == []


def test_the_worker_looks_by_the_hour(usual):
    from problems.tasks import find_candidates

    burst(6)
    assert find_candidates() == 1
    assert Ticket.objects.filter(kind="problem").count() == 0
