"""A form as data: its questions, in which order they are looked at, and what is wrong with it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import regex
from django.utils.text import slugify
from django.utils.translation import gettext as _

from servicedesk import conditions
from servicedesk.conditions import ConditionError, Kind, Tree

from ..models import FieldType
from .options import Option, read_amount, read_options

#: What a condition makes of each type.
_KINDS = {
    FieldType.TEXT: "text", FieldType.LONG: "text", FieldType.NUMBER: "number", FieldType.MONEY: "number",
    FieldType.DATE: "date", FieldType.CHOICE: "choice", FieldType.MANY: "many", FieldType.YES_NO: "yes_no",
    FieldType.PERSON: "reference", FieldType.ORGANISATION: "reference", FieldType.SERVICE: "reference",
    FieldType.FILE: "reference",
}  # fmt: skip
MOST_FIELDS = 100
MAX_TEXT, MAX_LONG = 300, 10_000  # characters of an answer
MAX_NUMBER = Decimal(10) ** 12


def key_from(label: str, taken: Iterable[str] = ()) -> str:
    """A key from a question that none has yet."""
    base = re.sub(r"[^a-z0-9]+", "_", slugify(label)).strip("_")[:36] or "question"
    if not base[0].isalpha():
        base = f"q_{base}"[:36]
    used = set(taken)
    return next(key for n in range(1, 1000) if (key := base if n == 1 else f"{base}_{n}") not in used)


@dataclass(frozen=True)
class Question:
    """One field of a form, compiled."""

    key: str
    type: str
    label: str
    help: str = ""
    required: bool = False
    default: str = ""
    options: tuple[Option, ...] = ()
    pattern: str = ""
    pattern_help: str = ""
    minimum: Any = None
    maximum: Any = None
    show_if: Tree | None = None  #: with its section's

    @property
    def kind(self) -> Kind:
        """What it is to a condition."""
        return Kind(_KINDS[FieldType(self.type)], tuple(option.label for option in self.options))


@dataclass(frozen=True)
class Section:
    """A heading, and the questions under it."""

    label: str
    help: str
    questions: tuple[Question, ...]
    show_if: Tree | None = None


@dataclass
class Definition:
    """A whole form. ``problems`` maps a row's place to sentences; a form with problems is not to be used."""

    sections: tuple[Section, ...]
    problems: dict[int, list[str]] = field(default_factory=dict)

    @cached_property
    def questions(self) -> dict[str, Question]:
        """By key, in the form's order."""
        return {question.key: question for section in self.sections for question in section.questions}

    @cached_property
    def order(self) -> list[str]:
        """Keys so that each comes after those its condition asks about."""
        return conditions.order({key: conditions.names(q.show_if) for key, q in self.questions.items()})

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        return {key: question.kind for key, question in self.questions.items()}


def _bound(row: Any, name: str) -> Any:
    """A limit, as its type has it; raises ValueError with a sentence."""
    text = (getattr(row, name) or "").strip()
    if not text:
        return None
    match row.type:
        case FieldType.DATE:
            try:
                return datetime.date.fromisoformat(text)
            except ValueError:
                raise ValueError(_("Write a date such as 2026-12-31.")) from None
        case FieldType.NUMBER:
            if not re.fullmatch(r"-?\d{1,12}(\.\d{1,4})?", text, re.ASCII):
                raise ValueError(_("Write a number."))
            return Decimal(text)
        case FieldType.MONEY:
            return read_amount(text)
        case FieldType.TEXT | FieldType.LONG | FieldType.MANY | FieldType.FILE:
            if not re.fullmatch(r"\d{1,5}", text, re.ASCII):
                raise ValueError(_("Write a whole number."))
            return int(text)
    raise ValueError(_("This type of question has no such limit."))


def _default_problem(question: Question) -> str:
    """What is wrong with what a question is filled in with."""
    text = question.default
    if not text:
        return ""
    labels = [option.label for option in question.options]
    match question.type:
        case FieldType.CHOICE if text not in labels:
            return _("“%(value)s” is none of the options.") % {"value": text[:40]}
        case FieldType.MANY if not {part.strip() for part in text.split(",")} <= set(labels):
            return _("“%(value)s” are not all among the options.") % {"value": text[:40]}
        case FieldType.YES_NO if text.lower() not in ("yes", "no"):
            return _("Write yes or no.")
        case FieldType.NUMBER if not re.fullmatch(r"-?\d{1,12}(\.\d{1,4})?", text, re.ASCII):
            return _("Write a number.")
        case FieldType.MONEY:
            try:
                read_amount(text)
            except ValueError as error:
                return str(error)
        case FieldType.DATE:
            try:
                datetime.date.fromisoformat(text)
            except ValueError:
                return _("Write a date such as 2026-12-31.")
        case FieldType.PERSON if text != "me":
            return _("Only “me” can be filled in.")
        case FieldType.FILE | FieldType.ORGANISATION | FieldType.SERVICE:
            return _("Nothing can be filled in here.")
    return ""


def _question(row: Any, key: str) -> tuple[Question, list[str]]:
    """A row as a question, and what is wrong with it; its condition is read later."""
    problems: list[str] = []
    options: tuple[Option, ...] = ()
    choosing = row.type in (FieldType.CHOICE, FieldType.MANY)
    try:
        options = read_options(row.options or "") if choosing else ()
    except ValueError as error:
        problems.append(str(error))
    else:
        if choosing and not options:
            problems.append(_("Write the options, one a line."))
    bounds: dict[str, Any] = {}
    for name in ("minimum", "maximum"):
        try:
            bounds[name] = _bound(row, name)
        except ValueError as error:
            problems.append(f"{_('Limit')}: {error}")
    low, high = bounds.get("minimum"), bounds.get("maximum")
    if low is not None and high is not None and low > high:
        problems.append(_("The lower limit is above the upper one."))
    pattern = (row.pattern or "").strip()
    if pattern:
        if row.type != FieldType.TEXT:
            problems.append(_("Only a text can have a pattern."))
        try:
            regex.compile(pattern)
        except regex.error as error:
            problems.append(_("The pattern cannot be read: %(why)s.") % {"why": error})
            pattern = ""
    question = Question(
        key=key, type=row.type, label=row.label, help=row.help or "", required=bool(row.required),
        default=(row.default or "").strip(), options=options, pattern=pattern, pattern_help=row.pattern_help or "",
        minimum=low, maximum=high,
    )  # fmt: skip
    if problem := _default_problem(question):
        problems.append(f"{_('Filled in with')}: {problem}")
    return question, problems


def build(rows: Iterable[Any]) -> Definition:
    """The form of these rows (FormField or alike), with everything that is wrong with it by the row's place."""
    rows = list(rows)
    problems: dict[int, list[str]] = {}
    taken: set[str] = set()
    made: list[tuple[int, Any, Question | None]] = []
    for place, row in enumerate(rows):
        if row.type == FieldType.SECTION:
            made.append((place, row, None))
            continue
        key = (row.key or "").strip()
        if key in taken:
            problems.setdefault(place, []).append(_("The key “%(key)s” is there twice.") % {"key": key})
        key = key if key and key not in taken else key_from(row.label, taken)
        taken.add(key)
        compiled, wrong = _question(row, key)
        if wrong:
            problems.setdefault(place, []).extend(wrong)
        made.append((place, row, compiled))
    if len(rows) > MOST_FIELDS:
        problems.setdefault(0, []).append(_("A form has at most %(n)d questions.") % {"n": MOST_FIELDS})
    kinds = {question.key: question.kind for _place, _row, question in made if question}
    trees: dict[int, Tree | None] = {}
    for place, row, _question_made in made:
        try:
            trees[place] = conditions.read(row.show_if or "", kinds)
        except ConditionError as error:
            problems.setdefault(place, []).append(f"{_('Show if')}: {error}")
            trees[place] = None
    sections = _sections(made, trees)
    definition = Definition(sections, problems)
    try:
        _ordered = definition.order
    except ConditionError as error:
        places = {question.key: place for place, _row, question in made if question}
        first = next((places[k] for k in places if k in str(error)), 0)
        problems.setdefault(first, []).append(str(error))
    return definition


def _sections(made: list[tuple[int, Any, Question | None]], trees: Mapping[int, Tree | None]) -> tuple[Section, ...]:
    groups: list[tuple[Any, Tree | None, list[Question]]] = [(None, None, [])]
    for place, row, question in made:
        tree = trees[place]
        if question is None:
            groups.append((row, tree, []))
            continue
        above = groups[-1][1]
        both = ["all", above, tree] if above is not None and tree is not None else above or tree
        groups[-1][2].append(_with_condition(question, both))
    return tuple(
        Section(
            row.label if row is not None else "", (row.help or "") if row is not None else "", tuple(questions), tree
        )
        for row, tree, questions in groups
        if questions or row is not None
    )


def _with_condition(question: Question, tree: Tree | None) -> Question:
    from dataclasses import replace

    return replace(question, show_if=tree)
