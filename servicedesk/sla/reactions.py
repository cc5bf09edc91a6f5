"""What an escalation does, each action tried on its own until it is done or given up."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from servicedesk import webhooks
from servicedesk.approvals.operations import expire
from servicedesk.approvals.reminding import remind
from servicedesk.notify.consumer import tell, those_who_see
from servicedesk.notify.models import Kind
from servicedesk.people.models import User
from servicedesk.tickets import operations
from servicedesk.tickets.errors import OperationError
from servicedesk.tickets.models import Event, Priority, StatusCategory, Ticket
from servicedesk.webhooks import BACKOFF, Undone

from . import oncall
from .models import ActionKind, EscalationAction, Reaction
from .present import database_now

log = structlog.get_logger(__name__)

#: While an action is at work nobody else tries it; a worker that dies leaves it to be tried again after this.
LEASE = datetime.timedelta(minutes=2)


def due(limit: int = 500) -> list[int]:
    """Reactions whose time has come, by PostgreSQL's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM sla_reaction WHERE try_at <= statement_timestamp() ORDER BY try_at LIMIT %s", [limit]
        )
        return [row[0] for row in cursor.fetchall()]


def _claim(pk: int) -> Reaction | None:
    """Take a reaction for a while, in a transaction of its own; None if it is done or in somebody's hands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sla_reaction SET try_at = statement_timestamp() + make_interval(secs => %s), tries = tries + 1 WHERE id = ("
            " SELECT id FROM sla_reaction WHERE id = %s AND try_at <= statement_timestamp() FOR UPDATE SKIP LOCKED) RETURNING id",
            [LEASE.total_seconds(), pk],
        )
        if cursor.fetchone() is None:
            return None
    return Reaction.objects.select_related(
        "firing__event", "firing__clock__ticket", "action__team", "action__person"
    ).get(pk=pk)


def perform(pk: int) -> None:
    """Try one action once. Whatever fails is written down and tried again later; nothing is raised."""
    reaction = _claim(pk)
    if reaction is None:
        return
    try:
        kind = ActionKind(reaction.action.kind)
        if kind == ActionKind.WEBHOOK:
            # Nothing is locked while somebody else's server thinks.
            _done(reaction, call_webhook(reaction.action, payload(reaction)))
        elif kind in TELLING:
            # Safe to repeat by its own record of who was told; a mail that fails takes back no other.
            _done(reaction, DOERS[kind](reaction))
        else:
            with transaction.atomic():
                # Done and said to be done in one transaction: a crash leaves both or neither.
                _done(reaction, DOERS[kind](reaction))
    except OperationError as error:
        _done(reaction, error.message)  # the desk's own rules refuse it: trying again changes nothing
    except Exception as error:
        _failed(reaction, error)


def _done(reaction: Reaction, outcome: str) -> None:
    Reaction.objects.filter(pk=reaction.pk).update(try_at=None, done_at=database_now(), outcome=outcome[:500])


def _failed(reaction: Reaction, error: Exception) -> None:
    text = str(error) if isinstance(error, Undone) else f"{type(error).__name__}: {error}"
    log.warning("escalation_action_failed", reaction=reaction.pk, tries=reaction.tries, error=text[:300])
    wait = BACKOFF[reaction.tries - 1] if reaction.tries <= len(BACKOFF) else None
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sla_reaction SET outcome = %s, try_at = statement_timestamp() + make_interval(secs => %s) WHERE id = %s",
            [text[:500], wait, reaction.pk],
        )


# --- Doing -------------------------------------------------------------------------------------------


def _ticket(reaction: Reaction) -> Ticket:
    return reaction.firing.clock.ticket


def _event(reaction: Reaction) -> Event:
    event = reaction.firing.event
    if event is None:
        raise Undone("the firing has no event")
    return event


def _told(reaction: Reaction, people: list[User]) -> str:
    if not people:
        return _("There is nobody to tell.")
    told = tell(_event(reaction), those_who_see(_ticket(reaction), people), Kind.APPROACHING)
    silent = [person.name for person in people if person not in told]
    parts = []
    if told:
        parts.append(_("Told %(names)s.") % {"names": ", ".join(person.name for person in told)})
    if silent:
        parts.append(_("%(names)s: sees no such ticket, or wants to hear nothing.") % {"names": ", ".join(silent)})
    return " ".join(parts)


def _team_members(ticket: Ticket) -> list[User]:
    if ticket.team is None:
        return []
    return list(User.objects.filter(memberships__team=ticket.team, is_active=True).order_by("pk"))


def _lead(ticket: Ticket) -> list[User]:
    return [ticket.team.lead] if ticket.team is not None and ticket.team.lead is not None else []


def _assignee(ticket: Ticket) -> list[User]:
    return [ticket.assignee] if ticket.assignee is not None else []


def _contact(ticket: Ticket) -> list[User]:
    organisation = ticket.organisation
    return [organisation.contact] if organisation is not None and organisation.contact is not None else []


def _notify(people: Callable[[Ticket], list[User]]) -> Callable[[Reaction], str]:
    return lambda reaction: _told(reaction, people(_ticket(reaction)))


def _person(reaction: Reaction) -> str:
    return _told(reaction, [reaction.action.person] if reaction.action.person is not None else [])


def _on_call(reaction: Reaction) -> str:
    ticket = _ticket(reaction)
    team = reaction.action.team or ticket.team
    if team is None:
        return _("No team has the ticket, so nobody is on call for it.")
    return oncall.start(ticket, team, _event(reaction))


def _reassign(reaction: Reaction) -> str:
    ticket, team = _ticket(reaction), reaction.action.team
    if ticket.status_category == StatusCategory.CLOSED:
        return _("It was closed before.")
    operations.assign(ticket, actor=None, team=team, at=database_now())
    return _("Given to %(team)s.") % {"team": team}


def _raise(reaction: Reaction) -> str:
    ticket = _ticket(reaction)
    if ticket.is_over:
        return _("It was over before.")
    if ticket.priority <= Priority.CRITICAL:
        return _("It has the highest priority already.")
    reason = _("Escalated: %(agreement)s") % {"agreement": reaction.firing.clock.agreement.name}
    operations.change(ticket, actor=None, priority=ticket.priority - 1, priority_reason=reason[:250], at=database_now())
    return _("Priority raised.")


def _note(reaction: Reaction) -> str:
    operations.note(_ticket(reaction), actor=None, body=reaction.action.text, channel="system", at=database_now())
    return _("Note added.")


def _remind(reaction: Reaction) -> str:
    people = remind(_ticket(reaction), at=database_now())
    if not people:
        return _("Nobody is asked for an approval.")
    return _("Reminded %(names)s.") % {"names": ", ".join(person.user.name for person in people)}


def _expire(reaction: Reaction) -> str:
    return _("The approval expired.") if expire(_ticket(reaction), at=database_now()) else _("It was decided before.")


DOERS: dict[ActionKind, Callable[[Reaction], str]] = {
    ActionKind.ASSIGNEE: _notify(_assignee),
    ActionKind.TEAM: _notify(_team_members),
    ActionKind.LEAD: _notify(_lead),
    ActionKind.CONTACT: _notify(_contact),
    ActionKind.PERSON: _person,
    ActionKind.ON_CALL: _on_call,
    ActionKind.REASSIGN: _reassign,
    ActionKind.RAISE: _raise,
    ActionKind.NOTE: _note,
    ActionKind.APPROVERS: _remind,
    ActionKind.EXPIRE: _expire,
}


#: Those that tell people and change nothing.
TELLING = frozenset(
    {ActionKind.ASSIGNEE, ActionKind.TEAM, ActionKind.LEAD, ActionKind.CONTACT, ActionKind.PERSON}
)  # fmt: skip

# --- Webhooks ----------------------------------------------------------------------------------------


def payload(reaction: Reaction) -> dict[str, Any]:
    """What a webhook is told; docs/service-levels.md has the fields."""
    firing, clock, ticket = reaction.firing, reaction.firing.clock, _ticket(reaction)

    def when(at: datetime.datetime | None) -> str | None:
        return at.astimezone(datetime.UTC).isoformat() if at else None

    return {
        "id": reaction.pk,
        "event": "escalated",
        "fired_at": when(firing.fired_at),
        "threshold_at": when(firing.threshold_at),
        "rule": {"at": firing.rule.at, "amount": firing.rule.amount} if firing.rule else None,
        "clock": {
            "agreement": clock.agreement.name, "metric": clock.agreement.metric.name, "cycle": clock.cycle,
            "state": clock.state, "started_at": when(clock.started_at), "due_at": when(clock.due_at),
            "breached_at": when(clock.breached_at), "target_seconds": clock.target,
        },
        "ticket": {
            "number": ticket.number, "kind": ticket.kind, "title": ticket.title, "status": ticket.status,
            "priority": ticket.priority, "team": ticket.team.name if ticket.team else None,
            "assignee": ticket.assignee.email if ticket.assignee else None,
            "url": f"{settings.SITE_URL}/desk/{ticket.number}/",
        },
    }  # fmt: skip


def call_webhook(action: EscalationAction, body: dict[str, Any]) -> str:
    """Post the body; raises Undone unless the answer is 2xx."""
    return webhooks.post(action.url, body, key=str(body["id"]), secret=action.secret)
