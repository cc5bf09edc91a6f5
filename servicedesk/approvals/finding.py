"""Who is asked in a step: rules become people, deputies stand in, and nobody decides what they asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.people.models import Role, Team, User, deputies

from .models import Rule

#: How far a chain of deputies or managers is followed.
MOST_HOPS = 8


@dataclass(frozen=True)
class Candidate:
    """Somebody to ask, in whose place, and by which rule."""

    user: User
    why: str
    in_place_of: User | None = None


@dataclass(frozen=True)
class Context:
    """What rules are about; the process gives it."""

    subject: User | None  #: the person it is for
    service: Any = None
    cost_centre: Any = None


def _manager(person: User | None, barred: set[int], levels: int = 1) -> User | None:
    """The manager so many levels up; further up while that one has left or may not decide."""
    above = person
    for hop in range(MOST_HOPS):
        above = above.manager if above is not None else None
        if above is None:
            return None
        if hop + 1 >= levels and above.is_active and above.pk not in barred:
            return above
    return None


def by_rule(rule: dict[str, Any], context: Context, barred: set[int]) -> list[User]:
    """The active people a rule names, without those who may not decide."""
    found: list[User | None]
    match rule["rule"]:
        case Rule.MANAGER:
            found = [_manager(context.subject, barred)]
        case Rule.MANAGERS_MANAGER:
            found = [_manager(context.subject, barred, levels=2)]
        case Rule.SERVICE_OWNER:
            found = [context.service.owner if context.service is not None else None]
        case Rule.COST_CENTRE_OWNER:
            found = [context.cost_centre.owner if context.cost_centre is not None else None]
        case Rule.TEAM:
            found = list(User.objects.filter(memberships__team=rule.get("team")).order_by("name", "pk")[:100])
        case Rule.CHANGE_MANAGERS:
            found = list(User.objects.filter(role=Role.CHANGE_MANAGER).order_by("name", "pk")[:100])
        case Rule.TEAM_LEAD:
            team = Team.objects.select_related("lead").filter(pk=rule.get("team") or 0).first()
            found = [team.lead if team is not None else None]
        case _:
            found = list(User.objects.filter(pk=rule.get("person") or 0))
    return [user for user in found if user is not None and user.is_active and user.pk not in barred]


def stand_ins(candidates: Iterable[Candidate], barred: set[int]) -> list[Candidate]:
    """Deputies in place of those who are away; who has none that can decide is asked all the same."""
    people = list(candidates)
    away = deputies([person.user.pk for person in people])
    found = []
    for person in people:
        chain, current = {person.user.pk}, person.user
        while current.pk in away:
            deputy = User.objects.filter(pk=away[current.pk] or 0, is_active=True).first()
            if deputy is None or deputy.pk in chain or deputy.pk in barred or len(chain) > MOST_HOPS:
                current = person.user
                break
            chain.add(deputy.pk)
            current = deputy
            away |= deputies([deputy.pk])
        if current.pk != person.user.pk:
            person = Candidate(current, person.why, person.in_place_of or person.user)
        found.append(person)
    return found


def find(rules: list[dict[str, Any]], context: Context, barred: set[int]) -> tuple[list[Candidate], str]:
    """(whom to ask, each once; a remark). Where rules name nobody, the admins are asked, and the remark says why."""
    named: list[Candidate] = []
    missing = []
    for rule in rules:
        people = by_rule(rule, context, barred)
        label = str(Rule(rule["rule"]).label)
        if not people:
            missing.append(label)
        named += [Candidate(user, label) for user in people]
    remark = ""
    if not named:
        why = ", ".join(missing) or _("no approver is planned")
        remark = _("Nobody can be asked (%(why)s), so an admin decides.") % {"why": why}
        admins = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk__in=barred).order_by("pk")[:20]
        named = [Candidate(user, _("admin")) for user in admins]
    found: dict[int, Candidate] = {}
    for person in stand_ins(named, barred):
        found.setdefault(person.user.pk, person)
    return list(found.values()), remark
