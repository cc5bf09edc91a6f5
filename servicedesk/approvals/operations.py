"""Asking for agreement, deciding, passing on. Every decision is one event on the ticket.

As all operations: one transaction, the ticket's row locked first, refusals as
``tickets.errors`` and ``access.Forbidden``.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk import conditions
from servicedesk.people import access
from servicedesk.people.models import User
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.operations import core

from .finding import Candidate, find, stand_ins
from .models import Answer, Approval, ApprovalPlan, ApprovalState, Approver, Mode, Step, StepState, Via
from .models.approval import new_nonce
from .process import approvable_of

MAX_COMMENT = 1000


def _lock(ticket: Ticket) -> Ticket:
    return core.lock(ticket, None, "view")


def barred(ticket: Ticket, approval: Approval) -> set[int]:
    """Who may not decide: whoever it is for, whoever asked, and whom the process names."""
    named = {pk for pk in (ticket.requester_id, approval.asked_by_id) if pk is not None}
    return named | approvable_of(ticket).barred(ticket)


def needed(plan: ApprovalPlan | None, facts: Mapping[str, Any]) -> bool:
    """Whether any step of the plan is to be asked, given these facts."""
    return plan is not None and any(conditions.holds(step.tree, facts) for step in plan.steps.all())


@transaction.atomic
def ask(
    ticket: Ticket, plan: ApprovalPlan, *, actor: Any, facts: Mapping[str, Any], at: datetime.datetime | None = None
) -> Approval:  # fmt: skip
    """Start an approval by the plan; its steps are kept as they are now. Raises NotAllowedNow where one is open."""
    row = _lock(ticket)
    if Approval.objects.filter(ticket=row, state=ApprovalState.ASKING).exists():
        raise NotAllowedNow(_("%(number)s waits for an approval already.") % {"number": row.number})
    at = at or timezone.now()
    approval = Approval.objects.create(ticket=row, plan_name=plan.name, asked_by=actor, asked_at=at)
    for place, planned in enumerate(plan.steps.prefetch_related("approvers")):
        wanted = conditions.holds(planned.tree, facts)
        Step.objects.create(
            approval=approval, position=place, name=planned.name, mode=planned.mode, share=planned.share,
            rules=[{"rule": a.rule, "team": a.team_id, "person": a.person_id} for a in planned.approvers.all()],
            state=StepState.WAITING if wanted else StepState.SKIPPED,
            remark="" if wanted else _("Only if %(condition)s") % {"condition": planned.condition},
        )  # fmt: skip
    core.record(row, "approval_requested", actor=actor, public=True, at=at, plan=plan.name)
    _go_on(row, approval, actor=actor, at=at)
    ticket.version = row.version
    return approval


def _go_on(row: Ticket, approval: Approval, *, actor: Any, at: datetime.datetime) -> None:
    """Ask the next step, or decide the whole when none is left."""
    step = approval.steps.filter(state=StepState.WAITING).first()
    if step is None:
        _decide(row, approval, ApprovalState.APPROVED, actor=actor, at=at)
        return
    people, remark = find(step.rules, approvable_of(row).context(row), barred(row, approval))
    step.state, step.started_at, step.remark = StepState.ASKING, at, remark[:300]
    step.save(update_fields=["state", "started_at", "remark"])
    _ask_people(row, step, people, actor=actor, at=at)


def _ask_people(row: Ticket, step: Step, people: list[Candidate], *, actor: Any, at: datetime.datetime) -> None:
    asked = [
        Approver.objects.create(
            step=step, user=person.user, in_place_of=person.in_place_of, why=person.why[:120], asked_at=at
        )
        for person in people
    ]
    core.record(
        row, "approval_asked", actor=None, public=True, at=at, activity=False, step=step.name,
        people=[_named(approver) for approver in asked], approvers=[approver.pk for approver in asked],
        remark=step.remark or None,
    )  # fmt: skip


def _named(approver: Approver) -> dict[str, Any]:
    named = {"id": approver.user_id, "name": str(approver.user)}
    if approver.in_place_of is not None:
        named["for"] = str(approver.in_place_of)
    return named


def _decide(
    row: Ticket, approval: Approval, state: ApprovalState, *, actor: Any, at: datetime.datetime, comment: str = ""
) -> None:  # fmt: skip
    approval.state, approval.decided_at = state, at
    approval.save(update_fields=["state", "decided_at"])
    if state != ApprovalState.APPROVED:
        left = Approver.objects.filter(step__approval=approval, answer=Answer.ASKED)
        left.update(answer=Answer.RELEASED, answered_at=at, nonce=new_nonce())
        approval.steps.filter(state=StepState.WAITING).update(state=StepState.SKIPPED, decided_at=at)
    core.record(
        row, "approval_decided", actor=actor, public=True, at=at, outcome=state.value, plan=approval.plan_name,
        comment=comment or None,
    )  # fmt: skip
    if state != ApprovalState.CANCELLED:
        approvable_of(row).decided(row, approval, actor)


def _open_turn(approver: Approver, row: Ticket) -> tuple[Approver, Approval]:
    """The approver's row afresh, if they may still answer; raises NotAllowedNow with what was decided meanwhile."""
    fresh = Approver.objects.select_related("step__approval", "user", "in_place_of").get(pk=approver.pk)
    approval = fresh.step.approval
    if fresh.answer in (Answer.APPROVED, Answer.REJECTED):
        words = {
            "when": timezone.localtime(fresh.answered_at).strftime("%Y-%m-%d %H:%M"),
            "what": Answer(fresh.answer).label,
        }
        raise NotAllowedNow(_("This was answered already: %(what)s on %(when)s.") % words)
    if fresh.answer == Answer.DELEGATED:
        raise NotAllowedNow(_("You passed this on to somebody else."))
    if approval.state != ApprovalState.ASKING or fresh.step.state != StepState.ASKING or fresh.answer != Answer.ASKED:
        raise NotAllowedNow(_("%(number)s does not wait for you any more.") % {"number": row.number})
    return fresh, approval


def may_answer(approver: Approver, actor: Any) -> None:
    """Raise Forbidden unless it is the actor who is asked, and they are still here."""
    if actor is None or approver.user_id != actor.pk:
        raise access.Forbidden(_("Somebody else is asked for this approval."))
    if not actor.is_active:
        raise access.Forbidden(_("Your account is not active any more, so you cannot decide."))


@transaction.atomic
def decide(
    approver: Approver, *, actor: Any, approve: bool, comment: str = "", via: str = Via.DESK,
    at: datetime.datetime | None = None,
) -> Approval:  # fmt: skip
    """Approve or reject; a rejection needs a comment. Returns the approval as it is then."""
    row = _lock(approver.step.approval.ticket)
    may_answer(approver, actor)
    fresh, approval = _open_turn(approver, row)
    if fresh.user_id in barred(row, approval):
        raise access.Forbidden(_("Nobody approves their own request."))
    comment = core.text(comment, "comment", limit=MAX_COMMENT, required=False)
    if not approve and not comment:
        raise Invalid({"comment": _("Say why, so that the requester knows.")})
    at = at or timezone.now()
    fresh.answer = Answer.APPROVED if approve else Answer.REJECTED
    fresh.comment, fresh.via, fresh.answered_at, fresh.nonce = comment, Via(via).value, at, new_nonce()
    fresh.save(update_fields=["answer", "comment", "via", "answered_at", "nonce"])
    core.record(
        row, "approval_voted", actor=actor, public=True, at=at, step=fresh.step.name, approved=approve,
        comment=comment or None, via=via, place_of=str(fresh.in_place_of) if fresh.in_place_of else None,
    )  # fmt: skip
    _count(row, approval, fresh.step, actor=actor, at=at, comment=comment)
    return Approval.objects.get(pk=approval.pk)


def outcome(mode: str, share: int, answers: list[str]) -> StepState:
    """What a step comes to, given its people's answers (asked, approved, rejected); others do not count."""
    counted = [answer for answer in answers if answer in (Answer.ASKED, Answer.APPROVED, Answer.REJECTED)]
    approved, rejected = counted.count(Answer.APPROVED), counted.count(Answer.REJECTED)
    if mode == Mode.ANY:
        return StepState.APPROVED if approved else StepState.REJECTED if rejected else StepState.ASKING
    enough = len(counted) if mode == Mode.ALL else max(1, math.ceil(len(counted) * share / 100))
    if approved >= enough and counted:
        return StepState.APPROVED
    return StepState.REJECTED if len(counted) - rejected < enough else StepState.ASKING


def _count(row: Ticket, approval: Approval, step: Step, *, actor: Any, at: datetime.datetime, comment: str) -> None:
    state = outcome(step.mode, step.share, list(step.approvers.values_list("answer", flat=True)))
    if state == StepState.ASKING:
        return
    step.state, step.decided_at = state, at
    step.save(update_fields=["state", "decided_at"])
    released = step.approvers.filter(answer=Answer.ASKED)
    released.update(answer=Answer.RELEASED, answered_at=at, nonce=new_nonce())
    if state == StepState.REJECTED:
        _decide(row, approval, ApprovalState.REJECTED, actor=actor, at=at, comment=comment)
    else:
        _go_on(row, approval, actor=actor, at=at)


@transaction.atomic
def delegate(
    approver: Approver, *, actor: Any, to: User, comment: str = "", at: datetime.datetime | None = None
) -> Approver:
    """Pass one's turn on to somebody else; returns theirs."""
    row = _lock(approver.step.approval.ticket)
    may_answer(approver, actor)
    fresh, approval = _open_turn(approver, row)
    comment = core.text(comment, "comment", limit=MAX_COMMENT, required=False)
    if not to.is_active:
        raise Invalid({"to": _("%(name)s has left.") % {"name": to}})
    if to.pk in barred(row, approval):
        raise Invalid({"to": _("Nobody approves their own request.")})
    if fresh.step.approvers.filter(user=to).exists():
        raise Invalid({"to": _("%(name)s is asked already.") % {"name": to}})
    at = at or timezone.now()
    fresh.answer, fresh.answered_at, fresh.comment, fresh.nonce = Answer.DELEGATED, at, comment, new_nonce()
    fresh.save(update_fields=["answer", "answered_at", "comment", "nonce"])
    new = Approver.objects.create(
        step=fresh.step, user=to, in_place_of=fresh.in_place_of or actor, why=fresh.why, asked_at=at
    )
    core.record(
        row, "approval_delegated", actor=actor, public=True, at=at, activity=False, step=fresh.step.name,
        people=[_named(new)], approvers=[new.pk], comment=comment or None,
    )  # fmt: skip
    return new


@transaction.atomic
def cancel(ticket: Ticket, *, actor: Any, at: datetime.datetime | None = None) -> None:
    """End the open approval of a ticket that needs none any more; nothing where there is none."""
    row = _lock(ticket)
    approval = Approval.objects.filter(ticket=row, state=ApprovalState.ASKING).first()
    if approval is not None:
        at = at or timezone.now()
        approval.steps.filter(state=StepState.ASKING).update(state=StepState.SKIPPED, decided_at=at)
        _decide(row, approval, ApprovalState.CANCELLED, actor=actor, at=at)
        ticket.version = row.version


@transaction.atomic
def expire(ticket: Ticket, *, at: datetime.datetime | None = None) -> bool:
    """Give up waiting: the open approval ends without a decision. False where none is open."""
    row = _lock(ticket)
    approval = Approval.objects.filter(ticket=row, state=ApprovalState.ASKING).first()
    if approval is None:
        return False
    at = at or timezone.now()
    approval.steps.filter(state=StepState.ASKING).update(state=StepState.EXPIRED, decided_at=at)
    _decide(row, approval, ApprovalState.EXPIRED, actor=None, at=at)
    return True


def with_people(ticket: Ticket) -> list[Approval]:
    """The approvals of a ticket with their steps and people, newest first."""
    rows = Approval.objects.filter(ticket=ticket.pk)
    return list(rows.prefetch_related("steps__approvers__user", "steps__approvers__in_place_of"))


def own_turn(approvals: Iterable[Approval], user: Any) -> Approver | None:
    """The row in which ``user`` is asked right now, in approvals of :func:`with_people`."""
    for approval in approvals:
        for step in approval.steps.all():
            for approver in step.approvers.all():
                if approver.user_id == user.pk and approver.answer == Answer.ASKED and step.state == StepState.ASKING:
                    return approver
    return None


def waiting_for(ticket: Ticket) -> list[Approver]:
    """Whose answer a ticket waits for."""
    return list(
        Approver.objects.filter(
            step__approval__ticket=ticket, step__approval__state=ApprovalState.ASKING, answer=Answer.ASKED
        )
        .select_related("user", "in_place_of", "step")
        .order_by("pk")
    )


@transaction.atomic
def replace_missing(approval: Approval, *, at: datetime.datetime | None = None) -> int:
    """Ask others in place of those who left or are away since they were asked; returns how many were replaced."""
    row = _lock(approval.ticket)
    fresh = Approval.objects.get(pk=approval.pk)
    step = fresh.steps.filter(state=StepState.ASKING).first()
    if fresh.state != ApprovalState.ASKING or step is None:
        return 0
    at = at or timezone.now()
    shut = barred(row, fresh)
    asked = list(step.approvers.filter(answer=Answer.ASKED).select_related("user__manager", "in_place_of"))
    known = set(step.approvers.values_list("user_id", flat=True))
    replaced, new = 0, []
    for approver in asked:
        person = approver.user
        if person.is_active:
            stand_in = stand_ins([Candidate(person, approver.why, approver.in_place_of)], shut)[0]
            if stand_in.user.pk == person.pk:
                continue
        else:
            above = person.manager
            if above is None or not above.is_active or above.pk in shut:
                stand_in = None
            else:
                stand_in = Candidate(above, approver.why, approver.in_place_of or person)
        approver.answer, approver.answered_at, approver.nonce = Answer.RELEASED, at, new_nonce()
        approver.save(update_fields=["answer", "answered_at", "nonce"])
        replaced += 1
        if stand_in is not None and stand_in.user.pk not in known:
            known.add(stand_in.user.pk)
            new.append(stand_in)
    if not replaced:
        return 0
    if not new and not step.approvers.filter(answer=Answer.ASKED).exists():
        people, step.remark = find([], approvable_of(row).context(row), shut)
        new = [person for person in people if person.user.pk not in known]
        step.save(update_fields=["remark"])
    _ask_people(row, step, new, actor=None, at=at)
    _count(row, fresh, step, actor=None, at=at, comment="")
    return replaced
