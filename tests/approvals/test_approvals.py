"""Who is asked, who decides, and what is refused."""

import datetime

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.approvals import operations
from servicedesk.approvals.models import Approval, Approver
from servicedesk.approvals.tasks.timers import stand_in
from servicedesk.people import access
from servicedesk.people.models import Absence, CostCentre
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Ticket
from tests.catalog.setups import offer, order, plan, service
from tests.factories import AgentFactory, TeamFactory, UserFactory, fresh

pytestmark = pytest.mark.django_db


def asked(request):
    return [
        row.user for row in Approver.objects.filter(step__approval__ticket=request.pk, answer="asked").order_by("pk")
    ]


def turn(request, user):
    return Approver.objects.get(step__approval__ticket=request.pk, user=user, answer="asked")


def say(request, user, approve=True, comment="", **values):
    return operations.decide(turn(request, user), actor=user, approve=approve, comment=comment, **values)


def ordered(*steps, customer=None, **values):
    return order(offer(approval_plan=plan(*steps).name, **values), customer)


def test_approvers_are_found_by_rule():
    top = UserFactory()
    boss = UserFactory(manager=top)
    owner, payer, member, lead, named = UserFactory(), UserFactory(), AgentFactory(), AgentFactory(), UserFactory()
    centre = CostCentre.objects.create(code="1", name="One", owner=payer)
    team = TeamFactory(members=[member], lead=lead)
    workplace = service(owner=owner)
    customer = UserFactory(manager=boss, cost_centre=centre)
    request = ordered(
        ("All of them", "", "all", ["manager", "managers_manager", "service_owner", "cost_centre_owner", ("team", team), ("team_lead", team), ("person", named)]),
        customer=customer, service=workplace.name,
    )  # fmt: skip
    assert asked(request) == [boss, top, owner, payer, member, lead, named]
    for person in asked(request):
        assert fresh(request).status == "awaiting_approval"
        say(request, person)
    assert fresh(request).status == "in_fulfilment"


def test_steps_come_one_after_the_other_and_only_if_their_condition_holds():
    first, second, third = UserFactory(), UserFactory(), UserFactory()
    request = ordered(
        ("First", "", "any", [("person", first)]), ("Dear", "price over 500", "any", [("person", second)]),
        ("Third", "price under 500", "any", [("person", third)]), price_once="499",
    )  # fmt: skip
    assert asked(request) == [first]
    say(request, first)
    assert asked(request) == [third]
    assert list(Approval.objects.get().steps.values_list("state", flat=True)) == ["approved", "skipped", "asking"]


def test_no_step_is_needed_so_nobody_is_asked():
    request = ordered(("Dear", "price over 500", "any", [("person", UserFactory())]), price_once="10")
    assert fresh(request).status == "submitted" and not Approval.objects.exists()


def test_nobody_approves_their_own_request():
    grand = UserFactory()
    boss = UserFactory(manager=grand)
    report = UserFactory(manager=boss)
    for_report = order(offer(approval_plan=plan(("M", "", "any", ["manager"])).name), boss, person=report)
    assert asked(for_report) == [grand]  # the manager ordered it, so theirs decides


def test_who_asks_for_themselves_alone_is_decided_by_an_admin():
    admin, mine = UserFactory(role="admin"), UserFactory()
    request = ordered(("Me", "", "any", [("person", mine)]), customer=mine)
    assert asked(request) == [admin]
    assert "an admin decides" in Approval.objects.get().steps.get().remark
    with pytest.raises(Invalid, match="own request"):
        operations.delegate(turn(request, admin), actor=admin, to=mine)


@pytest.mark.parametrize("absent_first", [True, False])
def test_a_deputy_decides_for_who_is_away(absent_first):
    boss, deputy = UserFactory(), UserFactory()
    today = timezone.localdate()

    def leave():
        Absence.objects.create(user=boss, deputy=deputy, first_day=today, last_day=today + datetime.timedelta(days=3))

    if absent_first:
        leave()
    request = ordered(("M", "", "any", ["manager"]), customer=UserFactory(manager=boss))
    if not absent_first:
        leave()
        stand_in()
    assert asked(request) == [deputy]
    assert turn(request, deputy).in_place_of == boss
    say(request, deputy)
    assert fresh(request).status == "in_fulfilment"
    assert fresh(request).events.filter(kind="approval_voted").get().data["place_of"] == boss.name


def test_a_deputy_who_asked_for_it_does_not_decide():
    boss, customer = UserFactory(), None
    customer = UserFactory(manager=boss)
    today = timezone.localdate()
    Absence.objects.create(user=boss, deputy=customer, first_day=today, last_day=today)
    assert asked(ordered(("M", "", "any", ["manager"]), customer=customer)) == [boss]


def test_an_approver_who_left_is_replaced_and_cannot_decide():
    grand = UserFactory()
    boss = UserFactory(manager=grand)
    request = ordered(("M", "", "any", ["manager"]), customer=UserFactory(manager=boss))
    row = turn(request, boss)
    boss.is_active = False
    boss.save()
    with pytest.raises(access.Forbidden, match="not active"):
        operations.decide(row, actor=boss, approve=True)
    stand_in()
    stand_in()
    assert asked(request) == [grand]
    assert Approver.objects.count() == 2


def test_an_approver_who_left_without_a_manager_is_replaced_by_an_admin():
    admin, boss = UserFactory(role="admin"), UserFactory()
    request = ordered(("M", "", "any", ["manager"]), customer=UserFactory(manager=boss))
    boss.is_active = False
    boss.save()
    stand_in()
    assert asked(request) == [admin]


def test_a_rejection_needs_a_reason_and_ends_it():
    one, two = UserFactory(), UserFactory()
    request = ordered(("Both", "", "all", [("person", one), ("person", two)]))
    with pytest.raises(Invalid, match="Say why"):
        say(request, one, approve=False)
    say(request, one, approve=False, comment="Too dear")
    ticket = fresh(request)
    assert (ticket.status, ticket.status_reason) == ("rejected", "Too dear")
    assert asked(request) == []
    with pytest.raises(NotAllowedNow, match="does not wait"):
        operations.decide(Approver.objects.get(user=two), actor=two, approve=True)


def test_a_decision_is_taken_once():
    boss = UserFactory()
    request = ordered(("M", "", "any", [("person", boss)]))
    row = turn(request, boss)
    operations.decide(row, actor=boss, approve=True)
    with pytest.raises(NotAllowedNow, match="answered already: approved"):
        operations.decide(row, actor=boss, approve=False, comment="No")
    assert fresh(request).status == "in_fulfilment"


def test_somebody_else_cannot_decide():
    boss = UserFactory()
    request = ordered(("M", "", "any", [("person", boss)]))
    for other in (UserFactory(role="admin"), AgentFactory(), request.requester):
        with pytest.raises(access.Forbidden):
            operations.decide(turn(request, boss), actor=other, approve=True)


def test_passing_it_on():
    boss, other = UserFactory(), UserFactory()
    request = ordered(("M", "", "any", [("person", boss)]))
    operations.delegate(turn(request, boss), actor=boss, to=other, comment="You know it better")
    assert asked(request) == [other]
    with pytest.raises(NotAllowedNow, match="passed this on"):
        operations.decide(Approver.objects.get(user=boss), actor=boss, approve=True)
    with pytest.raises(Invalid, match="asked already"):
        operations.delegate(turn(request, other), actor=other, to=boss)
    gone = UserFactory(is_active=False)
    with pytest.raises(Invalid, match="has left"):
        operations.delegate(turn(request, other), actor=other, to=gone)
    say(request, other)
    assert fresh(request).status == "in_fulfilment"


def test_cancelling_the_request_asks_nobody_any_more():
    from servicedesk.tickets import operations as tickets

    boss = UserFactory()
    request = ordered(("M", "", "any", [("person", boss)]))
    tickets.transition(fresh(request), "withdraw", actor=request.requester, reason="Never mind")
    assert asked(request) == [] and Approval.objects.get().state == "cancelled"


def test_every_decision_is_an_event_and_clocks_hear_of_it():
    boss = UserFactory()
    request = ordered(("M", "", "any", [("person", boss)]))
    say(request, boss, comment="Fine", via="mail")
    kinds = [event.kind for event in Ticket.objects.get(pk=request.pk).events.all()]
    assert kinds[2:6] == ["approval_requested", "approval_asked", "approval_voted", "approval_decided"]
    clocks = {c.agreement.name: c.state for c in fresh(request).clocks.select_related("agreement")}
    assert clocks == {"Requests: approval": "stopped", "Requests: fulfilment": "running"}


answers = st.lists(st.sampled_from(["asked", "approved", "rejected", "delegated", "released"]), min_size=1, max_size=7)


@given(st.sampled_from(["any", "all", "share"]), st.integers(1, 100), answers)
def test_a_step_is_decided_when_the_rest_cannot_change_it(mode, share, given_answers):
    """Brute force: whatever those still asked answer, a decided step stays so; an open one can go both ways."""
    state = operations.outcome(mode, share, given_answers)
    open_ = [n for n, answer in enumerate(given_answers) if answer == "asked"]
    ends = set()
    for choice in range(2 ** len(open_)):
        final = list(given_answers)
        for bit, place in enumerate(open_):
            final[place] = "approved" if choice >> bit & 1 else "rejected"
        ends.add(operations.outcome(mode, share, final))
    if mode == "any":  # the first answer decides
        counted = [a for a in given_answers if a in ("approved", "rejected")]
        assert (state == "asking") == (not counted)
    elif state == "asking" and open_:
        assert ends == {"approved", "rejected"}
    elif state != "asking":
        assert ends == {state}
