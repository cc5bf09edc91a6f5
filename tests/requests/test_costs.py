"""What requests cost, who pays, and budgets that are nearly used up."""

import datetime

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from requests import costs
from requests.models import Budget, BudgetWarning, ServiceRequest
from requests.operations import charge_to, end_monthly
from servicedesk.approvals.models import Approver
from servicedesk.people.models import CostCentre
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Outbox
from servicedesk.tickets.outbox import dispatch_event
from tests.catalog.setups import offer, order, plan, service
from tests.examples import rolled_back
from tests.factories import AgentFactory, UserFactory, fresh

pytestmark = pytest.mark.django_db


def centre(code="1", **values):
    return CostCentre.objects.create(code=code, name="Art", **values)


def month():
    return timezone.localdate().replace(day=1)


def deliver():
    for event in Outbox.objects.order_by("pk").values_list("pk", flat=True):
        dispatch_event(event)


def test_the_persons_cost_centre_pays_else_the_services():
    own, of_service = centre("1"), centre("2")
    work = service(cost_centre=of_service)
    thing = offer(price_once="10", service=work.name)
    assert order(thing, UserFactory(cost_centre=own)).cost_centre == own
    assert order(thing, UserFactory()).cost_centre == of_service
    own.is_active = False
    own.save()
    assert order(thing, UserFactory(cost_centre=CostCentre.objects.get(pk=own.pk))).cost_centre == of_service


def test_monthly_prices_count_in_every_month_until_they_are_ended():
    paying, agent = centre(), AgentFactory()
    request = order(offer(price_once="100", price_monthly="7"), UserFactory(cost_centre=paying))
    now, after = month(), costs.next_month(month())
    assert costs.used([paying.pk], now) == {paying.pk: 107}
    assert costs.used([paying.pk], after) == {paying.pk: 7}
    before = (now - datetime.timedelta(days=1)).replace(day=1)
    assert costs.used([paying.pk], before) == {}
    with pytest.raises(Invalid, match="ordered after"):
        end_monthly(fresh(request), actor=agent, month=before)
    end_monthly(fresh(request), actor=agent, month=now.replace(day=15))
    assert costs.used([paying.pk], after) == {}
    assert costs.used([paying.pk], now) == {paying.pk: 107}
    with pytest.raises(NotAllowedNow, match="costs nothing"):
        end_monthly(fresh(order(offer("Free"))), actor=agent, month=now)


def test_what_was_cancelled_costs_nothing():
    paying = centre()
    request = order(offer(price_once="100"), UserFactory(cost_centre=paying))
    tickets.transition(fresh(request), "withdraw", actor=request.requester, reason="x")
    assert costs.used([paying.pk], month()) == {}


def test_the_owner_is_warned_once_at_80_and_once_at_100_per_cent():
    owner = UserFactory(email="owner@example.org")
    paying = centre(owner=owner)
    Budget.objects.create(cost_centre=paying, month=month(), amount=1000)
    customer, thing = UserFactory(cost_centre=paying), offer(price_once="390")
    mail.outbox.clear()
    for levels in ([], [], [80, 100]):  # 390, 780, 1170
        order(thing, customer)
        deliver()
        deliver()
        assert sorted(BudgetWarning.objects.values_list("level", flat=True)) == levels
    to_owner = [m for m in mail.outbox if "owner@example.org" in m.to[0]]
    assert len(to_owner) == 1 and "100 %" in to_owner[0].subject and "/portal/costs/" in to_owner[0].body
    order(thing, customer)
    deliver()
    assert len([m for m in mail.outbox if "owner@example.org" in m.to[0]]) == 1


def test_80_per_cent_alone():
    paying = centre(owner=UserFactory())
    Budget.objects.create(cost_centre=paying, month=month(), amount=1000)
    request = order(offer(price_once="800"), UserFactory(cost_centre=paying))
    assert BudgetWarning.objects.get().level == 80
    assert fresh(request).events.get(kind="budget_warned").data["level"] == 80


def test_an_approval_step_may_ask_about_the_budget():
    payer = UserFactory()
    paying = centre(owner=payer)
    Budget.objects.create(cost_centre=paying, month=month(), amount=500)
    thing = offer(
        price_once="300", approval_plan=plan(("Budget", "over_budget is yes", "any", ["cost_centre_owner"])).name
    )
    customer = UserFactory(cost_centre=paying)
    assert order(thing, customer).status == "submitted"
    assert order(thing, customer).status == "awaiting_approval"
    assert Approver.objects.get().user == payer


def test_charging_another_cost_centre():
    one, two, agent = centre("1"), centre("2"), AgentFactory()
    request = order(offer(price_once="100"), UserFactory(cost_centre=one))
    charge_to(fresh(request), actor=agent, cost_centre=two)
    assert costs.used([one.pk, two.pk], month()) == {two.pk: 100}
    two.is_active = False
    two.save()
    with pytest.raises(Invalid):
        charge_to(fresh(order(offer("B"), UserFactory())), actor=agent, cost_centre=two)


def test_owners_see_their_own_and_the_csv_is_safe(login):
    owner = UserFactory()
    mine, other = centre("1", owner=owner), centre("2", owner=UserFactory())
    order(offer("=cmd()", price_once="100"), UserFactory(cost_centre=mine, name="+evil"))
    order(offer("Other", price_once="77"), UserFactory(cost_centre=other))
    page = login(owner).get("/portal/costs/").content.decode()
    assert "100 €" in page and "77 €" not in page
    report = login(owner).get("/portal/costs/csv/").content.decode()
    assert "'=cmd()" in report and "'+evil" in report and "Other" not in report
    assert login(UserFactory()).get("/portal/costs/").status_code == 404
    assert login(owner).get("/portal/costs/?month=nonsense").status_code == 200
    assert "77" in login(UserFactory(role="admin")).get("/portal/costs/csv/").content.decode()


def test_a_budget_is_of_a_month_and_there_once():
    paying = centre()
    budget = Budget(cost_centre=paying, month=datetime.date(2026, 11, 17), amount=5)
    budget.full_clean()
    budget.save()
    assert budget.month.day == 1
    with pytest.raises(ValidationError, match="already"):
        Budget(cost_centre=paying, month=datetime.date(2026, 11, 3), amount=5).full_clean()
    with pytest.raises(ValidationError):
        Budget(cost_centre=paying, month=datetime.date(2026, 12, 3), amount=-5).full_clean()


things = st.lists(
    st.tuples(st.integers(0, 900), st.integers(0, 90), st.integers(-70, 0), st.sampled_from([None, 0, 1, 2])),
    max_size=6,
)


@given(things)
@rolled_back
def test_the_sums_are_those_of_the_lines(db, made):
    """Used, as two queries say, is what each request costs in the month, counted one by one."""
    paying, customer = centre(), UserFactory()
    thing = offer()
    for once, monthly, days, months_left in made:
        request = order(thing, customer)
        day = timezone.localdate() + datetime.timedelta(days=days)
        until = day.replace(day=1)
        for _month in range(months_left or 0):
            until = costs.next_month(until)
        ServiceRequest.objects.filter(pk=request.pk).update(
            price_once=once, price_monthly=monthly, ordered_on=day, cost_centre=paying,
            monthly_until=until if months_left is not None else None,
        )  # fmt: skip
    month_ = (month() - datetime.timedelta(days=40)).replace(day=1)
    for _turn in range(4):
        expected = sum(costs.amount_in(r, month_) for r in ServiceRequest.objects.filter(cost_centre=paying))
        assert costs.used([paying.pk], month_).get(paying.pk, 0) == expected
        assert sum(amount for _row, amount in costs.lines([paying.pk], month_)) == expected
        month_ = costs.next_month(month_)
