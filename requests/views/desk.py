"""Agents' screens of requests: ordering for somebody, adding tasks, costs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import SHELF_ORDER, Offering
from catalog.views import cards
from servicedesk.desk.guard import agents_only, find_ticket
from servicedesk.desk.views.ticket import RELATED, redraw
from servicedesk.tickets.errors import Invalid, NotAllowedNow, OperationError
from servicedesk.work.forms import TaskForm
from servicedesk.work.operations import add_task

from .. import operations
from ..forms import ChargeForm, EndForm
from ..models import ServiceRequest


@agents_only
@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """Choose what somebody who called wants; the form says for whom."""
    words = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    rows = Offering.objects.filter(is_retired=False, service__is_active=True, versions__state="published")
    if words:
        rows = rows.filter(name__icontains=words) | rows.filter(keywords__icontains=words)
    context = {
        "offerings": cards(rows.distinct()).order_by(*SHELF_ORDER)[:200],
        "words": words,
        "for": request.GET.get("for", "")[:300],
        "current": "new",
    }
    return render(request, "requests/new.html", context)


def _dialog(request: HttpRequest, ticket: Any, form: Any, title: str, button: str) -> HttpResponse:
    template = "requests/dialog_form.html" if request.headers.get("HX-Request") else "requests/dialog.html"
    context = {"ticket": ticket, "form": form, "title": title, "button": button}
    return render(request, template, context, status=422 if form.errors else 200)


@agents_only
@require_http_methods(["GET", "POST"])
def task(request: HttpRequest, number: str) -> HttpResponse:
    """Add a task to a ticket."""
    ticket = find_ticket(request.user, number, RELATED)
    form = TaskForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            values = form.cleaned_data
            add_task(
                ticket, actor=request.user, title=values["title"], instructions=values["instructions"], team=values["team"],
                assignee=values["assignee"], planned_seconds=values["due"],
            )  # fmt: skip
            return redraw(request, number, _("Task added."))
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    return _dialog(request, ticket, form, _("Add a task"), _("Add"))


def _request(user: Any, number: str) -> Any:
    ticket = find_ticket(user, number, RELATED)
    if not ServiceRequest.objects.filter(pk=ticket.pk).exists():
        raise NotAllowedNow(_("%(number)s is no request.") % {"number": ticket.number})
    return ticket


@agents_only
@require_http_methods(["GET", "POST"])
def charge(request: HttpRequest, number: str) -> HttpResponse:
    """Charge a request to another cost centre."""
    ticket = find_ticket(request.user, number, RELATED)
    row = ServiceRequest.objects.filter(pk=ticket.pk).first()
    form = ChargeForm(
        request.POST if request.method == "POST" else None, initial={"cost_centre": row.cost_centre_id if row else None}
    )
    if request.method == "POST" and form.is_valid():
        try:
            operations.charge_to(
                _request(request.user, number), actor=request.user, cost_centre=form.cleaned_data["cost_centre"]
            )
            return redraw(request, number, _("Saved."))
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    return _dialog(request, ticket, form, _("Who pays?"), _("Save"))


@agents_only
@require_http_methods(["GET", "POST"])
def end_monthly(request: HttpRequest, number: str) -> HttpResponse:
    """End what a request costs each month."""
    ticket = find_ticket(request.user, number, RELATED)
    form = EndForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.end_monthly(_request(request.user, number), actor=request.user, month=form.cleaned_data["month"])
            return redraw(request, number, _("Saved."))
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    return _dialog(request, ticket, form, _("End the monthly costs"), _("Save"))
