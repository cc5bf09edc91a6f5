"""An offering as one JSON document: how it goes from one installation to another, and how the demo makes its own."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.approvals.models import ApprovalPlan
from servicedesk.people.models import Team
from servicedesk.services.models import Service
from servicedesk.sla.durations import read, written
from servicedesk.tickets.errors import Invalid

from .models import Category, FormField, Offering, OfferingVersion, PlannedTask
from .versions import draft_of

_OFFERING = ("name", "description", "keywords", "icon", "position")
_FIELD = (
    "type", "label", "key", "help", "required", "default", "options", "pattern", "pattern_help", "minimum", "maximum",
    "show_if",
)  # fmt: skip
_TASK = ("key", "kind", "title", "shown", "instructions", "after", "only_if", "url", "values", "covered")
_TOP = {*_OFFERING, "category", "service", "text", "price_once", "price_monthly", "delivery", "most", "approval_plan",
        "form", "fulfilment"}  # fmt: skip
MOST_ROWS = 100


def dump(version: OfferingVersion) -> dict[str, Any]:
    """The document of a version. Secrets of webhooks are left out."""
    offering = version.offering
    return {
        **{name: getattr(offering, name) for name in _OFFERING},
        "category": offering.category.name, "service": offering.service.name, "text": version.text,
        "price_once": str(version.price_once), "price_monthly": str(version.price_monthly),
        "delivery": written(version.delivery_seconds) if version.delivery_seconds else None, "most": version.most,
        "approval_plan": version.approval_plan.name if version.approval_plan is not None else None,
        "form": [_slim(row, _FIELD) for row in version.fields.all()],
        "fulfilment": [
            _slim(row, _TASK) | {
                key: value for key, value in {
                    "team": row.team.name if row.team is not None else None,
                    "due": written(row.due_seconds) if row.due_seconds else None,
                    "offering": row.offering.slug if row.offering is not None else None,
                }.items() if value is not None
            }
            for row in version.tasks.select_related("team", "offering")
        ],
    }  # fmt: skip


def _slim(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    blank = type(row)()
    return {name: getattr(row, name) for name in names if getattr(row, name) != getattr(blank, name) or name == "type"}


class _Reader:
    """Collects what is wrong, by where it is."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}

    def named(self, model: Any, name: Any, where: str, by: str = "name") -> Any:
        if name is None:
            return None
        found = model.objects.filter(**{by: name}).first() if isinstance(name, str) else None
        if found is None:
            self.problems[where] = _("There is no “%(name)s”.") % {"name": str(name)[:60]}
        return found

    def seconds(self, text: Any, where: str) -> int | None:
        if text is None:
            return None
        try:
            return read(text) if isinstance(text, str) else int("x")
        except ValueError:
            self.problems[where] = _("Write working time such as 8h or 3d.")
            return None

    def amount(self, value: Any, where: str) -> Decimal:
        try:
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise InvalidOperation
            return Decimal(str(value))
        except InvalidOperation:
            self.problems[where] = _("This must be an amount.")
            return Decimal(0)

    def row(self, data: Any, names: set[str], where: str) -> Mapping[str, Any]:
        if not isinstance(data, Mapping):
            self.problems[where] = _("This must be an object.")
            return {}
        for name in set(data) - names:
            self.problems[f"{where}.{str(name)[:40]}"] = _("There is no such field.")
        for name, value in data.items():
            if name in ("required", "covered"):
                if not isinstance(value, bool):
                    self.problems[f"{where}.{name}"] = _("This must be true or false.")
            elif name in names and value is not None and not isinstance(value, str):
                self.problems[f"{where}.{name}"] = _("This must be text.")
        return {name: value for name, value in data.items() if value is not None}

    def check(self, row: Any, where: str, exclude: tuple[str, ...] = ()) -> None:
        try:
            row.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            for name, texts in error.message_dict.items():
                self.problems.setdefault(f"{where}.{name}" if where else name, " ".join(texts))

    def finish(self) -> None:
        if self.problems:
            raise Invalid(self.problems)


@transaction.atomic
def load(data: Any, *, slug: str | None = None) -> OfferingVersion:
    """Make or change an offering by a document; its draft is replaced by it and returned, to be published.

    ``slug`` names an offering that is there. Raises Invalid by place: ``form.2.options``.
    """
    if not isinstance(data, Mapping):
        raise Invalid({"body": _("This must be an object.")})
    reader = _Reader()
    for name in set(data) - _TOP:
        reader.problems[str(name)[:40]] = _("There is no such field.")
    offering = Offering.objects.filter(slug=slug).first() if slug else None
    new = offering is None
    offering = offering or Offering()
    for name in _OFFERING:
        if name in data:
            setattr(offering, name, data[name])
    category = reader.named(Category, data.get("category"), "category")
    service = reader.named(Service, data.get("service"), "service")
    if category is not None:
        offering.category = category
    elif new:
        reader.problems.setdefault("category", _("Name its category."))
    if service is not None:
        offering.service = service
    elif new:
        reader.problems.setdefault("service", _("Name its service."))
    plan = reader.named(ApprovalPlan, data.get("approval_plan"), "approval_plan")
    reader.finish()
    reader.check(offering, "")
    if Offering.objects.filter(name=offering.name).exclude(pk=offering.pk).exists():
        reader.problems["name"] = _("Another offering has this name.")
    reader.finish()
    offering.save()
    draft = draft_of(offering)
    draft.text = data.get("text", draft.text)
    draft.price_once = reader.amount(
        data.get("price_once", (draft.price_once and str(draft.price_once)) or 0), "price_once"
    )
    draft.price_monthly = reader.amount(
        data.get("price_monthly", (draft.price_monthly and str(draft.price_monthly)) or 0), "price_monthly"
    )
    if "delivery" in data:
        draft.delivery_seconds = reader.seconds(data["delivery"], "delivery")
    draft.most = data.get("most", draft.most)
    if "approval_plan" in data:
        draft.approval_plan = plan
    reader.check(draft, "", exclude=("offering", "number"))
    _rows(reader, draft, data)
    reader.finish()
    draft.save()
    return draft


def _rows(reader: _Reader, draft: OfferingVersion, data: Mapping[str, Any]) -> None:
    lists: dict[str, list[Any]] = {}
    for name in ("form", "fulfilment"):
        rows = data.get(name)
        if rows is None:
            continue
        if not isinstance(rows, list) or len(rows) > MOST_ROWS:
            reader.problems[name] = _("This must be a list of at most %(n)d.") % {"n": MOST_ROWS}
            continue
        lists[name] = rows
    if "form" in lists:
        draft.fields.all().delete()
        for place, raw in enumerate(lists["form"]):
            where = f"form.{place}"
            values = reader.row(raw, set(_FIELD), where)
            row = FormField(version=draft, position=place, **{k: v for k, v in values.items() if k in _FIELD})
            reader.check(row, where, exclude=("version",))
            if where not in str(reader.problems):
                row.save()
    if "fulfilment" in lists:
        draft.tasks.all().delete()
        for place, raw in enumerate(lists["fulfilment"]):
            where = f"fulfilment.{place}"
            values = reader.row(raw, {*_TASK, "team", "due", "offering"}, where)
            task = PlannedTask(version=draft, position=place, **{k: v for k, v in values.items() if k in _TASK})
            task.team = reader.named(Team, values.get("team"), f"{where}.team")
            task.offering = reader.named(Offering, values.get("offering"), f"{where}.offering", by="slug")
            task.due_seconds = reader.seconds(values.get("due"), f"{where}.due")
            reader.check(task, where, exclude=("version",))
            if where not in str(reader.problems):
                task.save()
