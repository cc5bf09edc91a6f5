"""From an offering's form to a number and a promised date."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import versions
from catalog.entitlement import offered
from catalog.forms.answers import AnswersForm, Price, price_of
from catalog.models import Offering, OfferingVersion
from servicedesk.people import access
from servicedesk.people.finding import suggestions
from servicedesk.people.models import User
from servicedesk.tickets.errors import Invalid, OperationError

from .. import basket, operations
from ..forms import OrderForm, new_token
from ..models import BasketItem, Order, ServiceRequest
from ..showing import ordered_cards


def _draft(user: Any, pk: str | int | None, offering: Offering) -> BasketItem | None:
    if pk in (None, ""):
        return None
    if not str(pk).isdigit() or len(str(pk)) > 17:
        raise Http404
    return get_object_or_404(basket.rows_of(user), pk=pk, offering=offering)


def _page(
    request: HttpRequest, version: OfferingVersion, answers: AnswersForm, order: OrderForm, item: BasketItem | None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    definition = answers.definition
    parts = []
    for section in definition.sections:
        fields = [
            (question, answers[question.key], answers.kept.get(question.key, [])) for question in section.questions
        ]
        parts.append((section, fields))
    context = {
        "offering": version.offering, "version": version, "answers": answers, "order": order, "parts": parts, "item": item,
        "problems": [(form[name], errors) for form in (order, answers) for name, errors in form.errors.items() if name in form.fields],
        "general": [*order.non_field_errors(), *answers.non_field_errors()], "order_keys": definition.order,
        "parts_ordered": [p.row.offering.name for p in versions.plan_of(version) if p.row.kind == "order" and p.row.offering],
        "current": "catalogue",
    }  # fmt: skip
    return render(request, "requests/order.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of an offering; order it, put it into the basket, or keep it for later."""
    user: Any = request.user
    version = offered(user, slug)
    if version is None:
        raise Http404
    offering = version.offering
    definition = versions.definition_of(version)
    if request.method == "POST":
        item = _draft(user, request.POST.get("item"), offering)
        return _posted(request, version, definition, item)
    item = _draft(user, request.GET.get("draft"), offering)
    again = _earlier(user, request.GET.get("again", ""), offering)
    initial: dict[str, Any] = {}
    person = request.GET.get("for", "")[:300]
    quantity = 1
    if item is not None:
        initial = {
            k: (v if definition.questions[k].type == "many" else (v or [""])[0])
            for k, v in item.data.items()
            if k in definition.questions
        }
        person = f"{item.person.name} <{item.person.email}>" if item.person is not None else ""
        quantity = item.quantity
    elif again is not None:
        initial, quantity = operations.reorder_data(again, definition), min(again.quantity, version.most)
        if again.requester_id != user.pk and again.requester is not None:
            person = f"{again.requester.name} <{again.requester.email}>"
    form = OrderForm(
        user=user, most=version.most, initial={"person": person, "quantity": quantity, "token": new_token()}
    )
    answers = AnswersForm(definition, user=user, initial=initial, kept=_kept(item))
    return _page(request, version, answers, form, item)


def _earlier(user: Any, number: str, offering: Offering) -> ServiceRequest | None:
    if not number:
        return None
    rows = access.visible(user, ServiceRequest.objects.select_related("requester"))
    return rows.filter(number=number[:40].upper(), offering=offering).first()


def _kept(item: BasketItem | None) -> dict[str, list[Any]]:
    kept: dict[str, list[Any]] = {}
    for file in item.files.all() if item is not None else ():
        kept.setdefault(file.key, []).append(file)
    return kept


def _posted(request: HttpRequest, version: OfferingVersion, definition: Any, item: BasketItem | None) -> HttpResponse:
    user: Any = request.user
    form = OrderForm(request.POST, user=user, most=version.most)
    wanted = request.POST.get("do", "order")
    form_ok = form.is_valid()
    if item is not None and (pk := request.POST.get("drop", "")).isdigit() and len(pk) < 18:
        basket.drop_file(item, int(pk))
        item = basket.rows_of(user).get(pk=item.pk)
        wanted = "show"
    answers = AnswersForm(definition, user=user, data=request.POST, files=request.FILES, kept=_kept(item))
    person = form.cleaned_data.get("person") if form_ok else None
    if form_ok and wanted == "draft":
        return _keep(request, version, form, answers, item, person, in_basket=False)
    if wanted == "show" or not form_ok or not answers.is_valid():
        item = _rescue(request, version, item, person)
        answers = AnswersForm(definition, user=user, data=request.POST, kept=_kept(item))
        return _page(request, version, answers, form, item, status=422)
    if wanted == "basket":
        return _keep(request, version, form, answers, item, person, in_basket=True)
    seen = form.seen()
    if seen is not None:
        seen = price_of(seen.once, seen.monthly, definition, answers.cleaned_data, form.count())
    wish = operations.Item(
        offering=version.offering, data=request.POST, files=request.FILES, person=person, quantity=form.count(),
        kept=list(item.files.all()) if item is not None else [], seen_price=seen,
    )  # fmt: skip
    try:
        placed = operations.place([wish], actor=user, token=form.cleaned_data.get("token"))
    except (OperationError, access.Forbidden) as error:
        _show(form, answers, error)
        item = _rescue(request, version, item, person)
        answers.kept = _kept(item)
        return _page(request, version, answers, form, item, status=422)
    if item is not None:
        basket.drop(item)
    return redirect("requests:ordered", placed.token)


def _show(form: OrderForm, answers: AnswersForm, error: Exception) -> None:
    """Put a refusal where it belongs."""
    if isinstance(error, Invalid):
        for name, sentences in error.fields.items():
            target: Any = answers if name in answers.fields else form
            target.add_error(name if name in target.fields else None, sentences)
        return
    form.add_error(None, error.message if isinstance(error, OperationError) else str(error))


def _rescue(request: HttpRequest, version: OfferingVersion, item: BasketItem | None, person: Any) -> BasketItem | None:
    """A browser does not send files again: those of a refused form are kept in a draft."""
    if not request.FILES:
        return item
    try:
        kept = basket.save(
            version.offering, actor=request.user, data=request.POST, files=request.FILES, person=person, item=item,
            in_basket=item.in_basket if item is not None else False,
        )  # fmt: skip
    except (OperationError, access.Forbidden):
        return item
    return basket.rows_of(request.user).get(pk=kept.pk)


def _keep(
    request: HttpRequest, version: OfferingVersion, form: OrderForm, answers: AnswersForm, item: BasketItem | None,
    person: Any, *, in_basket: bool,
) -> HttpResponse:  # fmt: skip
    try:
        basket.save(
            version.offering, actor=request.user, data=request.POST, files=request.FILES, person=person,
            quantity=form.count(), item=item, in_basket=in_basket,
        )  # fmt: skip
    except (OperationError, access.Forbidden) as error:
        answers.is_valid()
        _show(form, answers, error)
        return _page(request, version, answers, form, item, status=422)
    if in_basket:
        messages.success(request, _("“%(name)s” is in your basket.") % {"name": version.offering.name})
        return redirect("requests:basket")
    messages.success(request, _("Kept for later. You find it on the front page."))
    return redirect("portal:home")


@login_required
@require_http_methods(["GET", "POST"])
def basket_page(request: HttpRequest) -> HttpResponse:
    """What lies in the basket, what it costs, and ordering it all."""
    user: Any = request.user
    rows = basket.lines(user)
    problem = ""
    if request.method == "POST":
        token = OrderForm({"token": request.POST.get("token", "")}, user=user, most=1)
        earlier = (
            Order.objects.filter(token=token.cleaned_data["token"]).first()
            if token.is_valid() and token.cleaned_data["token"]
            else None
        )
        if earlier is not None and earlier.placed_by_id == user.pk:
            return redirect("requests:ordered", earlier.token)
        try:
            basket.refuse_changed(rows, request.POST.get("once", ""), request.POST.get("monthly", ""))
            if any(line.problem for line in rows):
                raise Invalid({"items": _("Something in the basket cannot be ordered as it is.")})
            items = [basket.as_item(line.item, names=f"items.{n}.") for n, line in enumerate(rows)]
            placed = operations.place(items, actor=user, token=token.cleaned_data.get("token"))
            for line in rows:
                basket.drop(line.item)
            return redirect("requests:ordered", placed.token)
        except (OperationError, access.Forbidden) as error:
            problem = error.message if isinstance(error, OperationError) else str(error)
            rows = basket.lines(user)
    total: Price = basket.total(rows)
    context = {"lines": rows, "total": total, "token": new_token(), "problem": problem, "current": "basket"}
    return render(request, "requests/basket.html", context, status=422 if problem else 200)


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take something out of the basket, or forget a draft."""
    item = get_object_or_404(BasketItem, pk=pk, user=request.user)
    was_in_basket = item.in_basket
    basket.drop(item)
    return redirect("requests:basket" if was_in_basket else "portal:home")


@login_required
@require_safe
def ordered(request: HttpRequest, token: Any) -> HttpResponse:
    """Thank you: numbers, what happens next, and by when."""
    placed = get_object_or_404(Order, token=token, placed_by=request.user)
    rows = placed.requests.select_related("offering", "requester").defer("search").order_by("pk")
    return render(
        request, "requests/ordered.html", {"order": placed, "cards": ordered_cards(rows), "current": "tickets"}
    )


@login_required
@require_safe
def people(request: HttpRequest) -> JsonResponse:
    """Type-ahead for people in forms: those that one may name."""
    return suggestions(request, access.nameable_people(request.user, User.objects.all()))
