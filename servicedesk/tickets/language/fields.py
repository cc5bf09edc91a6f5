"""The fields one can write, and the ticket's attributes behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Choices

from servicedesk.people.models import Organisation, Team, User
from servicedesk.services.models import Service

from .. import registry
from ..models import Category, Channel, Impact, Priority, StatusCategory, Ticket, Urgency

#: What conditions may ask of a ticket: the columns behind the fields, and its own text.
FACTS = (
    "kind", "status", "status_category", "priority", "impact", "urgency", "service_id", "category_id", "team_id",
    "assignee_id", "requester_id", "organisation_id", "channel", "tags", "is_major", "opened_at", "activity_at",
    "resolved_at", "title", "description", "resolution", "planned_seconds",
)  # fmt: skip

Facts = Mapping[str, Any]


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """What :func:`~.readings.holds` is asked about: the ticket as it is now."""
    return {name: getattr(ticket, name) for name in FACTS}


@dataclass(frozen=True)
class Field:
    """A field of the language."""

    name: str
    attribute: str
    kind: str  #: level, choice, reference, flag, tag, date
    #: value as stored → words for it, lower case, that may be written
    choices: Callable[[], dict[Any, set[str]]] = dict
    model: Any = None
    by: tuple[str, ...] = ("name",)  #: columns in which a reference's name is looked for
    #: whether its truth changes only with events, so that a promise may depend on it
    lasting: bool = True

    @property
    def operators(self) -> tuple[str, ...]:
        return (":", "<", "<=", ">", ">=") if self.kind in ("level", "date") else (":",)


def _choices(enum: type[Choices]) -> Callable[[], dict[Any, set[str]]]:
    return lambda: {value: {str(value), str(enum(value).label).lower()} for value in enum.values}


def _states() -> dict[Any, set[str]]:
    return {slug: {slug, str(state.label).lower()} for slug, state in registry.states().items()}


def _kinds() -> dict[Any, set[str]]:
    return {process.kind: {process.kind, str(process.label).lower()} for process in registry.all_processes()}


#: ``is:…`` → attribute and values.
FLAGS: dict[str, tuple[str, tuple[Any, ...]]] = {
    **{category.value: ("status_category", (category.value,)) for category in StatusCategory},
    "unfinished": ("status_category", ("open", "waiting")),
    "over": ("status_category", ("resolved", "closed")),
    "major": ("is_major", (True,)),
    "unassigned": ("assignee_id", (None,)),
}

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("kind", "kind", "choice", _kinds),
        Field("status", "status", "choice", _states),
        Field("priority", "priority", "level", _choices(Priority)),
        Field("impact", "impact", "level", _choices(Impact)),
        Field("urgency", "urgency", "level", _choices(Urgency)),
        Field("channel", "channel", "choice", _choices(Channel)),
        Field("service", "service_id", "reference", model=Service),
        Field("category", "category_id", "reference", model=Category, by=("name", "path")),
        Field("team", "team_id", "reference", model=Team),
        Field("assignee", "assignee_id", "reference", model=User, by=("name", "email")),
        Field("requester", "requester_id", "reference", model=User, by=("name", "email")),
        Field("organisation", "organisation_id", "reference", model=Organisation),
        Field("tag", "tags", "tag"),
        Field("is", "", "flag"),
        Field("opened", "opened_at", "date"),
        Field("activity", "activity_at", "date", lasting=False),
        Field("resolved", "resolved_at", "date", lasting=False),
    )
}
BY_ATTRIBUTE = {field.attribute: field for field in FIELDS.values() if field.attribute}


def domain(attribute: str) -> Iterable[Any] | None:
    """Every value the attribute can have, or None where they cannot be counted."""
    if attribute == "status_category":
        return StatusCategory.values
    if attribute == "is_major":
        return (True, False)
    field = BY_ATTRIBUTE.get(attribute)
    return field.choices().keys() if field is not None and field.kind in ("level", "choice") else None
