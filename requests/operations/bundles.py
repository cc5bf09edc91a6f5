"""Requests within a request: a bundle's parts."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from catalog import versions
from catalog.forms.answers import PREFIX, AnswersForm, price_of, read_answers
from catalog.fulfilment import PLACEHOLDER, fill
from catalog.models import FieldType, Offering
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.models import Channel, LinkKind, Ticket
from servicedesk.work.models import WorkStep

from ..models import Answer, ServiceRequest
from ..showing import placeholders
from .ordering import Item, Ready, submit


def _raw(answer: Answer) -> list[str]:
    """An answer as a post has it."""
    match answer.type:
        case FieldType.NUMBER | FieldType.MONEY:
            return [format(answer.number.normalize(), "f")] if answer.number is not None else []
        case FieldType.DATE:
            return [answer.date.isoformat()] if answer.date is not None else []
        case FieldType.YES_NO:
            return ["yes" if answer.flag else "no"]
        case FieldType.CHOICE | FieldType.MANY:
            return list(answer.options or [])
        case FieldType.PERSON:
            return [answer.person.email] if answer.person is not None else []
        case FieldType.ORGANISATION:
            return [str(answer.organisation_id)]
        case FieldType.SERVICE:
            return [str(answer.service_id)]
    return [answer.text]


def order_part(row: Ticket, step: WorkStep, at: datetime.datetime) -> Ticket:
    """Order what a bundle's step says, with the bundle's answers filled in; raises Invalid where it cannot be."""
    bundle = ServiceRequest.objects.select_related("requester", "ordered_by__organisation").get(pk=row.pk)
    offering = Offering.objects.select_related("service__team").filter(pk=step.spec.get("offering")).first()
    version = versions.published(offering) if offering is not None else None
    if offering is None or version is None:
        raise Invalid({"offering": _("“%(name)s” is not offered any more.") % {"name": offering or step.title}})
    definition = versions.definition_of(version)
    answers = {answer.key: answer for answer in bundle.answers.select_related("person")}
    words = placeholders(bundle)
    data: MultiValueDict[str, Any] = MultiValueDict()
    for key, text in (step.spec.get("values") or {}).items():
        if key not in definition.questions:
            continue
        alone = PLACEHOLDER.fullmatch(text)
        if alone and alone[1] in answers:
            values = _raw(answers[alone[1]])
        elif alone and alone[1] not in words:
            values = []
        else:
            filled = fill(text, words)
            many = definition.questions[key].type == FieldType.MANY
            values = [part.strip() for part in filled.split(",")] if many else [filled]
        if values and values != [""]:
            data.setlist(f"{PREFIX}-{key}", values)
    person = bundle.requester
    form = AnswersForm(definition, user=bundle.ordered_by, data=data)
    for key in definition.questions:
        name = f"{PREFIX}-{key}"
        if name not in data and form.defaults[key]:
            default = form.defaults[key]
            data.setlist(name, default if isinstance(default, list) else [default])
    form = AnswersForm(definition, user=bundle.ordered_by, data=_without_hidden(definition, data, bundle.ordered_by))
    values_read = read_answers(form)
    price = price_of(version.price_once, version.price_monthly, definition, values_read)
    ready = Ready(Item(offering, data), version, person, values_read, price)
    part = submit(
        ready, actor=None, channel=Channel.SYSTEM, at=at, bundle=bundle, covered=bool(step.spec.get("covered"))
    )
    tickets.link(part, actor=None, target=row, kind=LinkKind.CHILD_OF)
    return Ticket.objects.get(pk=part.pk)


def _without_hidden(definition: Any, data: MultiValueDict[str, Any], user: Any) -> MultiValueDict[str, Any]:
    """Leave out what the form does not ask with these answers: a mapping may fill in more than is asked."""
    form = AnswersForm(definition, user=user, data=data)
    form.is_valid()
    kept = data.copy()
    for key in form.hidden:
        kept.pop(f"{PREFIX}-{key}", None)
    return kept
