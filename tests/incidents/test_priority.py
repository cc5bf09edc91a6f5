"""Impact × urgency gives priority, by the admin's matrix; overriding needs a reason."""

import pytest

from servicedesk.tickets import operations
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.models import PriorityRule
from tests.factories import fresh, make_incident

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"), [(1, 1, 1), (1, 2, 2), (2, 1, 2), (2, 2, 3), (1, 3, 3), (3, 3, 4)]
)
def test_the_usual_matrix(impact, urgency, priority):
    assert make_incident(impact=impact, urgency=urgency).priority == priority


def test_the_admins_matrix_counts(agent):
    PriorityRule.objects.filter(impact=3, urgency=3).update(priority=1)
    ticket = make_incident()
    operations.change(ticket, actor=agent, impact=3, urgency=3)
    assert fresh(ticket).priority == 1


def test_overriding_needs_a_reason_and_lasts_until_it_is_given_back(agent):
    ticket = make_incident(impact=3, urgency=3)
    with pytest.raises(Invalid) as refusal:
        operations.change(ticket, actor=agent, priority=1)
    assert "priority_reason" in refusal.value.fields and fresh(ticket).priority == 4
    operations.change(ticket, actor=agent, priority=1, priority_reason="The director")
    operations.change(ticket, actor=agent, impact=2)
    assert (fresh(ticket).priority, fresh(ticket).priority_reason) == (1, "The director")
    operations.change(ticket, actor=agent, priority=None)
    assert (fresh(ticket).priority, fresh(ticket).priority_reason) == (4, "")


@pytest.mark.parametrize("values", [{"impact": 0}, {"urgency": 4}, {"priority": 9}, {"impact": "1"}, {"impact": True}])
def test_other_values_are_refused(agent, values):
    with pytest.raises(Invalid):
        operations.change(make_incident(), actor=agent, **values)
