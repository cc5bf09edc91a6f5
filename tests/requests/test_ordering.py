"""Ordering: what becomes of an order, and what is refused."""

from decimal import Decimal

import pytest

from servicedesk.approvals.models import Approver
from servicedesk.approvals.operations import decide
from servicedesk.tickets import operations as tickets
from servicedesk.work.models import WorkStep
from tests.catalog.setups import LAPTOP_FORM, offer, order, plan
from tests.factories import AgentFactory, UserFactory, fresh

pytestmark = pytest.mark.django_db

TASKS = [
    {
        "key": "prepare",
        "title": "Prepare {model}",
        "shown": "We prepare your laptop",
        "instructions": "Extras: {extras}",
        "due": "4h",
    },
    {"key": "account", "title": "Prepare the account"},
    {"key": "hand_over", "title": "Hand over", "shown": "You get your laptop", "after": "prepare, account"},
]


def test_from_order_through_approval_and_tasks_to_fulfilled():
    boss = UserFactory()
    customer = UserFactory(manager=boss)
    agent = AgentFactory()
    laptop = offer(
        form=LAPTOP_FORM,
        fulfilment=TASKS,
        price_once="100",
        approval_plan=plan(("Manager", "price over 500", "any", ["manager"])).name,
        delivery="24h",
    )
    request = order(laptop, customer, {"model": "ThinkPad", "extras": ["Dock", "Insurance"]})
    assert (request.status, request.price_once, request.price_monthly) == (
        "awaiting_approval",
        Decimal(1480),
        Decimal(5),
    )
    assert request.number == "REQ-1001" or request.number.startswith("REQ-")
    asked = Approver.objects.get()
    assert asked.user == boss
    decide(asked, actor=boss, approve=True, comment="Fine")
    assert fresh(request).status == "in_fulfilment"
    steps = {step.key: step for step in WorkStep.objects.filter(ticket=request.pk)}
    assert {key: step.state for key, step in steps.items()} == {
        "prepare": "active",
        "account": "active",
        "hand_over": "waiting",
    }
    assert steps["prepare"].title == "Prepare ThinkPad"
    assert steps["prepare"].carrier.planned_seconds == 4 * 3600
    for key in ("prepare", "account"):
        tickets.transition(steps[key].carrier, "finish", actor=agent)
    last = WorkStep.objects.get(ticket=request.pk, key="hand_over")
    assert last.state == "active"
    tickets.transition(last.carrier, "finish", actor=agent)
    assert fresh(request).status == "fulfilled"
    kinds = list(fresh(request).events.values_list("kind", flat=True))
    assert kinds == [
        "opened",
        "moved",
        "approval_requested",
        "approval_asked",
        "approval_voted",
        "approval_decided",
        "moved",
        "step_started",
        "step_started",
        "step_done",
        "step_done",
        "step_started",
        "step_done",
        "moved",
    ]
    versions_ = list(fresh(request).events.values_list("version", flat=True))
    assert versions_ == sorted(set(versions_))
