"""Who gets to an agents' screen, and how a refused operation is shown in a browser."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.tickets import references
from servicedesk.tickets.errors import OperationError
from servicedesk.tickets.models import Ticket

from .queue import has_seen

View = Callable[..., HttpResponse]

#: What a page shows of a ticket: everything but what search keeps, and of people what names them.
OWN = tuple(field.name for field in Ticket._meta.concrete_fields if field.name != "search")
NAMES = ("requester__name", "requester__email", "assignee__name", "assignee__email")


def agents_only(view: View) -> View:
    """Log in first; customers get 403."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.user.is_agent:
            raise access.Forbidden(_("This page is for the people of the service desk."))
        return view(request, *args, **kwargs)

    return wrapped


def find_ticket(user: Any, number: str, related: tuple[str, ...] = ()) -> Ticket:
    """The ticket with this number (or external reference) if ``user`` may see it; raises Http404."""
    if "\x00" in number or len(number) > 120:
        raise Http404
    tickets = access.visible(
        user, Ticket.objects.select_related(*related).only(*OWN, *NAMES) if related else Ticket.objects.only(*OWN)
    )
    tickets = tickets.annotate(is_seen=has_seen(user))
    return references.attach(get_object_or_404(tickets, number=number.upper()))


def refused(request: HttpRequest, error: OperationError, back: str) -> HttpResponse:
    """Show why an operation was refused: a toast for htmx, a message on the page before otherwise."""
    if request.headers.get("HX-Request"):
        response = render(request, "desk/toast.html", {"text": error.message, "level": "error"}, status=error.status)
        response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
        return response
    messages.error(request, error.message)
    return redirect(back)
