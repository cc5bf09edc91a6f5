"""Owners are reminded of articles that should be looked at again."""

from __future__ import annotations

import datetime

import pytest
from django.core import mail
from django.utils import timezone

from servicedesk.knowledge import operations
from servicedesk.knowledge.models import Article
from servicedesk.knowledge.reminding import remind
from servicedesk.knowledge.tasks import remind_owners
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from tests.factories import AgentFactory

from .setups import article, draft, fresh

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def overdue(owner, **values):
    row = article(owner, **values)
    Article.objects.filter(pk=row.pk).update(review_on=timezone.localdate() - DAY)
    return row


def test_one_mail_for_all_of_an_owners_articles_and_again_after_two_weeks(agent):
    rows = [overdue(agent, title=f"Title {n}") for n in range(3)]
    gone = AgentFactory(is_active=False)
    other = overdue(AgentFactory())
    Article.objects.filter(pk=other.pk).update(owner=gone)
    today = timezone.localdate()
    assert remind(today) == 1
    assert "3 articles of yours" in mail.outbox[0].subject and mail.outbox[0].to == [agent.email]
    assert all(row.number in mail.outbox[0].body for row in rows)
    assert remind(today) == remind(today + 13 * DAY) == 0
    assert remind(today + 14 * DAY) == 1


def test_still_right_is_good_for_a_year(agent, login):
    row = overdue(agent)
    page = login(agent).get("/desk/knowledge/?show=due").content.decode()
    assert row.title in page
    login(agent).post(f"/desk/knowledge/{row.number}/act/reviewed/")
    assert fresh(row).review_on == timezone.localdate() + 365 * DAY
    remind_owners()
    assert not mail.outbox
    with pytest.raises(Invalid, match="day to come"):
        operations.reviewed(row, actor=agent, review_on=timezone.localdate())
    with pytest.raises(NotAllowedNow):
        operations.reviewed(draft(agent), actor=agent)
