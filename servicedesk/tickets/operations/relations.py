"""Links between tickets, and who follows one."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import access

from ..errors import Invalid, NotAllowedNow
from ..models import Link, LinkKind, Seen, Ticket, Watcher
from . import core


@transaction.atomic
def link(ticket: Ticket, *, actor: Any, target: Ticket, kind: str) -> Link:
    """Link two tickets; one event, on ``ticket``, names both."""
    if kind not in LinkKind.values:
        raise Invalid({"kind": _("Choose how they belong together.")})
    if target.pk == ticket.pk:
        raise Invalid({"target": _("A ticket cannot be linked to itself.")})
    # Both rows in one order, so that two agents linking the same pair cannot block each other.
    list(Ticket.objects.select_for_update(of=("self",)).filter(pk__in=[ticket.pk, target.pk]).order_by("pk"))
    row = core.lock(ticket, actor, "link")
    if actor is not None:
        access.require(actor, "link", target)
    if kind == LinkKind.CHILD_OF:
        if row.kind != target.kind:
            raise Invalid({"target": _("A parent is of the same kind as its child.")})
        if Link.objects.filter(source=row, kind=kind).exists():
            raise NotAllowedNow(_("%(number)s has a parent already.") % {"number": row.number})
        if (
            Link.objects.filter(target=row, kind=kind).exists()
            or Link.objects.filter(source=target, kind=kind).exists()
        ):
            raise NotAllowedNow(_("Parents and children go one level deep."))
    made, new = Link.objects.get_or_create(source=row, target=target, kind=kind, defaults={"created_by": actor})
    if new:
        core.record(
            row, "linked", actor=actor, activity=False,
            link={"kind": kind, "id": target.pk, "number": target.number, "title": target.title},
        )  # fmt: skip
    ticket.version = row.version
    return made


@transaction.atomic
def unlink(ticket: Ticket, *, actor: Any, link: Link) -> None:
    """Remove a link that starts or ends at ``ticket``."""
    row = core.lock(ticket, actor, "link")
    if row.pk not in (link.source_id, link.target_id):
        raise Invalid({"link": _("This link belongs to other tickets.")})
    other = link.target if link.source_id == row.pk else link.source
    kind = link.kind
    if Link.objects.filter(pk=link.pk).delete()[0]:
        core.record(
            row, "unlinked", actor=actor, activity=False,
            link={"kind": kind, "id": other.pk, "number": other.number, "title": other.title},
        )  # fmt: skip


@transaction.atomic
def watch(ticket: Ticket, *, actor: Any, user: Any = None) -> None:
    """Have ``user`` (the actor unless named) hear of the ticket. Naming others is for agents."""
    user = user or actor
    row = core.lock(ticket, actor, "watch" if user == actor else "watch_others")
    if not user.is_active:
        raise Invalid({"user": _("%(name)s is not active.") % {"name": user}})
    if Watcher.objects.get_or_create(ticket=row, user=user)[1]:
        core.record(row, "watched", actor=actor, activity=False, user={"id": user.pk, "name": str(user)})


@transaction.atomic
def unwatch(ticket: Ticket, *, actor: Any, user: Any = None) -> None:
    """Have ``user`` (the actor unless named) hear of the ticket no longer."""
    user = user or actor
    row = core.lock(ticket, actor, "watch" if user == actor else "watch_others")
    if Watcher.objects.filter(ticket=row, user=user).delete()[0]:
        core.record(row, "unwatched", actor=actor, activity=False, user={"id": user.pk, "name": str(user)})


def mark_seen(ticket: Ticket, *, actor: Any) -> None:
    """Remember that ``actor`` has seen everything up to now. Not an event: nothing happened to the ticket."""
    Seen.objects.bulk_create(
        [Seen(ticket_id=ticket.pk, user=actor, at=timezone.now())],
        update_conflicts=True, unique_fields=["user", "ticket"], update_fields=["at"],
    )  # fmt: skip
