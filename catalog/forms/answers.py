"""Answers to a form: read from a browser's post or from JSON, checked, typed, and priced."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import regex
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk import conditions
from servicedesk.fields import PlainText
from servicedesk.people import access
from servicedesk.people.finding import PersonField
from servicedesk.people.models import Organisation, User
from servicedesk.services.models import Service
from servicedesk.text import clean_text
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.forms import FieldErrors, FilesField
from servicedesk.tickets.money import price_words

from ..models import FieldType
from .definition import MAX_LONG, MAX_NUMBER, MAX_TEXT, Definition, Question

PREFIX = "answer"
#: A pattern that takes longer than this to try is given up.
PATTERN_SECONDS = 0.2
FEW_OPTIONS = 7


@dataclass(frozen=True)
class Price:
    """What something costs once and each month."""

    once: Decimal
    monthly: Decimal

    def __mul__(self, count: int) -> Price:
        return Price(self.once * count, self.monthly * count)

    def __add__(self, other: Price) -> Price:
        return Price(self.once + other.once, self.monthly + other.monthly)


FREE = Price(Decimal(0), Decimal(0))


def person_field(user: Any, **kwargs: Any) -> PersonField:
    """Somebody whom ``user`` may name."""
    return PersonField(
        people=lambda: access.nameable_people(user, User.objects.all()), suggest="/portal/people/", **kwargs
    )


class PatternValidator:
    """A text has to match as a whole; a pattern that takes too long matches nothing."""

    def __init__(self, pattern: str, words: str):
        self.pattern, self.words = pattern, words

    def __call__(self, value: str) -> None:
        try:
            fits = regex.fullmatch(self.pattern, value, timeout=PATTERN_SECONDS) is not None
        except TimeoutError:
            fits = False
        if not fits:
            raise forms.ValidationError(self.words or _("This does not look as it should."))


def field_for(question: Question, user: Any) -> forms.Field:
    """The Django field of a question."""
    common: dict[str, Any] = {"label": question.label, "help_text": question.help, "required": question.required}
    low, high = question.minimum, question.maximum
    match question.type:
        case FieldType.TEXT:
            field: Any = PlainText(max_length=min(high or MAX_TEXT, MAX_TEXT), min_length=low, **common)
            if question.pattern:
                field.validators.append(PatternValidator(question.pattern, question.pattern_help))
                if question.pattern_help and not question.help:
                    field.help_text = question.pattern_help
            return field
        case FieldType.LONG:
            return LongText(
                max_length=min(high or MAX_LONG, MAX_LONG),
                min_length=low,
                widget=forms.Textarea(attrs={"rows": 5}),
                **common,
            )
        case FieldType.NUMBER | FieldType.MONEY:
            places = 2 if question.type == FieldType.MONEY else 4
            number = forms.DecimalField(
                max_digits=16, decimal_places=places, min_value=low if low is not None else -MAX_NUMBER,
                max_value=high if high is not None else MAX_NUMBER, localize=False, **common,
            )  # fmt: skip
            number.widget.attrs |= {"step": "any" if places == 4 else "0.01", "inputmode": "decimal"}
            return number
        case FieldType.DATE:
            widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            day = forms.DateField(input_formats=["%Y-%m-%d"], widget=widget, **common)
            for name, bound in (("min", low), ("max", high)):
                if bound is not None:
                    widget.attrs[name] = bound.isoformat()
            day.validators.append(DateBetween(low, high))
            return day
        case FieldType.CHOICE:
            choices = [(option.label, option_words(option)) for option in question.options]
            few = len(choices) <= FEW_OPTIONS
            if not few or not question.required:
                choices = [("", "—" if few else _("Choose …")), *choices]
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect if few else forms.Select, **common)
        case FieldType.MANY:
            choices = [(option.label, option_words(option)) for option in question.options]
            many = forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
            many.validators.append(CountBetween(low, high))
            return many
        case FieldType.YES_NO:
            yes_no = [("yes", _("Yes")), ("no", _("No"))]
            if not question.required:
                yes_no = [("", "—"), *yes_no]
            return forms.TypedChoiceField(
                choices=yes_no,
                widget=forms.RadioSelect,
                coerce=lambda value: value == "yes",
                empty_value=None,
                **common,
            )
        case FieldType.PERSON:
            return person_field(user, **common)
        case FieldType.ORGANISATION:
            rows = access.visible_organisations(user, Organisation.objects.all())
            return forms.ModelChoiceField(rows, empty_label=_("Choose …"), **common)
        case FieldType.SERVICE:
            return forms.ModelChoiceField(Service.objects.filter(is_active=True), empty_label=_("Choose …"), **common)
    files = FilesField(**common)
    files.validators.append(CountBetween(low, high or 10))  # type: ignore[attr-defined]
    return files  # type: ignore[return-value]


class LongText(forms.CharField):
    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")


class DateBetween:
    def __init__(self, low: datetime.date | None, high: datetime.date | None):
        self.low, self.high = low, high

    def __call__(self, value: datetime.date) -> None:
        if self.low is not None and value < self.low:
            raise forms.ValidationError(_("Not before %(day)s."), params={"day": self.low})
        if self.high is not None and value > self.high:
            raise forms.ValidationError(_("Not after %(day)s."), params={"day": self.high})


class CountBetween:
    def __init__(self, low: int | None, high: int | None):
        self.low, self.high = low, high

    def __call__(self, value: list[Any]) -> None:
        if self.low is not None and len(value) < self.low:
            raise forms.ValidationError(_("At least %(n)d."), params={"n": self.low})
        if self.high is not None and len(value) > self.high:
            raise forms.ValidationError(_("At most %(n)d."), params={"n": self.high})


def option_words(option: Any) -> str:
    """An option with what it adds to the price."""
    if not (option.once or option.monthly):
        return str(option.label)
    return f"{option.label} (+ {price_words(option.once, option.monthly)})"


def initial_for(question: Question, user: Any) -> Any:
    """What a question is filled in with."""
    text = question.default
    if not text:
        return [] if question.type == FieldType.MANY else ""
    match question.type:
        case FieldType.MANY:
            return [part.strip() for part in text.split(",")]
        case FieldType.YES_NO:
            return text.lower()
        case FieldType.PERSON:
            return f"{user.name} <{user.email}>" if user.is_authenticated else ""
    return text


def fact(value: Any) -> Any:
    """A typed answer as conditions see it."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if hasattr(value, "pk"):
        return str(value)
    if isinstance(value, list | tuple):
        return [item if isinstance(item, str) else getattr(item, "name", "") for item in value]
    return value


class AnswersForm(FieldErrors):
    """The form of a definition. Hidden questions have no value: theirs is refused if it is none of the defaults.

    ``cleaned_data`` has the typed answers of the questions that are asked.
    ``kept`` are files that were sent before: key → their stand-ins.
    """

    non_field = gettext_lazy("The form")

    def __init__(
        self, definition: Definition, *, user: Any, data: Any = None, files: Any = None,
        initial: Mapping[str, Any] | None = None, kept: Mapping[str, list[Any]] | None = None,
    ):  # fmt: skip
        self.definition, self.user, self.kept = definition, user, kept or {}
        self.hidden: set[str] = set()
        defaults = {key: initial_for(question, user) for key, question in definition.questions.items()}
        self.defaults = defaults
        super().__init__(data, files, initial={**defaults, **(initial or {})}, prefix=PREFIX)
        for key, question in definition.questions.items():
            field = field_for(question, user)
            if self.kept.get(key):
                field.required = False
            self.fields[key] = field

    def _clean_fields(self) -> None:  # Django's hook, here in the order that conditions need
        facts: dict[str, Any] = {}
        for name in self.data:
            if name.startswith(f"{PREFIX}-") and name.removeprefix(f"{PREFIX}-") not in self.fields:
                self.add_error(None, _("There is no question “%(name)s” here.") % {"name": name[:60]})
        for key in self.definition.order:
            question = self.definition.questions[key]
            field, bound = self.fields[key], self[key]
            sent = field.widget.value_from_datadict(self.data, self.files, bound.html_name)  # type: ignore[arg-type]
            if not conditions.holds(question.show_if, facts):
                self.hidden.add(key)
                if not self._is_untouched(key, sent):
                    self.add_error(key, _("This is not asked with your other answers; leave it empty."))
                continue
            try:
                value = field.clean(sent)
                if question.type == FieldType.FILE:
                    value = [*self.kept.get(key, []), *(value or [])]
                self.cleaned_data[key] = value
                facts[key] = fact(value)
            except forms.ValidationError as error:
                self.add_error(key, error)

    def _is_untouched(self, key: str, sent: Any) -> bool:
        empty = sent in (None, "", [], ())
        return empty or sent == self.defaults[key]


def to_data(definition: Definition, answers: Any) -> MultiValueDict[str, Any]:
    """JSON answers as a post has them; raises Invalid naming ``answers.key`` for what cannot be.

    Text for texts, dates (2026-12-31) and choices; a number for numbers and money; true or false;
    a list of options; a person's address; an id for organisations and services.
    """
    if not isinstance(answers, Mapping):
        raise Invalid({"answers": _("Answers are an object: key → value.")})
    problems: dict[str, str] = {}
    data: MultiValueDict[str, Any] = MultiValueDict()
    for key, value in answers.items():
        question = definition.questions.get(str(key))
        if question is None:
            problems[f"answers.{str(key)[:60]}"] = _("There is no such question.")
            continue
        if value is None:
            continue
        fits, words = _fits(question, value)
        if fits is None:
            problems[f"answers.{key}"] = words
        else:
            data.setlist(f"{PREFIX}-{key}", fits)
    if problems:
        raise Invalid(problems)
    return data


def _fits(question: Question, value: Any) -> tuple[list[str] | None, str]:
    match question.type:
        case FieldType.NUMBER | FieldType.MONEY:
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                return [format(Decimal(str(value)), "f") if Decimal(str(value)).is_finite() else str(value)], ""
            return None, _("This must be a number.")
        case FieldType.YES_NO:
            if isinstance(value, bool):
                return ["yes" if value else "no"], ""
            return None, _("This must be true or false.")
        case FieldType.MANY:
            if isinstance(value, list) and all(isinstance(item, str) for item in value):
                return value, ""
            return None, _("This must be a list of texts.")
        case FieldType.ORGANISATION | FieldType.SERVICE:
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
                return [str(value)], ""
            return None, _("This must be an id.")
        case FieldType.FILE:
            return None, _("Files cannot be sent here; attach them to the request.")
    return ([value], "") if isinstance(value, str) else (None, _("This must be text."))


def read_answers(form: AnswersForm, *, names: str = "") -> dict[str, Any]:
    """The typed answers of a bound form; raises Invalid with a sentence for each question."""
    if form.is_valid():
        return dict(form.cleaned_data)
    raise Invalid(
        {(f"{names}{key}" if key != "__all__" else names.rstrip(".") or "answers"): [str(e) for e in errors]
         for key, errors in form.errors.items()}
    )  # fmt: skip


def price_of(
    once: Decimal, monthly: Decimal, definition: Definition, values: Mapping[str, Any], quantity: int = 1
) -> Price:  # fmt: skip
    """The base price with what the chosen options add, so many times."""
    total = Price(once, monthly)
    for key, question in definition.questions.items():
        chosen = values.get(key)
        for option in question.options:
            if chosen == option.label or (isinstance(chosen, list) and option.label in chosen):
                total += Price(option.once, option.monthly)
    return total * quantity


def facts_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Typed answers as conditions see them."""
    return {key: fact(value) for key, value in values.items()}


def words_for(question: Question | None, value: Any) -> str:
    """An answer as a person reads it."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime.date):
        from django.utils.formats import date_format

        return date_format(value)
    if isinstance(value, Decimal):
        if question is not None and question.type == FieldType.MONEY:
            from servicedesk.tickets.money import money

            return money(value)
        return format(value.normalize(), "f")
    if isinstance(value, list | tuple):
        return ", ".join(words_for(None, item) for item in value)
    if isinstance(value, UploadedFile):
        return str(value.name)
    return str(value)


def described(definition: Definition, values: Mapping[str, Any]) -> str:
    """The answers as Markdown: what mails, search and the conversation show."""
    lines = []
    for key, question in definition.questions.items():
        text = file_names(values[key]) if question.type == FieldType.FILE and key in values else words_for(
            question, values.get(key)
        )  # fmt: skip
        if text:
            folded = text.replace("\n", "\n  ")
            lines.append(f"- **{question.label}**: {folded}")
    return "\n".join(lines)


def file_names(files: Iterable[Any]) -> str:
    """The names of an answer's files."""
    return ", ".join(str(file.name) for file in files)
