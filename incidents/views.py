"""The incident's own screens: opening one, and what only incidents know."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from servicedesk.desk.guard import agents_only, find_ticket, refused
from servicedesk.desk.views.ticket import RELATED, redraw
from servicedesk.tickets.errors import Invalid, OperationError

from . import operations
from .forms import LeadForm, NewIncidentForm, ReportForm


@agents_only
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open an incident for somebody who called."""
    form = NewIncidentForm(
        request.POST or None, request.FILES or None, initial={"requester": request.GET.get("for", "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            incident = operations.open_incident(actor=request.user, **form.cleaned_data)
            return redirect("desk:ticket", incident.number)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    context = {"form": form, "current": "new"}
    return render(request, "incidents/new.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Report a problem through the portal."""
    initial = {"title": request.GET.get("title", "")[:200]}
    form = ReportForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            incident = operations.open_incident(actor=request.user, channel="portal", **form.cleaned_data)
            messages.success(
                request,
                _("Thank you. Your report has the number %(number)s; we have sent you a mail.")
                % {"number": incident.number},
            )
            return redirect("portal:ticket", incident.number)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    return render(request, "incidents/report.html", {"form": form}, status=422 if form.errors else 200)


@agents_only
@require_http_methods(["GET", "POST"])
def major(request: HttpRequest, number: str) -> HttpResponse:
    """Declare a major incident, or give it another lead."""
    ticket = find_ticket(request.user, number, RELATED)
    user: Any = request.user
    form = LeadForm(request.POST or None, initial={"lead": f"{user.name} <{user.email}>"})
    if request.method == "POST" and form.is_valid():
        try:
            operations.declare_major(ticket, actor=user, lead=form.cleaned_data["lead"])
            return redirect("desk:ticket", number)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    template = "incidents/major_form.html" if request.headers.get("HX-Request") else "incidents/major.html"
    return render(request, template, {"ticket": ticket, "form": form}, status=422 if form.errors else 200)


@agents_only
@require_POST
def stand_down(request: HttpRequest, number: str) -> HttpResponse:
    """End the state of a major incident."""
    ticket = find_ticket(request.user, number, RELATED)
    try:
        operations.stand_down(ticket, actor=request.user)
    except OperationError as error:
        return refused(request, error, reverse("desk:ticket", args=[number]))
    return redraw(request, number, _("No longer a major incident."))


@agents_only
@require_POST
def resolve_children(request: HttpRequest, number: str) -> HttpResponse:
    """Resolve the open children as their parent was."""
    ticket = find_ticket(request.user, number, RELATED)
    try:
        done, problems = operations.resolve_children(ticket, actor=request.user)
    except OperationError as error:
        return refused(request, error, reverse("desk:ticket", args=[number]))
    text = ngettext("%(n)d child resolved.", "%(n)d children resolved.", len(done)) % {"n": len(done)}
    if problems:
        text += " " + " ".join(f"{child.number}: {why}" for child, why in problems[:5])
    return redraw(request, number, text)
