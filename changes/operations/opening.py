"""Raising a change, from a model or from nothing."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.forms.answers import AnswersForm, described, fact, read_answers, words_for
from catalog.forms.definition import Definition, build
from catalog.models import FieldType
from servicedesk.services.models import Service
from servicedesk.tickets import operations as tickets
from servicedesk.tickets import registry
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.models import Channel
from servicedesk.tickets.operations import core
from servicedesk.work.models import WorkStep

from .. import windows
from ..models import Change, ChangeModel, ChangeType
from ..models.change import PLAN_TEXTS

MAX_TEXT = 20_000
MOST_SERVICES = 50


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a plan, cleaned; raises Invalid naming the field."""
    return {
        name: core.text(values[name], name, limit=MAX_TEXT, required=False) for name in PLAN_TEXTS if name in values
    }


def check_services(services: Sequence[Service], known: set[int] = frozenset()) -> list[Service]:  # type: ignore[assignment]
    """Each once, in order; raises Invalid for one that cannot be chosen, or too many."""
    rows = list({row.pk: row for row in services}.values())
    for row in rows:
        if not row.is_active and row.pk not in known:
            raise Invalid({"services": _("%(name)s cannot be chosen any more.") % {"name": row}})
    if len(rows) > MOST_SERVICES:
        raise Invalid({"services": _("At most %(n)d services.") % {"n": MOST_SERVICES}})
    return rows


def definition_of(model: ChangeModel) -> Definition:
    """The model's form."""
    return build(list(model.questions.all()))


def _kept(definition: Definition, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for key, question in definition.questions.items():
        if key in values and values[key] not in (None, "", []):
            value = fact(values[key])
            text = words_for(question, values[key]) if question.type != FieldType.FILE else ""
            rows.append(
                {"key": key, "label": question.label, "text": text, "value": str(value) if value is not None else ""}
            )
    return [row for row in rows if row["text"]]


@transaction.atomic
def raise_change(
    *, actor: Any, title: str, type: str = ChangeType.NORMAL, model: ChangeModel | None = None,
    services: Sequence[Service] = (), description: str = "", team: Any = None, assignee: Any = None,
    start: datetime.datetime | None = None, end: datetime.datetime | None = None, zone: str = "",
    outage: bool | None = None, answers: Any = None, files: Any = None, impact: int = 2, urgency: int = 2,
    channel: str = Channel.DESK, at: datetime.datetime | None = None, tags: Any = (), **plan: Any,
) -> Change:  # fmt: skip
    """Raise a change and return it as a draft.

    ``plan`` are the texts of PLAN_TEXTS; what is not given comes from the model, as do service, team, tasks, and
    the window's length. ``answers`` are a post's to the model's form. Raises Invalid.
    """
    at = at or timezone.now()
    if type not in ChangeType.values:
        raise Invalid({"type": _("Choose one of: %(names)s.") % {"names": ", ".join(ChangeType.values)}})
    if unknown := set(plan) - set(PLAN_TEXTS):
        raise Invalid({name: _("There is no such field.") for name in unknown})
    if model is not None and not model.is_active:
        raise Invalid({"model": _("%(name)s cannot be chosen any more.") % {"name": model}})
    if type == ChangeType.STANDARD and (model is None or model.type != ChangeType.STANDARD):
        raise Invalid({"model": _("A standard change is made from a standard model.")})
    given: dict[str, Any] = dict(texts(plan))
    values: dict[str, Any] = {}
    definition = None
    if model is not None:
        for name in PLAN_TEXTS:
            given[name] = given.get(name) or getattr(model, name, "")
        services = [*([model.service] if model.service is not None else []), *services]
        team = team or model.team
        definition = definition_of(model)
        values = read_answers(AnswersForm(definition, user=actor, data=answers or {}, files=files))
        if start is not None and end is None:
            end = start + datetime.timedelta(seconds=model.duration_seconds)
    rows = check_services(services)
    zone = zone or getattr(actor, "time_zone", "") or timezone.get_default_timezone_name()
    if (start is None) != (end is None):
        raise Invalid({"end" if end is None else "start": _("Give both ends of the window, or none.")})
    window = windows.make(start, end, zone, now=at) if start is not None and end is not None else None
    windows.zone_of(zone)
    body = [description, described(definition, values) if definition is not None else ""]
    sent = [f for v in values.values() if isinstance(v, list) for f in v if hasattr(f, "read")]
    ticket = tickets.open_ticket(
        registry.get("change"), actor=actor, title=title, description="\n\n".join(part for part in body if part),
        service=rows[0] if rows else None, team=team, assignee=assignee, impact=impact, urgency=urgency,
        channel=channel, at=at, tags=tags, files=sent, type=type, model=model, raised_by=actor, window=window,
        zone=zone, outage=model.outage if outage is None and model is not None else bool(outage),
        answers=_kept(definition, values) if definition is not None else [], **given,
    )  # fmt: skip
    assert isinstance(ticket, Change)
    ticket.services.set(rows)
    if model is not None:
        _copy_tasks(ticket, model)
    return Change.objects.get(pk=ticket.pk)


def _copy_tasks(change: Change, model: ChangeModel) -> None:
    """The model's tasks as steps that begin with the implementation."""
    steps: list[WorkStep] = []
    before: list[str] = []
    wave: list[str] = []
    for place, task in enumerate(model.tasks.select_related("team")):
        key = f"task-{place + 1}"
        if not task.at_once:
            before, wave = wave, []
        wave.append(key)
        steps.append(
            WorkStep(
                ticket_id=change.pk,
                key=key,
                position=place,
                title=task.title,
                instructions=task.instructions,
                team=task.team,
                after=list(before),
                planned_seconds=task.due_seconds,
            )
        )
    WorkStep.objects.bulk_create(steps)
