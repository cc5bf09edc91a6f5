"""Requests within a request: a bundle's parts."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils.translation import gettext as _

from catalog import versions
from catalog.bundles import part_data, raw
from catalog.forms.answers import AnswersForm, price_of, read_answers
from catalog.models import FieldType, Offering
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.models import Channel, LinkKind, Ticket
from servicedesk.work.models import WorkStep

from ..models import Answer, ServiceRequest
from ..showing import placeholders
from .ordering import Item, Ready, submit


def _value(answer: Answer) -> Any:
    """A stored answer, typed."""
    match answer.type:
        case FieldType.NUMBER | FieldType.MONEY:
            return answer.number
        case FieldType.DATE:
            return answer.date
        case FieldType.YES_NO:
            return answer.flag
        case FieldType.CHOICE | FieldType.MANY:
            return list(answer.options or [])
        case FieldType.PERSON:
            return answer.person
        case FieldType.ORGANISATION:
            return answer.organisation
        case FieldType.SERVICE:
            return answer.service
    return answer.text


def order_part(row: Ticket, step: WorkStep, at: datetime.datetime) -> Ticket:
    """Order what a bundle's step says, with the bundle's answers filled in; raises Invalid where it cannot be."""
    bundle = ServiceRequest.objects.select_related("requester", "ordered_by__organisation").get(pk=row.pk)
    offering = Offering.objects.select_related("service__team").filter(pk=step.spec.get("offering")).first()
    version = versions.published(offering) if offering is not None else None
    if offering is None or version is None:
        raise Invalid({"offering": _("“%(name)s” is not offered any more.") % {"name": offering or step.title}})
    definition = versions.definition_of(version)
    rows = bundle.answers.select_related("person", "organisation", "service")
    answers = {answer.key: raw(_value(answer)) for answer in rows}
    mapping = step.spec.get("values") or {}
    data = part_data(definition, mapping, answers, placeholders(bundle), bundle.ordered_by)
    values = read_answers(AnswersForm(definition, user=bundle.ordered_by, data=data))
    price = price_of(version.price_once, version.price_monthly, definition, values)
    ready = Ready(Item(offering, data), version, bundle.requester, values, price, price)
    part = submit(
        ready, actor=None, channel=Channel.SYSTEM, at=at, bundle=bundle, covered=bool(step.spec.get("covered"))
    )
    tickets.link(part, actor=None, target=row, kind=LinkKind.CHILD_OF)
    return Ticket.objects.get(pk=part.pk)
