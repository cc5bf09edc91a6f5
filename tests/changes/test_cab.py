"""The board: agenda, invitations that calendars read, votes, results as approvals."""

from __future__ import annotations

import pytest
from django.core import mail
from icalendar import Calendar

from changes import cab, inviting
from changes.models import Meeting, Vote
from servicedesk.approvals.models import ApprovalPlan, Approver, PlannedApprover, PlannedStep
from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from tests.factories import AgentFactory, ServiceFactory, TeamFactory, UserFactory

from .setups import again, assessed, at, change

pytestmark = pytest.mark.django_db


@pytest.fixture
def board():
    """A chair, and three members of whom a majority has to agree to risky changes."""
    chair = AgentFactory(role="change_manager", name="Carlos Mendes")
    members = [AgentFactory(name=f"Member {n}") for n in range(3)]
    team = TeamFactory(members=members)
    plan = ApprovalPlan.objects.get(name="Change: high risk")
    plan.steps.all().delete()
    step = PlannedStep.objects.create(plan=plan, name="CAB", mode="share", share=51)
    PlannedApprover.objects.create(step=step, rule="team", team=team)
    return chair, members


def waiting(agent=None):
    agent = agent or AgentFactory()
    row = assessed(change(agent, ServiceFactory(criticality=1)), agent, risky=True)
    tickets.transition(row, "ask_approval", actor=agent)
    return again(row)


def meet(chair, members, **values):
    return cab.plan(
        actor=chair, **{"title": "CAB", "starts_at": at(24), "ends_at": at(25), "members": members, **values}
    )


def test_the_agenda_is_what_waits_and_nothing_twice(board):
    chair, members = board
    rows = [waiting(), waiting()]
    meeting = meet(chair, members)
    assert {item.change_id for item in meeting.items.all()} == {row.pk for row in rows}
    other = meet(chair, members)
    assert other.items.count() == 0
    new = waiting()
    assert cab.draw(meeting, actor=chair) == 1
    assert meeting.items.last().change_id == new.pk


def test_what_was_not_decided_comes_onto_the_next_agenda(board):
    chair, members = board
    row = waiting()
    cab.end(meet(chair, members), actor=chair, minutes="No time.")
    assert [item.change_id for item in meet(chair, members).items.all()] == [row.pk]


def test_a_majority_approves(board):
    chair, members = board
    row = waiting()
    item = meet(chair, members).items.get()
    for member, choice in zip(members, ("yes", "yes", "no"), strict=True):
        cab.vote(item, member=member, choice=choice, actor=chair)
    assert "Scheduled" in cab.apply(item, actor=chair)
    assert again(row).status == "scheduled"
    assert {a.via for a in Approver.objects.exclude(via="")} == {"meeting"}
    with pytest.raises(NotAllowedNow, match="applied already"):
        cab.vote(item, member=members[0], choice="no", actor=chair)


def test_a_refusal_takes_its_reason_from_the_minutes(board):
    chair, members = board
    row = waiting()
    item = meet(chair, members).items.get()
    cab.note(item, text="The vendor's fix comes next week.", actor=chair)
    for member in members[:2]:
        cab.vote(item, member=member, choice="no", actor=member)
    cab.apply(item, actor=chair)
    row = again(row)
    assert (row.status, row.status_reason) == ("rejected", "The vendor's fix comes next week.")


def test_votes_of_those_who_are_not_asked_decide_nothing(board):
    chair, members = board
    row = waiting()
    item = meet(chair, members).items.get()
    cab.vote(item, member=chair, choice="yes", actor=chair)
    with pytest.raises(NotAllowedNow, match="Nobody who is asked"):
        cab.apply(item, actor=chair)
    assert again(row).status == "authorise"


def test_too_few_votes_leave_it_open_for_the_rest(board):
    chair, members = board
    waiting()
    item = meet(chair, members).items.get()
    cab.vote(item, member=members[0], choice="yes", actor=members[0])
    assert "Still asked" in cab.apply(item, actor=chair)
    cab.vote(item, member=members[1], choice="yes", actor=members[1])
    assert "Scheduled" in cab.apply(item, actor=chair)


def test_nobody_votes_on_their_own_change_nor_for_others(board):
    chair, members = board
    waiting(members[0])
    item = meet(chair, members).items.get()
    with pytest.raises(access.Forbidden, match="own change"):
        cab.vote(item, member=members[0], choice="yes", actor=members[0])
    with pytest.raises(access.Forbidden):
        cab.vote(item, member=members[1], choice="yes", actor=members[2])
    with pytest.raises(Invalid, match="not a member"):
        cab.vote(item, member=AgentFactory(), choice="yes", actor=chair)
    assert Vote.objects.count() == 0


def test_only_change_managers_and_the_chair_lead(board):
    chair, members = board
    with pytest.raises(access.Forbidden):
        meet(members[0], members)
    with pytest.raises(Invalid, match="not an agent"):
        meet(chair, [UserFactory()])
    with pytest.raises(Invalid, match="end after"):
        meet(chair, members, ends_at=at(20))


def test_invitations_are_read_by_calendars_and_follow_moves_and_cancellation(board):
    chair, members = board
    waiting()
    meeting = meet(chair, members, place="Fjord; second floor")
    assert inviting.send_due() == 4 and inviting.send_due() == 0
    part = next(p for p in mail.outbox[0].message().walk() if p.get_content_type() == "text/calendar")
    event = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")[0]
    assert (str(event["summary"]), str(event["location"]), event["sequence"]) == ("CAB", "Fjord; second floor", 0)
    assert event["dtstart"].dt == meeting.starts_at and len(event["attendee"]) == 4
    cab.plan(actor=chair, meeting=meeting, title="CAB", starts_at=at(30), ends_at=at(31), members=members)
    inviting.send_due()
    cab.cancel(meeting, actor=chair)
    inviting.send_due()
    calendars = [
        Calendar.from_ical(p.get_payload(decode=True))
        for m in mail.outbox for p in m.message().walk() if p.get_content_type() == "text/calendar"
    ]  # fmt: skip
    told = {(str(c["method"]), c.walk("VEVENT")[0]["sequence"]) for c in calendars}
    assert told == {("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2)}
    assert len({str(c.walk("VEVENT")[0]["uid"]) for c in calendars}) == 1


def test_the_pages(board, client):
    chair, members = board
    row = waiting()
    client.force_login(chair)
    form = {"title": "CAB", "starts_at": "2027-01-12T10:00", "ends_at": "2027-01-12T11:00", "members": [members[0].pk]}
    assert client.post("/desk/changes/meetings/new/", {**form, "ends_at": "2027-01-12T09:00"}).status_code == 422
    answer = client.post("/desk/changes/meetings/new/", form)
    meeting = Meeting.objects.get()
    assert answer.url == f"/desk/changes/meetings/{meeting.pk}/"
    page = client.get(answer.url).content.decode()
    assert row.number in page and "Member 0" in page
    item = meeting.items.get()
    client.post(f"{answer.url}{item.pk}/", {"vote": f"{members[0].pk}:yes"})
    assert Vote.objects.get().choice == "yes"
    assert client.post(f"{answer.url}{item.pk}/", {"vote": "x:yes"}).status_code == 302
    client.post(f"{answer.url}act/", {"do": "end", "minutes": "Done."})
    meeting.refresh_from_db()
    assert (meeting.state, meeting.minutes) == ("over", "Done.")
    assert client.get("/desk/changes/meetings/").status_code == 200
    assert client.get("/desk/changes/measures/").status_code == 200
