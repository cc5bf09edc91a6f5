"""The change advisory board: meetings, their agendas, votes, and what becomes of them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.approvals import operations as approvals
from servicedesk.approvals.models import Answer, ApprovalState, Approver, Via
from servicedesk.people import access
from servicedesk.people.models import Role, User
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.operations import core

from .approving import barred as barred_of
from .models import AgendaItem, Change, Meeting, Vote
from .models.cab import Choice, MeetingState

LONGEST = datetime.timedelta(hours=12)
MOST_MEMBERS, MOST_ITEMS = 50, 100


def may_lead(user: Any, meeting: Meeting | None = None) -> bool:
    """Whether somebody plans and leads meetings: change managers, admins, and a meeting's own chair."""
    if not (user.is_active and user.is_agent):
        return False
    return user.role in (Role.CHANGE_MANAGER, Role.ADMIN) or (meeting is not None and meeting.chair_id == user.pk)


def require_lead(user: Any, meeting: Meeting | None = None) -> None:
    """Raise Forbidden unless :func:`may_lead`."""
    if not may_lead(user, meeting):
        raise access.Forbidden(_("Change managers, admins and the chair do this."))


def _locked(meeting: Meeting) -> Meeting:
    row = Meeting.objects.select_for_update().get(pk=meeting.pk)
    if row.state != MeetingState.PLANNED:
        raise NotAllowedNow(_("This meeting is “%(state)s”.") % {"state": row.get_state_display()})
    return row


@transaction.atomic
def plan(
    *, actor: Any, title: str, starts_at: datetime.datetime, ends_at: datetime.datetime, members: Sequence[User],
    chair: User | None = None, place: str = "", meeting: Meeting | None = None,
) -> Meeting:  # fmt: skip
    """Plan a meeting (or change ``meeting``), draw its agenda, and have the members invited. Raises Invalid."""
    require_lead(actor, meeting)
    chair = chair or actor
    problems: dict[str, str] = {}
    if ends_at <= starts_at:
        problems["ends_at"] = _("It has to end after it begins.")
    elif ends_at - starts_at > LONGEST:
        problems["ends_at"] = _("A meeting lasts %(n)d hours at most.") % {"n": 12}
    people = list({user.pk: user for user in [*members, chair]}.values())
    if wrong := [user for user in people if not (user.is_active and user.is_agent)]:
        problems["members"] = _("%(name)s is not an agent.") % {"name": wrong[0]}
    if len(people) > MOST_MEMBERS:
        problems["members"] = _("At most %(n)d members.") % {"n": MOST_MEMBERS}
    if problems:
        raise Invalid(problems)
    values = {
        "title": core.text(title, "title", limit=120, one_line=True), "starts_at": starts_at, "ends_at": ends_at,
        "place": core.text(place, "place", limit=200, one_line=True, required=False), "chair": chair,
    }  # fmt: skip
    if meeting is None:
        row = Meeting.objects.create(**values)
    else:
        row = _locked(meeting)
        for name, value in values.items():
            setattr(row, name, value)
        row.sequence += 1
        row.save()
    row.members.set(people)
    draw(row, actor=actor)
    return row


@transaction.atomic
def draw(meeting: Meeting, *, actor: Any) -> int:
    """Put every change that waits for its authorisation and is on no planned meeting's agenda on this one's; how many."""
    row = _locked(meeting)
    known = AgendaItem.objects.filter(meeting__state=MeetingState.PLANNED, applied_at=None).values("change")
    waiting = access.visible(actor, Change.objects.filter(status="authorise")).exclude(pk__in=known)
    waiting = waiting.exclude(agenda__meeting=row).order_by("window", "pk")
    place = row.items.count()
    new = list(waiting[: MOST_ITEMS - place])
    AgendaItem.objects.bulk_create(
        AgendaItem(meeting=row, change=change, position=place + n) for n, change in enumerate(new)
    )
    return len(new)


def barred(change: Change, member: User) -> bool:
    """Whether a member may not vote: it is their own change."""
    return member.pk in barred_of(Ticket.objects.get(pk=change.pk))


@transaction.atomic
def vote(item: AgendaItem, *, member: User, choice: str, actor: Any) -> None:
    """Keep what a member said; the chair does it for everybody, each member for themselves. "" takes it back."""
    meeting = _locked(item.meeting)
    if member.pk != actor.pk:
        require_lead(actor, meeting)
    if not meeting.members.filter(pk=member.pk).exists():
        raise Invalid({"member": _("%(name)s is not a member of this meeting.") % {"name": member}})
    fresh = AgendaItem.objects.select_for_update().get(pk=item.pk)
    if fresh.applied_at is not None:
        raise NotAllowedNow(_("The result was applied already."))
    if choice == "":
        Vote.objects.filter(item=fresh, member=member).delete()
        return
    if choice not in Choice.values:
        raise Invalid({"choice": _("Choose one of: %(names)s.") % {"names": ", ".join(Choice.values)}})
    if choice != Choice.ABSTAIN and barred(item.change, member):
        raise access.Forbidden(_("Nobody votes on their own change."))
    Vote.objects.update_or_create(item=fresh, member=member, defaults={"choice": choice, "kept_by": actor})


@transaction.atomic
def note(item: AgendaItem, *, text: str, actor: Any) -> None:
    """Keep what was said about a change."""
    meeting = _locked(item.meeting)
    require_lead(actor, meeting)
    AgendaItem.objects.filter(pk=item.pk).update(minutes=core.text(text, "minutes", limit=20_000, required=False))


@transaction.atomic
def apply(item: AgendaItem, *, actor: Any, at: datetime.datetime | None = None) -> str:
    """Turn the votes into answers of those who are asked to approve, step by step; returns what came of it.

    Votes of members who are not asked stand in the minutes. Where nobody who is asked has voted, nothing is decided.
    """
    meeting = _locked(item.meeting)
    require_lead(actor, meeting)
    fresh = AgendaItem.objects.select_for_update().get(pk=item.pk)
    change = Change.objects.get(pk=fresh.change_id)
    if fresh.applied_at is not None:
        raise NotAllowedNow(_("The result was applied already."))
    if change.status != "authorise":
        raise NotAllowedNow(_("%(number)s is “%(state)s” and waits for no approval.") % {
            "number": change.number, "state": change.state.label,
        })  # fmt: skip
    at = at or timezone.now()
    votes = {v.member_id: v for v in fresh.votes.select_related("member").exclude(choice=Choice.ABSTAIN)}
    said = fresh.minutes or _("Decided in the meeting “%(title)s”.") % {"title": meeting.title}
    answered = 0
    while turn := _next_turn(change, set(votes)):
        choice = votes.pop(turn.user_id)
        yes = choice.choice == Choice.YES
        approvals.decide(
            turn, actor=choice.member, approve=yes, comment="" if yes else said[:1000], via=Via.MEETING, at=at
        )
        answered += 1
    change.refresh_from_db()
    if not answered:
        waiting = ", ".join(str(row.user) for row in approvals.waiting_for(change))
        raise NotAllowedNow(_("Nobody who is asked has voted: %(names)s.") % {"names": waiting or "—"})
    result = _("%(number)s is “%(state)s”.") % {"number": change.number, "state": change.state.label}
    if change.status == "authorise":
        waiting = ", ".join(str(row.user) for row in approvals.waiting_for(change))
        result += " " + _("Still asked: %(names)s.") % {"names": waiting}
    done = None if change.status == "authorise" else at
    AgendaItem.objects.filter(pk=fresh.pk).update(applied_at=done, result=result[:300])
    return result


def _next_turn(change: Change, members: set[int]) -> Approver | None:
    rows = Approver.objects.filter(
        step__approval__ticket=change.pk, step__approval__state=ApprovalState.ASKING, step__state="asking",
        answer=Answer.ASKED, user__in=members,
    )  # fmt: skip
    return rows.select_related("step__approval__ticket", "user").order_by("pk").first()


@transaction.atomic
def end(meeting: Meeting, *, actor: Any, minutes: str = "") -> Meeting:
    """The meeting is over; what was not decided comes onto the next one's agenda."""
    row = _locked(meeting)
    require_lead(actor, row)
    row.minutes = core.text(minutes, "minutes", limit=50_000, required=False)
    row.state = MeetingState.OVER
    row.save(update_fields=["minutes", "state"])
    return row


@transaction.atomic
def cancel(meeting: Meeting, *, actor: Any) -> Meeting:
    """It does not take place; the members are told."""
    row = _locked(meeting)
    require_lead(actor, row)
    row.state = MeetingState.CANCELLED
    row.sequence += 1
    row.save(update_fields=["state", "sequence"])
    return row


def agenda(meeting: Meeting, viewer: Any) -> list[AgendaItem]:
    """The items whose changes ``viewer`` sees, each with its votes and who is asked to approve."""
    seen = access.visible(viewer, Change.objects.all())
    rows = list(
        meeting.items.filter(change__in=seen.values("pk"))
        .select_related("change__assignee", "change__raised_by")
        .prefetch_related("votes", "change__services")
    )
    asked: dict[int, set[int]] = {}
    turns = Approver.objects.filter(
        step__approval__ticket__in=[row.change_id for row in rows], step__approval__state=ApprovalState.ASKING,
        answer=Answer.ASKED,
    )  # fmt: skip
    for change, user in turns.values_list("step__approval__ticket", "user"):
        asked.setdefault(change, set()).add(user)
    for row in rows:
        row.asked = asked.get(row.change_id, set())  # type: ignore[attr-defined]
    return rows
