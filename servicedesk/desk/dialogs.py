"""A small form over a ticket's page: asked in a dialog, or on a page of its own without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from servicedesk.tickets.errors import Invalid, OperationError
from servicedesk.tickets.forms import FieldErrors
from servicedesk.tickets.models import Ticket

from .views.ticket import redraw


def ask(
    request: HttpRequest, ticket: Ticket, form: FieldErrors, act: Callable[[dict[str, Any]], object], *,
    title: str, button: str, done: str,
) -> HttpResponse:  # fmt: skip
    """Show the form, or do what it was sent for and draw the ticket anew; a refusal stands in the form."""
    if form.is_bound and form.is_valid():
        try:
            act(form.cleaned_data)
            return redraw(request, ticket.number, done)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    template = "desk/dialog_form.html" if request.headers.get("HX-Request") else "desk/dialog.html"
    context = {"ticket": ticket, "form": form, "title": title, "button": button}
    return render(request, template, context, status=422 if form.errors else 200)
