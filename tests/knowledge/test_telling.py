"""Reviewers hear of what waits for them, writers of what became of it, owners of comments; each once, as they chose."""

from __future__ import annotations

import pytest
from django.core import mail

from servicedesk.knowledge import operations, uses
from servicedesk.knowledge.models import Feedback
from servicedesk.knowledge.tasks import tell_owner, tell_people
from servicedesk.notify.models import Kind, Notification, Preference
from servicedesk.tickets.outbox import silent
from tests.factories import AgentFactory, TeamFactory, UserFactory

from .setups import article, draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(agent):
    person = UserFactory(role="team_lead", name="Marc Oliver")
    TeamFactory(members=[agent], lead=person)
    return person


def told(row):
    for event in row.events.order_by("pk"):
        tell_people(event.pk)
    return list(Notification.objects.order_by("pk").values_list("user__name", "text"))


def test_the_authors_lead_reviews_and_the_author_hears_what_became_of_it(agent, lead, login):
    row = operations.submit(draft(agent), actor=agent)
    assert told(row) == [("Marc Oliver", f"{agent.name} asks for a review.")]
    operations.send_back(row, actor=lead, reason="Which client?")
    assert told(row)[1:] == [(agent.name, "Marc Oliver sent it back: Which client?")]
    operations.publish(operations.submit(row, actor=agent), actor=lead)
    assert told(row)[-1] == (agent.name, "Marc Oliver published your article.")
    told(row)
    assert Notification.objects.count() == len(mail.outbox) == 4
    assert row.number in mail.outbox[0].body and "/profile/notifications/" in mail.outbox[0].body
    page = login(agent).get("/notifications/").content.decode()
    assert "sent it back: Which client?" in page and row.number in page
    notice = Notification.objects.filter(user=agent).first()
    assert login(agent).get(f"/notifications/{notice.pk}/")["Location"] == f"/desk/knowledge/{row.number}/"


def test_without_a_lead_an_admin_is_asked_and_who_wants_no_mail_gets_none(agent, admin):
    Preference.objects.create(user=admin, kind=Kind.KNOWLEDGE, in_page=True, by_email=False)
    row = operations.submit(draft(agent), actor=agent)
    assert told(row) == [(admin.name, f"{agent.name} asks for a review.")] and not mail.outbox
    Preference.objects.update(in_page=False)
    other = AgentFactory()
    assert len(told(operations.submit(draft(other), actor=other))) == 1


def test_an_owner_hears_of_comments_once_a_day(agent):
    row = article(agent)
    for n in range(3):
        uses.feedback(row, user=UserFactory(), helped=False, comment=f"What about {n}?")
    uses.feedback(row, user=UserFactory(), helped=True)
    for feedback in Feedback.objects.order_by("pk"):
        tell_owner(feedback.pk)
    assert [notice.text for notice in Notification.objects.filter(key__startswith="comment")] == [
        "A reader commented: What about 0?"
    ]


def test_what_strangers_write_in_lines_is_told_in_one(agent):
    row = article(agent)
    uses.feedback(row, user=UserFactory(), helped=False, comment="Which client?\r\nBcc: all@example.org\nAnd when?")
    tell_owner(Feedback.objects.get().pk)
    assert mail.outbox[0].subject == "A reader commented: Which client? Bcc: all@example.org And when?"
    assert len(mail.outbox[0].recipients()) == 1 and agent.email in mail.outbox[0].recipients()[0]


def test_history_is_told_to_nobody(agent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as later, silent():
        row = operations.publish(draft(agent), actor=None)
        uses.feedback(row, user=UserFactory(), helped=False, comment="x")
    assert later == []
    with django_capture_on_commit_callbacks() as later:
        operations.publish(draft(agent), actor=None)
    assert len(later) == 2


def test_what_is_gone_is_told_to_nobody():
    tell_people(10**9)
    tell_owner(10**9)
    assert not Notification.objects.exists()
