"""Drafts and the basket: what is filled in but not ordered yet."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from catalog import versions
from catalog.entitlement import orderable
from catalog.forms.answers import FREE, PREFIX, Price
from catalog.models import FieldType, Offering
from servicedesk.people import access
from servicedesk.text import clean_text
from servicedesk.tickets import files as file_rules
from servicedesk.tickets.errors import Conflict, Invalid, NotAllowedNow, OperationError

from .models import BasketFile, BasketItem
from .operations.ordering import MOST_ITEMS, Item, check

MOST_DRAFTS = 100
MAX_STORED = 60_000  # characters of one draft


def _stored(data: Any) -> dict[str, list[str]]:
    """The answers of a post, as a draft keeps them; raises Invalid for more than a draft holds."""
    kept = {
        name.removeprefix(f"{PREFIX}-"): [clean_text(str(value))[:20_000] for value in data.getlist(name)[:250]]
        for name in list(data)[:200]
        if name.startswith(f"{PREFIX}-")
    }
    if sum(len(value) for values in kept.values() for value in values) > MAX_STORED:
        raise Invalid({"answers": _("This is too much text for a draft.")})
    return kept


def posted(item: BasketItem) -> MultiValueDict[str, Any]:
    """A draft's answers as a post has them."""
    data: MultiValueDict[str, Any] = MultiValueDict()
    for key, values in item.data.items():
        data.setlist(f"{PREFIX}-{key}", values)
    return data


@transaction.atomic
def save(
    offering: Offering, *, actor: Any, data: Any, files: Any = None, person: Any = None, quantity: int = 1,
    item: BasketItem | None = None, in_basket: bool = False,
) -> BasketItem:  # fmt: skip
    """Keep what was typed, finished or not. Files are checked and kept as well. Raises Invalid, Forbidden."""
    person = person or actor
    if not access.may_order_for(actor, person):
        raise access.Forbidden(_("You may not order for %(name)s.") % {"name": person})
    if not orderable(actor, person).filter(pk=offering.pk).exists():
        raise Invalid({"offering": _("“%(name)s” cannot be ordered here.") % {"name": offering}})
    version = versions.published(offering)
    assert version is not None
    if item is None:
        if BasketItem.objects.filter(user=actor).count() >= MOST_DRAFTS:
            raise NotAllowedNow(_("You have %(n)d drafts already; order or delete some first.") % {"n": MOST_DRAFTS})
        item = BasketItem(user=actor)
    if in_basket and not item.in_basket and BasketItem.objects.filter(user=actor, in_basket=True).count() >= MOST_ITEMS:
        raise NotAllowedNow(_("At most %(n)d things at once.") % {"n": MOST_ITEMS})
    item.offering, item.version, item.person = offering, version, person if person != actor else None
    item.quantity = max(1, min(quantity, version.most))
    item.data, item.in_basket = _stored(data), in_basket
    item.save()
    _keep_files(item, version, files)
    return item


def _keep_files(item: BasketItem, version: Any, files: Any) -> None:
    questions = versions.definition_of(version).questions
    for name in files or ():
        key = name.removeprefix(f"{PREFIX}-")
        if not name.startswith(f"{PREFIX}-") or key not in questions or questions[key].type != FieldType.FILE:
            continue
        try:
            checked = file_rules.check(files.getlist(name))
        except Invalid as error:
            raise Invalid({key: error.fields["files"]}) from None
        if BasketFile.objects.filter(item=item, key=key).count() + len(checked) > file_rules.MAX_FILES:
            raise Invalid({key: _("At most %(n)d files.") % {"n": file_rules.MAX_FILES}})
        for fields in checked:
            BasketFile(item=item, key=key, **fields).save()


def drop_file(item: BasketItem, pk: int) -> None:
    """Take a file out of a draft."""
    for row in item.files.filter(pk=pk):
        row.file.delete(save=False)
        row.delete()


def drop(item: BasketItem) -> None:
    """Forget a draft, with its files."""
    for row in item.files.all():
        row.file.delete(save=False)
    item.delete()


def forget_old(before: datetime.datetime) -> int:
    """Drop what nobody touched since ``before``; returns how many."""
    rows = list(BasketItem.objects.filter(updated_at__lt=before)[:1000])
    for item in rows:
        drop(item)
    return len(rows)


@dataclass
class Line:
    """A basket item with its price, or with what keeps it from being ordered."""

    item: BasketItem
    price: Price
    problem: str


def as_item(item: BasketItem, names: str = "") -> Item:
    """What would be ordered."""
    return Item(
        offering=item.offering, data=posted(item), person=item.person, quantity=item.quantity, kept=list(item.files.all()),
        names=names,
    )  # fmt: skip


def rows_of(user: Any) -> Any:
    """One's drafts and basket."""
    return (
        BasketItem.objects.filter(user=user)
        .select_related("offering__service", "person", "version")
        .prefetch_related("files")
    )


def lines(user: Any) -> list[Line]:
    """What lies in the basket."""
    found = []
    for item in rows_of(user).filter(in_basket=True):
        try:
            ready = check(as_item(item), actor=user)
            found.append(Line(item, ready.total, ""))
        except (OperationError, access.Forbidden) as error:
            text = error.message if isinstance(error, OperationError) else str(error)
            found.append(Line(item, FREE, text))
    return found


def total(rows: list[Line]) -> Price:
    """What the basket costs."""
    price = FREE
    for line in rows:
        price += line.price
    return price


def refuse_changed(rows: list[Line], once: str, monthly: str) -> None:
    """Raise Conflict when the basket's price is not the one that was shown."""
    now = total(rows)
    if (once, monthly) != (str(now.once), str(now.monthly)):
        raise Conflict(_("Prices changed since you looked; please check the total."), theirs={}, yours={})
