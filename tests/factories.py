"""People, teams and tickets for tests. Tickets are made by operations, as everywhere."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from incidents.operations import open_incident
from servicedesk.people.models import Membership, Organisation, Team, User
from servicedesk.services.models import Service
from servicedesk.tickets import operations
from servicedesk.tickets.models import ResolutionCode, Ticket

PASSWORD = "correct horse battery"


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Organisation {n}")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    time_zone = "UTC"

    @factory.post_generation
    def password(self, create: bool, given: str | None, **kwargs: Any) -> None:
        self.set_password(given or PASSWORD)  # type: ignore[attr-defined]
        self.save()  # type: ignore[attr-defined]


class AgentFactory(UserFactory):
    role = "agent"
    name = factory.Sequence(lambda n: f"Agent {n}")


class TeamFactory(DjangoModelFactory):
    class Meta:
        model = Team
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Team {n}")

    @factory.post_generation
    def members(self, create: bool, given: list[User] | None, **kwargs: Any) -> None:
        for user in given or ():
            Membership.objects.create(team=self, user=user)


class ServiceFactory(DjangoModelFactory):
    class Meta:
        model = Service

    name = factory.Sequence(lambda n: f"Service {n}")


def make_incident(requester: Any = None, *, title: str = "The printer is on fire", **values: Any) -> Ticket:
    """An incident as its requester reports it."""
    requester = requester or UserFactory()
    actor = values.pop("actor", requester)
    return open_incident(actor=actor, requester=requester, title=title, **values)


def code() -> ResolutionCode:
    return ResolutionCode.objects.order_by("position")[0]


def resolve(ticket: Ticket, agent: Any, **values: Any) -> Ticket:
    """Resolve a ticket the usual way."""
    given = {"resolution": "Put out.", "resolution_code": code(), **values}
    return operations.transition(ticket, "resolve", actor=agent, **given)


def fresh(ticket: Ticket) -> Ticket:
    """The ticket as the database has it."""
    return Ticket.objects.get(pk=ticket.pk)
