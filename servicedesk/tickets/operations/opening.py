"""Opening a ticket of any process."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import access

from .. import files as file_rules
from ..errors import Invalid
from ..markdown import render
from ..models import Channel, DeskSettings, Impact, PriorityRule, Ticket, Urgency, Watcher
from ..registry import Process
from . import core
from .files import store_files


def next_number(process: Process) -> str:
    """The next number of the process: INC-1042."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [process.sequence])
        return f"{process.prefix}-{cursor.fetchone()[0]}"


@transaction.atomic
def open_ticket(
    process: Process,
    *,
    actor: Any,
    title: str,
    description: str = "",
    requester: Any = None,
    service: Any = None,
    category: Any = None,
    impact: int = Impact.MEDIUM,
    urgency: int = Urgency.MEDIUM,
    team: Any = None,
    assignee: Any = None,
    channel: str = Channel.PORTAL,
    tags: Any = (),
    files: list[UploadedFile] | None = None,
    at: datetime.datetime | None = None,
    planned_seconds: int | None = None,
    **own: Any,
) -> Ticket:
    """Open a ticket and return it as its process's model.

    ``own`` are the process's own fields; ``planned_seconds`` the working time that
    its plan gives it, for goals that promise just that. The requester is the actor unless an
    agent opens it for somebody else. Without a team, the service's gets it, or
    the one of the desk settings.
    """
    if process.for_customers:
        requester = requester or actor
    if actor is not None and requester not in (actor, None) and not access.may_order_for(actor, requester):
        raise access.Forbidden(_("You may open tickets in your own name only."))
    if actor is not None and not actor.is_agent and (team or assignee):
        raise access.Forbidden(_("You may not choose who works on this."))
    if process.for_customers and (requester is None or not requester.is_active):
        raise Invalid({"requester": _("Choose who asks.")})
    if service is not None and not service.is_active:
        raise Invalid({"service": _("%(name)s cannot be chosen any more.") % {"name": service}})
    if category is not None and not category.is_active:
        raise Invalid({"category": _("%(name)s cannot be chosen any more.") % {"name": category}})
    check_people(team, assignee)
    kept = file_rules.check(files or [])
    impact, urgency = core.choice(impact, Impact, "impact"), core.choice(urgency, Urgency, "urgency")
    body = core.text(description, "description", limit=core.MAX_BODY, required=False)
    at = at or timezone.now()
    state = process.lifecycle.state(process.lifecycle.initial)
    ticket: Ticket = process.model(
        kind=process.kind,
        title=core.text(title, "title", limit=200, one_line=True),
        description=body,
        description_html=render(body),
        status=state.slug,
        status_category=state.category,
        impact=impact,
        urgency=urgency,
        priority=PriorityRule.matrix()[impact, urgency],
        requester=requester,
        organisation_id=requester.organisation_id if requester is not None else None,
        service=service,
        category=category,
        team=team or (service and service.team) or DeskSettings.get().default_team,
        assignee=assignee,
        channel=Channel(channel),
        tags=core.tag_list(tags),
        opened_at=at,
        activity_at=at,
        version=0,
        planned_seconds=planned_seconds,
        **own,
    )
    # Last, so that a refused one leaves no gap in the numbers.
    ticket.number = next_number(process)
    ticket.save(force_insert=True)
    if actor is not None and actor not in (requester, assignee) and not actor.is_agent:
        Watcher.objects.get_or_create(ticket_id=ticket.pk, user=actor)
    store_files(ticket, kept, actor=actor or requester, at=at)
    base = Ticket.objects.get(pk=ticket.pk)
    core.record(base, "opened", actor=actor, public=True, at=at, channel=ticket.channel, files=len(kept) or None)
    ticket.version = base.version
    return ticket


def check_people(team: Any, assignee: Any) -> None:
    """Raise Invalid for a team or person that can get no work."""
    if team is not None and not team.is_active:
        raise Invalid({"team": _("%(name)s gets no new tickets.") % {"name": team}})
    if assignee is not None and not (assignee.is_active and assignee.is_agent):
        raise Invalid({"assignee": _("%(name)s is not an agent.") % {"name": assignee}})
