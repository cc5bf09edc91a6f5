"""Who gets to an agents' screen, and how a refused operation is shown in a browser."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.people.models import User
from servicedesk.tickets import references
from servicedesk.tickets.errors import OperationError
from servicedesk.tickets.models import Ticket

from .queue import has_seen

View = Callable[..., HttpResponse]

#: What a page shows of a ticket: everything but what search keeps, and of people what names them.
OWN = tuple(field.name for field in Ticket._meta.concrete_fields if field.name != "search")
#: The relations that come with a ticket's page.
PEOPLE = ("requester", "assignee")
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


_COLUMNS = [f for f in Ticket._meta.concrete_fields if f.name != "search"]
_ONE = (
    f"SELECT {', '.join(f't.{field.column}' for field in _COLUMNS)}, r.id, r.email, r.name, a.id, a.email, a.name,"  # noqa: S608
    " EXISTS (SELECT 1 FROM tickets_seen s WHERE s.user_id = %s AND s.ticket_id = t.id AND s.at >= t.activity_at)"
    " FROM tickets_ticket t LEFT JOIN people_user r ON r.id = t.requester_id LEFT JOIN people_user a ON a.id = t.assignee_id"
    " WHERE t.number = %s"
)


def _one(user: Any, number: str) -> Ticket:
    """A ticket with requester and assignee, for an agent who sees all: asked by every ticket page, so by a plain statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE, [user.pk, number])
        row = cursor.fetchone()
    if row is None:
        raise Http404
    count = len(_COLUMNS)
    ticket = Ticket.from_db("default", [field.attname for field in _COLUMNS], row[:count])
    for name, place in (("requester", count), ("assignee", count + 3)):
        values = row[place : place + 3]
        # Named in the model's order, as from_db takes them.
        person = User.from_db("default", ["id", "email", "name"], values) if values[0] is not None else None
        Ticket._meta.get_field(name).set_cached_value(ticket, person)  # type: ignore[union-attr]
    ticket.is_seen = row[-1]  # type: ignore[attr-defined]
    return ticket


def find_ticket(user: Any, number: str, related: tuple[str, ...] = ()) -> Ticket:
    """The ticket with this number (or external reference) if ``user`` may see it; raises Http404."""
    if "\x00" in number or len(number) > 120:
        raise Http404
    if related == PEOPLE and user.is_agent and user.is_active and not access.hidden_team_ids(user):
        return references.attach(_one(user, number.upper()))
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
