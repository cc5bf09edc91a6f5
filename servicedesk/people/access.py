"""Who sees what and who may do what. The one place for it.

Every list and lookup of tickets starts from :func:`visible`; every operation
asks :func:`require`. Nothing here names a process or imports tickets: a
queryset and objects with a ticket's fields are enough.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from .models import User

M = TypeVar("M", bound=Model)


class TicketLike(Protocol):
    """The fields of a ticket that decide who may do what."""

    pk: Any
    requester_id: int | None
    organisation_id: int | None
    team_id: int | None
    assignee_id: int | None


#: What takes part in a ticket as its customer; everybody who sees it may do these.
PARTICIPANT_ACTIONS = frozenset({"view", "reply", "attach", "watch"})
#: What only its requester (or organisation colleague who sees it) may do, beside agents.
REQUESTER_ACTIONS = frozenset({"confirm", "reopen", "withdraw"})
#: What every agent who sees the ticket may do.
AGENT_ACTIONS = frozenset(
    {"note", "see_internal", "assign", "take", "change", "transition", "link", "tag", "watch_others", "major", "plan"}
)


class Forbidden(PermissionDenied):
    """The person sees the ticket but may not do this (403)."""


def hidden_team_ids(user: User) -> list[int]:
    """Private teams that this agent does not belong to; kept on the user for the request."""
    known: list[int] | None = getattr(user, "_hidden_team_ids", None)
    if known is None:
        from .models import Membership, Team

        known = []
        if not user.is_admin:
            private = dict(Team.objects.filter(is_private=True).order_by().values_list("pk", "lead"))
            if private:
                own = Membership.objects.filter(user=user, team__in=private).values_list("team", flat=True)
                known = sorted({pk for pk, lead in private.items() if lead != user.pk} - set(own))
        user._hidden_team_ids = known  # type: ignore[attr-defined]
    return known


@lru_cache
def _watcher() -> Any:
    from django.apps import apps

    return apps.get_model("tickets", "Watcher")


@lru_cache
def _approver() -> Any:
    from django.apps import apps

    return apps.get_model("approvals", "Approver")


def visible(user: Any, tickets: QuerySet[M], prefix: str = "") -> QuerySet[M]:
    """Narrow a queryset to what ``user`` may see.

    ``prefix`` is the path to the ticket when the queryset is of something that
    belongs to one (``"ticket__"`` for messages). Agents see every ticket but
    those of private teams that they neither belong to nor take part in.
    Customers see what they asked for, watch or are asked to approve, and their
    organisation's where it shares. Anonymous and inactive people see nothing.
    """
    if not user.is_authenticated or not user.is_active:
        return tickets.none()
    hidden = hidden_team_ids(user) if user.is_agent else []
    if user.is_agent and not hidden:
        return tickets
    part: Any = (
        Q(**{f"{prefix}requester": user})
        | Exists(_watcher().objects.filter(ticket=OuterRef(f"{prefix}pk"), user=user))
        | Exists(_approver().objects.filter(step__approval__ticket=OuterRef(f"{prefix}pk"), user=user))
    )
    if user.is_agent:
        team = f"{prefix}team"
        open_team = Q(**{f"{team}__isnull": True}) | ~Q(**{f"{team}__in": hidden})
        return tickets.filter(open_team | Q(**{f"{prefix}assignee": user}) | part)
    if user.organisation_id and user.organisation.shared_tickets:
        # The team's privacy wins over the organisation's openness.
        shared = Q(**{f"{prefix}organisation": user.organisation_id}) & (
            Q(**{f"{prefix}team__isnull": True}) | Q(**{f"{prefix}team__is_private": False})
        )
        part |= shared
    return tickets.filter(part)


def may(user: Any, action: str, ticket: TicketLike) -> bool:
    """Whether ``user``, who sees ``ticket``, may do ``action`` (see the sets above)."""
    if not user.is_authenticated or not user.is_active:
        return False
    if user.is_agent:
        return action in PARTICIPANT_ACTIONS | REQUESTER_ACTIONS | AGENT_ACTIONS
    if action in PARTICIPANT_ACTIONS:
        return True
    if action in REQUESTER_ACTIONS:
        return ticket.requester_id == user.pk or (
            user.organisation_id is not None
            and ticket.organisation_id == user.organisation_id
            and user.organisation.shared_tickets
        )
    return False


def require(user: Any, action: str, ticket: TicketLike) -> None:
    """Raise :class:`Forbidden` unless :func:`may` says yes."""
    if not may(user, action, ticket):
        raise Forbidden(_("You may not do this with this ticket."))


def may_order_for(user: Any, other: Any) -> bool:
    """Whether ``user`` may order something for ``other``: themselves, their reports, colleagues they see; agents for all."""
    if not (user.is_authenticated and user.is_active and other.is_active):
        return False
    if user.pk == other.pk or user.is_agent or other.manager_id == user.pk:
        return True
    shared = user.organisation_id is not None and user.organisation.shared_tickets
    return shared and other.organisation_id == user.organisation_id


def nameable_people(user: Any, people: QuerySet[M]) -> QuerySet[M]:
    """Whom somebody may name in a form: agents everybody who is active, others the people around them."""
    people = people.filter(is_active=True)
    if not user.is_authenticated or not user.is_active:
        return people.none()
    if user.is_agent:
        return people
    near = Q(pk=user.pk) | Q(manager=user.pk) | Q(pk=user.manager_id)
    if user.organisation_id:
        near |= Q(organisation=user.organisation_id)
    return people.filter(near)


def visible_people(user: Any, people: QuerySet[M]) -> QuerySet[M]:
    """Agents look up everybody; customers see themselves and their organisation's members where it shares."""
    if not user.is_authenticated or not user.is_active:
        return people.none()
    if user.is_agent:
        return people
    condition = Q(pk=user.pk)
    if user.organisation_id and user.organisation.shared_tickets:
        condition |= Q(organisation=user.organisation_id)
    return people.filter(condition)


def visible_organisations(user: Any, organisations: QuerySet[M]) -> QuerySet[M]:
    """Agents see all organisations, customers their own."""
    if not user.is_authenticated or not user.is_active:
        return organisations.none()
    return organisations if user.is_agent else organisations.filter(pk=user.organisation_id)


def visible_teams(user: Any, teams: QuerySet[M]) -> QuerySet[M]:
    """Agents see all teams, private ones by name only; customers none."""
    return teams if user.is_authenticated and user.is_active and user.is_agent else teams.none()


def readable(user: Any, articles: QuerySet[M]) -> QuerySet[M]:
    """Narrow articles to the published ones that ``user`` may read; people who are not logged in read public ones."""
    live = articles.filter(live__isnull=False).exclude(state="retired")
    if not user.is_authenticated or not user.is_active:
        return live.filter(audience="public")
    if user.is_agent:
        return live
    audience: Any = Q(audience__in=["public", "customers"])
    if user.organisation_id:
        audience |= Q(audience="organisations") & Exists(_article_organisations().objects.filter(
            article=OuterRef("pk"), organisation=user.organisation_id
        ))  # fmt: skip
    return live.filter(audience)


@lru_cache
def _article_organisations() -> Any:
    from django.apps import apps

    return apps.get_model("knowledge", "Article").organisations.through


def may_publish(user: Any, audience: str) -> bool:
    """Whether ``user`` may publish or retire articles of this audience.

    What only agents read, every agent publishes; what customers read, team leads, change managers and admins.
    """
    if not user.is_authenticated or not user.is_active or not user.is_agent:
        return False
    return audience == "agents" or user.role != "agent"
