"""Offerings that order others: what is filled into the others' forms, and what it all costs."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.datastructures import MultiValueDict

from servicedesk import conditions
from servicedesk.work.models import StepKind

from .forms.answers import FREE, PREFIX, AnswersForm, Price, facts_of, price_of, words_for
from .forms.definition import Definition
from .fulfilment import PLACEHOLDER, fill
from .models import FieldType, OfferingVersion

#: Bundles within bundles are followed so deep.
MOST_DEEP = 5


def raw(value: Any) -> list[str]:
    """A typed answer as a post has it."""
    if value is None or value == "":
        return []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, datetime.date):
        return [value.isoformat()]
    if isinstance(value, Decimal):
        return [format(value.normalize(), "f")]
    if isinstance(value, list | tuple):
        return [item for item in value if isinstance(item, str)]
    if hasattr(value, "email"):
        return [value.email]
    return [str(value.pk) if hasattr(value, "pk") else str(value)]


def part_data(
    definition: Definition, mapping: Mapping[str, str], answers: Mapping[str, list[str]], words: Mapping[str, str], user: Any
) -> MultiValueDict[str, Any]:  # fmt: skip
    """The post of a part: the bundle's answers (``answers`` as a post has them, ``words`` as people read them) where
    the mapping says so, the part's own defaults elsewhere, and nothing that the part does not ask then."""
    data: MultiValueDict[str, Any] = MultiValueDict()
    for key, text in mapping.items():
        if key not in definition.questions:
            continue
        alone = PLACEHOLDER.fullmatch(text)
        if alone and alone[1] in answers:
            values = answers[alone[1]]
        elif alone and alone[1] not in words:
            values = []
        else:
            filled = fill(text, words)
            many = definition.questions[key].type == FieldType.MANY
            values = [part.strip() for part in filled.split(",")] if many else [filled]
        if values and values != [""]:
            data.setlist(f"{PREFIX}-{key}", values)
    form = AnswersForm(definition, user=user, data=data)
    for key, default in form.defaults.items():
        if f"{PREFIX}-{key}" not in data and default:
            data.setlist(f"{PREFIX}-{key}", default if isinstance(default, list) else [default])
    form = AnswersForm(definition, user=user, data=data)
    form.is_valid()
    for key in form.hidden:
        data.pop(f"{PREFIX}-{key}", None)
    return data


def parts_price(version: OfferingVersion, values: Mapping[str, Any], user: Any, depth: int = 0) -> Price:
    """What the parts of a bundle cost with these answers, as far as it can be known before they are ordered."""
    from .versions import definition_of, plan_of, published

    facts = facts_of(values)
    questions = definition_of(version).questions
    words = {key: words_for(questions[key], values.get(key)) for key in questions}
    answers = {key: raw(values.get(key)) for key in questions}
    total = FREE
    for planned in plan_of(version):
        row = planned.row
        if row.kind != StepKind.ORDER or row.offering is None or not conditions.holds(planned.only_if, facts):
            continue
        part = published(row.offering)
        if part is None or depth >= MOST_DEEP:
            continue
        definition = definition_of(part)
        form = AnswersForm(definition, user=user, data=part_data(definition, planned.values, answers, words, user))
        form.is_valid()
        total += price_of(part.price_once, part.price_monthly, definition, form.cleaned_data)
        total += parts_price(part, form.cleaned_data, user, depth + 1)
    return total


def cheapest(version: OfferingVersion, definition: Definition) -> tuple[Price, bool]:
    """(the lowest price that one can come to, whether it may be more): a required choice has to be made."""
    price, open_ended = Price(version.price_once, version.price_monthly), False
    for question in definition.questions.values():
        if not any(option.once or option.monthly for option in question.options):
            continue
        open_ended = True
        if question.type == FieldType.CHOICE and question.required and question.show_if is None:
            least = min(question.options, key=lambda option: (option.once + 12 * option.monthly, option.once))
            price += Price(least.once, least.monthly)
    return price, open_ended
