"""One ticket: its page, and everything done there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.people import access
from servicedesk.people.models import User
from servicedesk.sla import oncall
from servicedesk.sla.display import clocks_of
from servicedesk.tickets import operations, references, registry
from servicedesk.tickets.errors import Conflict, Invalid, OperationError
from servicedesk.tickets.models import Link, LinkKind, Ticket
from servicedesk.tickets.similar import similar
from servicedesk.tickets.timeline import inverse_label, talk, value_words
from servicedesk.web import after

from ..beside import parts
from ..forms import LinkForm, PriorityForm, SayForm, StepForm, field_form
from ..guard import PEOPLE, agents_only, find_ticket, refused
from ..presence import look

RELATED = PEOPLE


@dataclass
class Related:
    """A link as the page shows it: the words, and the ticket at the other end."""

    pk: int
    kind: str
    number: str
    title: str


_RELATED = (
    "SELECT l.id, l.kind, l.source_id, l.target_id, s.number, s.title, t.number, t.title FROM tickets_link l"
    " JOIN tickets_ticket s ON s.id = l.source_id JOIN tickets_ticket t ON t.id = l.target_id"
    " WHERE l.source_id = %s OR l.target_id = %s ORDER BY l.kind, l.id LIMIT 50"
)


def related(ticket: Ticket, user: Any) -> list[Related]:
    """The links whose other end ``user`` may see; one query, two where there are private teams."""
    with connection.cursor() as cursor:  # asked on every page: Django would put the same statement together anew
        cursor.execute(_RELATED, [ticket.pk, ticket.pk])
        rows = cursor.fetchall()
    found = []
    for pk, kind, source, target, *ends in rows:
        out = source == ticket.pk
        number, title = ends[2:] if out else ends[:2]
        words = str(LinkKind(kind).label) if out else inverse_label(kind)
        found.append((target if out else source, Related(pk, words, number, title)))
    if not found or not access.hidden_team_ids(user):
        return [link for _other, link in found]
    others = Ticket.objects.filter(pk__in=[other for other, _link in found])
    seen_ids = set(access.visible(user, others).values_list("pk", flat=True))
    return [link for other, link in found if other in seen_ids]


def page_context(request: HttpRequest, ticket: Ticket, *, before: int | None = None) -> dict[str, Any]:
    """Everything the ticket page shows; see tests for its fixed number of queries."""
    user: Any = request.user
    watchers = list(User.objects.filter(watching__ticket=ticket).only("name", "email").order_by("name")[:50])
    steps = [step for step in ticket.process.lifecycle.open_to(user, ticket) if step.desk]
    clocks, paged = clocks_of(ticket)
    return {
        "clocks": clocks, "paging": oncall.waiting(ticket) if paged else [],
        "ticket": ticket, "here": reverse("desk:ticket", args=[ticket.number]), "talk": talk(ticket, viewer=user, before=before),
        "codes": references.active_codes(), "related": related(ticket, user), "watchers": watchers, "watching": user in watchers,
        "steps": steps, "may_resolve": any(step.slug == "resolve" for step in steps),
        "sending": [step for step in steps if step.slug in ("wait_customer",)],
        "raise": registry.raisable_from(ticket.process),
        "panel": ticket.process.panel, **ticket.process.context(ticket, user),
    }  # fmt: skip


def seen(request: HttpRequest, ticket: Ticket, response: HttpResponse) -> HttpResponse:
    """Mark the ticket as seen once the page is sent, unless nothing happened since it was seen before."""
    if not getattr(ticket, "is_seen", False):
        after(response, lambda: operations.mark_seen(ticket, actor=request.user))
    return response


@agents_only
@require_safe
def ticket_page(request: HttpRequest, number: str) -> HttpResponse:
    """The whole ticket; for htmx ``?preview=1`` is its short form and ``?live=1`` its parts to swap in."""
    ticket = find_ticket(request.user, number, RELATED)
    before = request.GET.get("before", "")
    context = page_context(request, ticket, before=int(before) if before.isdigit() and len(before) < 18 else None)
    if request.GET.get("live") and request.headers.get("HX-Request"):
        return seen(request, ticket, render(request, "desk/ticket_live.html", context))
    if request.GET.get("preview") and request.headers.get("HX-Request"):
        return seen(request, ticket, render(request, "desk/preview.html", context))
    return seen(request, ticket, render(request, "desk/ticket.html", context | {"say": SayForm()}))


def undo_of(ticket: Ticket, name: str) -> dict[str, Any]:
    """What a toast offers to take the coming change of a property back; ask before it is made."""
    here = reverse("desk:ticket", args=[ticket.number])
    before = _initial(ticket, name)
    return {"url": f"{here}edit/{name}/", "fields": [(name, "" if before is None else before)]}


def redraw(request: HttpRequest, number: str, text: str = "", undo: dict[str, Any] | None = None) -> HttpResponse:
    """The page after something was done: redrawn in place for htmx, else by redirect. Processes answer so as well."""
    if request.headers.get("HX-Request"):
        ticket = find_ticket(request.user, number, RELATED)
        operations.mark_seen(ticket, actor=request.user)
        context = page_context(request, ticket) | {"toast": text, "undo": undo}
        return render(request, "desk/ticket_live.html", context)
    if text:
        messages.success(request, text)
    return redirect("desk:ticket", number)


@agents_only
@require_safe
def beside(request: HttpRequest, number: str) -> HttpResponse:
    """What is like this ticket, and what other apps know about it: fetched once the page is there."""
    ticket = find_ticket(request.user, number)
    context = {
        "ticket": ticket, "alike": similar(ticket, request.user),
        "parts": [render_to_string(part.template, part.context(ticket, request.user), request) for part in parts()],
    }  # fmt: skip
    return render(request, "desk/beside.html", context)


@agents_only
@require_POST
def say(request: HttpRequest, number: str) -> HttpResponse:
    """Reply or note, with files, and the step that goes with it."""
    ticket = find_ticket(request.user, number, RELATED)
    form = SayForm(request.POST, request.FILES)
    if form.is_valid():
        values = form.cleaned_data
        try:
            if values["files"] and not values["body"].strip() and not values["then"]:
                internal = values["kind"] == "note"
                operations.attach(ticket, actor=request.user, files=values["files"], internal=internal)
            elif values["kind"] == "note":
                operations.note(ticket, actor=request.user, body=values["body"], files=values["files"])
            else:
                operations.reply(
                    ticket, actor=request.user, body=values["body"], files=values["files"],
                    then=values["then"] or None, resolution_code=values["resolution_code"],
                )  # fmt: skip
            response = redirect("desk:ticket", number)
            response["Location"] += "?sent=1#composer"
            return response
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    # What was typed stays in the composer.
    ticket = find_ticket(request.user, number, RELATED)
    context = page_context(request, ticket) | {"say": form}
    return render(request, "desk/ticket.html", context, status=422)


@agents_only
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Take a step; asks first for what it needs."""
    ticket = find_ticket(request.user, number, RELATED)
    known = {s.slug: s for s in ticket.process.lifecycle.transitions if s.desk}
    if slug not in known:
        raise Http404
    taken = known[slug]
    form = StepForm(request.POST if request.method == "POST" else None, needs=taken.needs)
    if request.method == "POST" and form.is_valid():
        try:
            operations.transition(ticket, slug, actor=request.user, **form.cleaned_data)
            return redirect("desk:ticket", number)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            if not taken.needs:
                return refused(request, error, request.path.rsplit("/", 3)[0] + "/")
            form.add_error(None, error.message)
    context = {"ticket": ticket, "step": taken, "form": form}
    template = "desk/step_form.html" if request.headers.get("HX-Request") else "desk/step.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _initial(ticket: Ticket, name: str) -> Any:
    if name == "tags":
        return ", ".join(ticket.tags)
    value: Any = getattr(ticket, name, None)
    if name in ("assignee", "requester"):
        return f"{value.name} <{value.email}>" if value else ""
    return value.pk if hasattr(value, "pk") else value


@agents_only
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Edit one property in place. A value changed by somebody else meanwhile is shown beside one's own."""
    ticket = find_ticket(request.user, number, RELATED)
    data = request.POST if request.method == "POST" else None
    form: Any
    if name == "priority":
        initial = {
            "impact": ticket.impact, "urgency": ticket.urgency, "priority_reason": ticket.priority_reason,
            "priority": ticket.priority if ticket.priority_reason else "",
        }  # fmt: skip
        form = PriorityForm(data, initial=initial)
    elif name == "link":
        form = LinkForm(data)
    else:
        try:
            form = field_form(name, request.user, data, {name: _initial(ticket, name)})
        except KeyError:
            raise Http404 from None
    conflict: list[tuple[str, str]] = []
    if data is not None and form.is_valid():
        try:
            undo = undo_of(ticket, name) if name in ("assignee", "team") and not request.POST.get("undo") else None
            _save_property(request, ticket, name, form.cleaned_data)
            return redraw(request, number, _("Saved."), undo)
        except Invalid as error:
            form.add_refusal(error)
        except Conflict as error:
            conflict = [
                (value_words(ticket, key, theirs), value_words(ticket, key, error.yours[key]))
                for key, theirs in error.theirs.items()
            ]
        except OperationError as error:
            form.add_error(None, error.message)
    template = "desk/edit.html" if request.headers.get("HX-Request") else "desk/edit_page.html"
    version = request.POST.get("version") if form.errors and not conflict else ticket.version
    context = {"ticket": ticket, "name": name, "form": form, "conflict": conflict, "version": version}
    return render(request, template, context, status=422 if form.errors or conflict else 200)


def _save_property(request: HttpRequest, ticket: Ticket, name: str, values: dict[str, Any]) -> None:
    user: Any = request.user
    raw = request.POST.get("version", "")
    version = int(raw) if raw.isdigit() and len(raw) < 9 else None
    if name in ("assignee", "team"):
        operations.assign(ticket, actor=user, expected_version=version, **{name: values[name]})
    elif name == "watcher":
        operations.watch(ticket, actor=user, user=values[name])
    elif name == "link":
        target = access.visible(user, Ticket.objects.filter(number=values["target"].strip().upper())).first()
        if target is None:
            raise Invalid({"target": _("There is no ticket with this number that you see.")})
        operations.link(ticket, actor=user, target=target, kind=values["kind"])
    elif name == "tags":
        operations.change(ticket, actor=user, expected_version=version, tags=values[name].split(","))
    elif name == "priority":
        if values["priority"] is not None and not values["priority_reason"] and values["priority"] == ticket.priority:
            values["priority"] = None
        operations.change(ticket, actor=user, expected_version=version, **values)
    else:
        operations.change(ticket, actor=user, expected_version=version, **{name: values[name]})


@agents_only
@require_POST
def act(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """The one-click actions."""
    ticket = find_ticket(request.user, number, RELATED)
    user: Any = request.user
    text, undo = "", None
    try:
        match name:
            case "take":
                text, undo = _("Assigned to you."), undo_of(ticket, "assignee")
                operations.take(ticket, actor=user)
            case "acknowledge":
                oncall.acknowledge(ticket, actor=user)
                text = _("Nobody else is called.")
            case "watch":
                operations.watch(ticket, actor=user)
            case "unwatch":
                wanted = request.POST.get("user", "")
                other = User.objects.filter(pk=int(wanted)).first() if wanted.isdigit() and len(wanted) < 18 else user
                operations.unwatch(ticket, actor=user, user=other)
            case "unlink":
                pk = request.POST.get("link", "")
                link = Link.objects.filter(pk=int(pk)).first() if pk.isdigit() and len(pk) < 18 else None
                if link is None:
                    raise Http404
                operations.unlink(ticket, actor=user, link=link)
            case _:
                raise Http404
    except OperationError as error:
        return refused(request, error, f"/desk/{number}/")
    return redraw(request, number, text, undo)


@agents_only
@require_safe
def ticket_pulse(request: HttpRequest, number: str) -> HttpResponse:
    """Who else looks, and the page's live parts when the ticket moved on past ``version``."""
    ticket = find_ticket(request.user, number, RELATED)
    others = look(ticket.pk, request.user, typing=request.GET.get("typing") == "1")
    if request.GET.get("version") == str(ticket.version):
        return render(request, "desk/looking.html", {"others": others})
    operations.mark_seen(ticket, actor=request.user)
    return render(request, "desk/ticket_live.html", page_context(request, ticket) | {"others": others})
