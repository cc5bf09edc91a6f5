"""Ordering: what was filled in becomes requests, all or none."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import versions
from catalog.bundles import parts_price
from catalog.entitlement import orderable
from catalog.forms.answers import AnswersForm, Price, described, facts_of, file_names, price_of, read_answers, words_for
from catalog.models import FieldType, Offering, OfferingVersion
from servicedesk.approvals import operations as approvals
from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Conflict, Invalid
from servicedesk.tickets.models import Attachment, Channel, Ticket
from servicedesk.tickets.money import price_words

from ..approving import approval_facts
from ..costs import check_budget
from ..models import Answer, BasketFile, Order, ServiceRequest
from ..process import REQUEST
from . import fulfilling

MOST_ITEMS = 30


@dataclass
class Item:
    """One thing to order: the offering, its answers as posted, for whom, and how many."""

    offering: Offering
    data: Any  #: a post's fields
    files: Any = None  #: a post's files
    person: Any = None  #: whom it is for; None: whoever orders
    quantity: int = 1
    kept: list[BasketFile] = field(default_factory=list)  #: files that were sent before
    seen_price: Price | None = None  #: what the form showed; another one now is refused
    names: str = ""  #: put before the field names of refusals
    version_id: int | None = None  #: whose form was shown; a newer one is refused if the answers do not fit it


@dataclass
class Ready:
    """An item that was looked through."""

    item: Item
    version: OfferingVersion
    person: Any
    values: dict[str, Any]
    price: Price
    total: Price  #: with what a bundle's parts cost


def check(item: Item, *, actor: Any) -> Ready:
    """Look an item through: entitled, answered, priced. Raises Invalid, Conflict or Forbidden; changes nothing."""
    person = item.person or actor
    if not access.may_order_for(actor, person):
        raise access.Forbidden(_("You may not order for %(name)s.") % {"name": person})
    offering = orderable(actor, person).select_related("service__team").filter(pk=item.offering.pk).first()
    if offering is None:
        raise Invalid({f"{item.names}offering": _("“%(name)s” cannot be ordered here.") % {"name": item.offering}})
    version = versions.published(offering)
    assert version is not None
    definition = versions.definition_of(version)
    kept: dict[str, list[Any]] = {}
    for file in item.kept:
        kept.setdefault(file.key, []).append(file)
    form = AnswersForm(definition, user=actor, data=item.data, files=item.files, kept=kept)
    values = read_answers(form, names=item.names)
    if isinstance(item.quantity, bool) or not 1 <= item.quantity <= version.most:
        raise Invalid({f"{item.names}quantity": _("Between 1 and %(n)d.") % {"n": version.most}})
    price = price_of(version.price_once, version.price_monthly, definition, values, item.quantity)
    if item.seen_price is not None and item.seen_price != price:
        now, before = price_words(price.once, price.monthly), price_words(item.seen_price.once, item.seen_price.monthly)
        raise Conflict(
            _("The price is %(now)s now, not %(before)s. Nothing was ordered; please look at it again.")
            % {"now": now, "before": before}, theirs={"price": now}, yours={"price": before},
        )  # fmt: skip
    total = price + parts_price(version, values, actor) * item.quantity
    return Ready(item, version, person, values, price, total)


@transaction.atomic
def place(
    items: Sequence[Item], *, actor: Any, token: uuid.UUID | None = None, channel: str = Channel.PORTAL,
    at: datetime.datetime | None = None,
) -> Order:  # fmt: skip
    """Order everything, or nothing. The same token again gives the same order.

    Raises Invalid (fields under each item's ``names``), Conflict for a price that changed, Forbidden.
    """
    token = token or uuid.uuid4()
    order, new = Order.objects.get_or_create(
        token=token, defaults={"placed_by": actor, "placed_at": at or timezone.now()}
    )
    if not new:
        if order.placed_by_id != actor.pk:
            raise access.Forbidden(_("This order is somebody else's."))
        return order
    if not items:
        raise Invalid({"items": _("There is nothing to order.")})
    if len(items) > MOST_ITEMS:
        raise Invalid({"items": _("At most %(n)d things at once.") % {"n": MOST_ITEMS}})
    ready = [check(item, actor=actor) for item in items]
    for one in ready:
        submit(one, actor=actor, order=order, channel=channel, at=at)
    return order


def submit(
    ready: Ready, *, actor: Any, order: Order | None = None, channel: str = Channel.PORTAL,
    at: datetime.datetime | None = None, bundle: ServiceRequest | None = None, covered: bool = False,
) -> ServiceRequest:  # fmt: skip
    """Make the request of an item that was looked through, and start what follows from it.

    ``covered``: the bundle's approval covers it.
    """
    version, person, values = ready.version, ready.person, ready.values
    offering = version.offering
    definition = versions.definition_of(version)
    at = at or timezone.now()
    quantity = ready.item.quantity
    new_files = [
        file for key, q in definition.questions.items() if q.type == FieldType.FILE for file in values.get(key) or []
        if not isinstance(file, BasketFile)
    ]  # fmt: skip
    ordered_by = actor or (bundle.ordered_by if bundle is not None else person)
    ticket = tickets.open_ticket(
        REQUEST, actor=actor, requester=person, at=at, channel=channel, files=new_files, service=offering.service,
        title=offering.name if quantity == 1 else f"{offering.name} × {quantity}",
        description=described(definition, values), planned_seconds=version.delivery_seconds,
        offering=offering, offering_version=version, order=order, ordered_by=ordered_by, bundle=bundle,
        ordered_on=timezone.localdate(at), quantity=quantity, price_once=ready.price.once,
        price_monthly=ready.price.monthly, total_once=ready.total.once, total_monthly=ready.total.monthly,
        cost_centre=_cost_centre(person, offering),
    )  # fmt: skip
    assert isinstance(ticket, ServiceRequest)
    _keep_answers(ticket, definition, values)
    _adopt_files(ticket, ready.item.kept, actor=ordered_by)
    check_budget(ticket, at=at)
    _ask_or_begin(ticket, version, values, actor=ordered_by, at=at, covered=covered)
    return ServiceRequest.objects.get(pk=ticket.pk)


def _cost_centre(person: Any, offering: Offering) -> Any:
    """The person's own, else the service's; none that was closed."""
    for centre in (person.cost_centre, offering.service.cost_centre):
        if centre is not None and centre.is_active:
            return centre
    return None


def _keep_answers(request: ServiceRequest, definition: Any, values: Mapping[str, Any]) -> None:
    rows = []
    for place, (key, question) in enumerate(definition.questions.items()):
        value = values.get(key)
        if value is None or value == "" or value == []:
            continue
        text = file_names(value) if question.type == FieldType.FILE else words_for(question, value)
        row = Answer(request=request, position=place, key=key, label=question.label, type=question.type, text=text)
        column = {
            FieldType.NUMBER: "number", FieldType.MONEY: "number", FieldType.DATE: "date", FieldType.YES_NO: "flag",
            FieldType.MANY: "options", FieldType.PERSON: "person", FieldType.ORGANISATION: "organisation",
            FieldType.SERVICE: "service",
        }.get(question.type)  # fmt: skip
        if column:
            setattr(row, column, value)
        elif question.type == FieldType.CHOICE:
            row.options = [value]
        rows.append(row)
    Answer.objects.bulk_create(rows)


def _adopt_files(request: ServiceRequest, kept: Sequence[BasketFile], *, actor: Any) -> None:
    """Files that waited with a draft become the request's; they stay where they lie."""
    for file in kept:
        Attachment.objects.create(
            ticket_id=request.pk, file=file.file.name, name=file.name, content_type=file.content_type, size=file.size,
            sha256=file.sha256, uploaded_by=actor,
        )  # fmt: skip
    BasketFile.objects.filter(pk__in=[file.pk for file in kept]).delete()


def _ask_or_begin(
    request: ServiceRequest, version: OfferingVersion, values: Mapping[str, Any], *, actor: Any, at: datetime.datetime,
    covered: bool,
) -> None:  # fmt: skip
    row = Ticket.objects.get(pk=request.pk)
    plan = version.approval_plan
    if not covered and plan is not None:
        facts = approval_facts(request, facts_of(values))
        if approvals.needed(plan, facts):
            tickets.transition(row, "ask_approval", actor=None, at=at)
            approvals.ask(row, plan, actor=actor, facts=facts, at=at)
            return
    if versions.plan_of(version):
        tickets.transition(row, "begin", actor=None, at=at)
        fulfilling.start(row, at=at)


def reorder_data(request: ServiceRequest, definition: Any) -> dict[str, Any]:
    """An earlier request's answers, to fill a form of today in with: what the form still asks and still offers."""
    initial: dict[str, Any] = {}
    for answer in request.answers.select_related("person", "organisation", "service"):
        question = definition.questions.get(answer.key)
        if question is None or question.type != answer.type:
            continue
        labels = {option.label for option in question.options}
        value: Any = answer.text
        match answer.type:
            case FieldType.NUMBER | FieldType.MONEY:
                value = answer.number.normalize() if answer.number is not None else None
                value = format(value, "f") if value is not None else None
            case FieldType.DATE:
                value = answer.date
            case FieldType.YES_NO:
                value = "yes" if answer.flag else "no"
            case FieldType.CHOICE:
                value = (answer.options or [""])[0]
                value = value if value in labels else None
            case FieldType.MANY:
                value = [option for option in answer.options or [] if option in labels]
            case FieldType.PERSON:
                value = f"{answer.person.name} <{answer.person.email}>" if answer.person is not None else None
            case FieldType.ORGANISATION:
                value = answer.organisation_id
            case FieldType.SERVICE:
                value = answer.service_id
            case FieldType.FILE:
                value = None
        if value is not None:
            initial[answer.key] = value
    return initial
