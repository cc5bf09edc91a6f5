"""Queue, search, and what keeps them current."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people import access
from servicedesk.people.finding import suggestions
from servicedesk.people.models import Team, User
from servicedesk.text import asked
from servicedesk.tickets import operations, registry
from servicedesk.tickets.errors import OperationError
from servicedesk.tickets.models import Event, Ticket
from servicedesk.tickets.search import by_number, search

from ..beside import search_parts
from ..frame import frame, news, parse_cursor, standing
from ..guard import agents_only, find_ticket
from ..queue import (
    DEFAULT_SORT,
    RAIL,
    SORTS,
    Query,
    filter_choices,
    filter_names,
    for_rows,
    with_chips,
)

BULK_LIMIT = 100
PULSE_LIMIT = 200


@agents_only
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The list agents triage from."""
    query = Query.parse(request.GET)
    rows, after = query.page(request.user)
    columns = [
        (slug, sort.label, query.sort_address(slug), query.sort == slug and ("desc" if query.descending else "asc"))
        for slug, sort in SORTS.items()
    ]
    context = {
        "query": query, "rows": rows, "columns": columns, "filters": filter_names(query.filters),
        "more": query.address(after=after) if after else None, "reset": query.address(**dict.fromkeys(query.filters)),
    }  # fmt: skip
    if request.headers.get("HX-Request") and "after" in request.GET:
        return render(request, "desk/rows.html", context | {"appended": True})
    context |= {
        "current": query.view.slug, "sorted_by": SORTS[query.sort].label, "here": query.address(),
        "raise": registry.raisable_from_many(),
    }  # fmt: skip
    if not query.filters and query.view.slug in RAIL:
        context["total"] = {view.slug: n for view, n in frame(request)["rail"]}[query.view.slug]
    return render(request, "desk/queue.html", context)


@agents_only
@require_safe
def filters(request: HttpRequest) -> HttpResponse:
    """The filter menus, fetched when they are opened."""
    query = Query.parse(request.GET)
    menus = [{**menu, "value": query.filters.get(menu["name"], "")} for menu in filter_choices()]
    return render(request, "desk/filters.html", {"menus": menus, "query": query, "default_sort": DEFAULT_SORT})


@agents_only
@require_safe
def keyboard(request: HttpRequest) -> HttpResponse:
    """What the keys do, fetched when somebody asks."""
    return render(request, "desk/keys.html")


@agents_only
@require_safe
def bulk_teams(request: HttpRequest) -> HttpResponse:
    """The teams to give selected tickets to, fetched when the menu is opened."""
    teams = access.visible_teams(request.user, Team.objects.filter(is_active=True))[:200]
    return render(request, "desk/bulk_teams.html", {"teams": teams})


@agents_only
@require_safe
def pulse(request: HttpRequest) -> HttpResponse:
    """204 while nothing happened since ``cursor``; else new counts and the changed rows of the queue in view."""
    now = news(request.user)
    since = parse_cursor(request.GET.get("cursor", ""))
    if since is None or now.cursor == request.GET["cursor"]:
        return HttpResponse(status=204)
    query = Query.parse(request.GET)
    changed = list(Event.objects.filter(pk__gt=since).values_list("ticket_id", flat=True).distinct()[:PULSE_LIMIT])
    rows = for_rows(query.tickets(request.user).filter(pk__in=changed), request.user).order_by("-activity_at")
    context = {
        "rows": with_chips(list(rows[:PULSE_LIMIT])),
        "changed": changed,
        "news": now,
        **standing(request.user, now.cursor),
    }
    return render(request, "desk/pulse.html", context)


@agents_only
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Search; a number that is known goes straight to its ticket."""
    words = asked(request.GET.get("q"))
    direct = by_number(words)
    if direct is not None:
        found = list(access.visible(request.user, Ticket.objects.filter(direct)).only("number")[:2])
        if len(found) == 1:
            return redirect("desk:ticket", found[0].number)
    context = {"words": words, "hits": search(request.user, words)}
    return render(request, "desk/search.html", context)


@agents_only
@require_safe
def search_beside(request: HttpRequest) -> HttpResponse:
    """What other apps find for the same words: fetched once the tickets are there."""
    words = asked(request.GET.get("q"))
    parts = [render_to_string(p.template, p.context(words, request.user), request) for p in search_parts() if words]
    return HttpResponse("".join(parts))


@agents_only
@require_safe
def people(request: HttpRequest) -> JsonResponse:
    """Type-ahead: up to eight people whose name or address contains the words."""
    rows = User.objects.filter(is_active=True)
    if request.GET.get("agents"):
        rows = rows.exclude(role="customer")
    return suggestions(request, access.visible_people(request.user, rows))


@agents_only
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """One action on the selected rows; each ticket is an operation of its own, refused ones are said."""
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/desk/"
    numbers = request.POST.getlist("ticket")[:BULK_LIMIT]
    done, problems = 0, []
    for number in numbers:
        try:
            _apply(request, find_ticket(request.user, number))
            done += 1
        except Http404:
            problems.append(_("There is no ticket %(number)s.") % {"number": number[:20]})
        except OperationError as error:
            problems.append(f"{number}: {error.message}")
    if not numbers:
        messages.error(request, _("Select some tickets first."))
    elif done:
        messages.success(request, ngettext("%(n)d ticket changed.", "%(n)d tickets changed.", done) % {"n": done})
    for problem in problems[:5]:
        messages.error(request, problem)
    return redirect(back)


def _apply(request: HttpRequest, ticket: Ticket) -> Any:
    action, value = request.POST.get("action", ""), request.POST.get("value", "")
    if action == "take":
        return operations.take(ticket, actor=request.user)
    if action == "team":
        team = Team.objects.filter(pk=int(value)).first() if value.isdigit() and len(value) < 18 else None
        return operations.assign(ticket, actor=request.user, team=team)
    if action == "assignee":
        person = User.objects.filter(email__iexact=parseaddr(value)[1] or value).first()
        if person is None:
            raise OperationError(_("Nobody here is known as “%(value)s”.") % {"value": value[:80]})
        return operations.assign(ticket, actor=request.user, assignee=person)
    if action == "seen":
        return operations.mark_seen(ticket, actor=request.user)
    raise OperationError(_("Choose what to do."))
