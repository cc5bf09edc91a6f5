"""Changes for tests, made by operations."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone

from changes import operations
from changes.models import Change, ChangeModel
from changes.models.risk import questionnaire, revision_of
from servicedesk.people.models import User
from servicedesk.services.models import Service
from servicedesk.tickets import operations as tickets
from tests.factories import AgentFactory, ServiceFactory

HOUR = datetime.timedelta(hours=1)


def at(hours: float = 24) -> datetime.datetime:
    """So many hours from now, on the whole minute."""
    return (timezone.now() + hours * HOUR).replace(second=0, microsecond=0)


def change(
    agent: User | None = None, *services: Service, begins: float = 24, lasts: float = 2, **values: Any
) -> Change:
    """A whole draft on a service, beginning in ``begins`` hours."""
    given: dict[str, Any] = {
        "title": "Patch the database", "implementation": "Patch it.", "backout": "Restore the snapshot.",
        "start": at(begins), "end": at(begins + lasts), "zone": "UTC", **values,
    }  # fmt: skip
    return operations.raise_change(
        actor=agent or AgentFactory(), services=services or [ServiceFactory(owner=AgentFactory())], **given
    )


def model(name: str = "Restart a web server", **values: Any) -> ChangeModel:
    """A standard model."""
    given = {"implementation": "Restart.", "backout": "Start the old one.", "slug": name.lower().replace(" ", "-")}
    return ChangeModel.objects.create(name=name, **{**given, **values})


def answers(risky: bool = False) -> dict[int, int]:
    """The least (or most) risky answer to every question."""
    return {q.pk: list(q.options.all())[-1 if risky else 0].pk for q in questionnaire()}


def assessed(row: Change, agent: User, *, risky: bool = False) -> Change:
    """Submit it and answer the questionnaire."""
    tickets.transition(row, "submit", actor=agent)
    return operations.assess(row, actor=agent, answers=answers(risky), revision=revision_of(questionnaire()))


def scheduled(agent: User | None = None, *services: Service, **values: Any) -> Change:
    """One that was found to be harmless and is scheduled without approval."""
    agent = agent or AgentFactory()
    row = assessed(change(agent, *(services or [ServiceFactory(criticality=4)]), **values), agent)
    tickets.transition(row, "ask_approval", actor=agent)
    return again(row)


def begin(row: Change, agent: User) -> Change:
    """Move its window to now and start."""
    operations.move(row, actor=agent, start=at(-0.1), end=at(3))
    tickets.transition(row, "start", actor=agent)
    return again(row)


def again(row: Change) -> Change:
    """As the database has it."""
    return Change.objects.get(pk=row.pk)
