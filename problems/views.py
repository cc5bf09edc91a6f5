"""Agents' screens of problems: raising one, and the workspace of the investigation."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.desk.dialogs import ask
from servicedesk.desk.guard import agents_only, find_ticket, refused
from servicedesk.desk.views.ticket import RELATED, redraw
from servicedesk.people import access
from servicedesk.tickets.errors import Invalid, OperationError
from servicedesk.tickets.models import Ticket

from . import candidates, known_errors, operations
from .forms import (
    AnalysisForm,
    DismissForm,
    LinkManyForm,
    MergeForm,
    NewProblemForm,
    PublishForm,
    ResolveIncidentsForm,
    WhyForm,
)
from .models import Candidate, CandidateState, Problem, Why
from .timeline import timeline as happened


def _problem(request: HttpRequest, number: str) -> tuple[Ticket, Problem]:
    ticket = find_ticket(request.user, number, RELATED)
    return ticket, get_object_or_404(Problem, pk=ticket.pk)


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def numbers_in(text: str) -> list[str]:
    """The numbers in a text, each once."""
    return list(dict.fromkeys(re.findall(r"[A-Z]{2,5}-\d{1,12}", text.upper())))


def visible_tickets(user: Any, text: str) -> list[Ticket]:
    """The tickets that a text names and ``user`` sees; raises Invalid naming those there are not."""
    wanted = numbers_in(text)
    if len(wanted) > operations.MOST_LINKED:
        raise Invalid({"numbers": _("At most %(n)d at once.") % {"n": operations.MOST_LINKED}})
    rows = list(access.visible(user, Ticket.objects.filter(number__in=wanted)))
    missing = set(wanted) - {row.number for row in rows}
    if missing or not wanted:
        text = ", ".join(sorted(missing)[:5])
        raise Invalid({"numbers": _("There is no such ticket that you see: %(names)s.") % {"names": text or "—"}})
    return rows


@agents_only
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Raise a problem: by hand, or from the tickets that ``for`` names."""
    user: Any = request.user
    named = " ".join(request.GET.getlist("for"))[:10_000]
    sources: list[Ticket] = []
    if numbers_in(named):
        try:
            sources = visible_tickets(user, named)
        except Invalid:
            sources = []
    first = sources[0] if sources else None
    initial = {"title": first.title, "service": first.service_id} if first is not None else {}
    form = NewProblemForm(_data(request), user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            problem = operations.raise_problem(actor=user, sources=sources, **form.cleaned_data)
            return redirect("desk:ticket", problem.number)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    context = {"form": form, "sources": sources, "current": "new"}
    return render(request, "problems/new.html", context, status=422 if form.errors else 200)


@agents_only
@require_safe
def timeline(request: HttpRequest, number: str) -> HttpResponse:
    """Its incidents and what else happened to their services, in order."""
    ticket, _problem_row = _problem(request, number)
    context = {"ticket": ticket, "entries": happened(ticket, request.user)}
    return render(request, "problems/timeline.html", context)


@agents_only
@require_http_methods(["GET", "POST"])
def analysis(request: HttpRequest, number: str) -> HttpResponse:
    """What the investigation found."""
    ticket, problem = _problem(request, number)
    names = ("root_cause", "workaround", "permanent_fix", "cause_category")
    form = AnalysisForm(_data(request), initial={name: getattr(problem, name) for name in names})
    return ask(
        request, ticket, form, lambda values: operations.describe(problem, actor=request.user, **values),
        title=_("Investigation"), button=_("Save"), done=_("Saved."),
    )  # fmt: skip


@agents_only
@require_http_methods(["GET", "POST"])
def why(request: HttpRequest, number: str, pk: int = 0) -> HttpResponse:
    """One more why, at the top or under another."""
    ticket, problem = _problem(request, number)
    parent = get_object_or_404(Why, pk=pk, problem=problem) if pk else None
    title = _("Why: %(text)s?") % {"text": parent.text} if parent is not None else _("Why did it happen?")
    return ask(
        request, ticket, WhyForm(_data(request)),
        lambda values: operations.ask_why(problem, actor=request.user, parent=parent, **values),
        title=title, button=_("Add"), done=_("Added."),
    )  # fmt: skip


@agents_only
@require_POST
def drop_why(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take a why away."""
    ticket, problem = _problem(request, number)
    row = get_object_or_404(Why, pk=pk, problem=problem)
    try:
        operations.drop_why(problem, actor=request.user, why=row)
    except OperationError as error:
        return refused(request, error, reverse("desk:ticket", args=[number]))
    return redraw(request, ticket.number, _("Taken away."))


@agents_only
@require_http_methods(["GET", "POST"])
def link_many(request: HttpRequest, number: str) -> HttpResponse:
    """Link many tickets at once."""
    ticket, problem = _problem(request, number)
    user: Any = request.user

    def act(values: dict[str, Any]) -> object:
        access.require(user, "link", ticket)
        return operations.link_sources(problem, actor=user, sources=visible_tickets(user, values["numbers"]))

    return ask(
        request, ticket, LinkManyForm(_data(request)), act, title=_("Link incidents and changes"), button=_("Link"),
        done=_("Linked."),
    )  # fmt: skip


def _report(request: HttpRequest, done: int, problems: list[tuple[Ticket, str]], text: str) -> None:
    if problems:
        text += " " + " ".join(f"{ticket.number}: {why}" for ticket, why in problems[:5])
        messages.warning(request, text)


def _as_published(problem: Problem) -> dict[str, Any]:
    article = known_errors.article_of(problem)
    return {"to_customers": "no", "knowledge_for": article.audience if article else "agents"}


@agents_only
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, number: str) -> HttpResponse:
    """Put the workaround on every open incident."""
    ticket, problem = _problem(request, number)

    def act(values: dict[str, Any]) -> object:
        done, wrong = known_errors.publish(problem, actor=request.user, **values)
        text = ngettext("Put on one incident.", "Put on %(n)d incidents.", done) % {"n": done}
        _report(request, done, wrong, text)
        article = known_errors.article_of(problem)
        if values["knowledge_for"] and article is not None and article.audience != values["knowledge_for"]:
            text = _("%(number)s stays for whom it was: a team lead decides who else reads it.")
            messages.warning(request, text % {"number": article.number})
        return done

    return ask(
        request, ticket, PublishForm(_data(request), initial=_as_published(problem)), act,
        title=_("Publish the workaround"), button=_("Publish"), done=_("Published."),
    )  # fmt: skip


@agents_only
@require_http_methods(["GET", "POST"])
def resolve_incidents(request: HttpRequest, number: str) -> HttpResponse:
    """Resolve the open incidents with one message."""
    ticket, problem = _problem(request, number)

    def act(values: dict[str, Any]) -> object:
        done, wrong = operations.resolve_incidents(problem, actor=request.user, **values)
        text = ngettext("One incident resolved.", "%(n)d incidents resolved.", done) % {"n": done}
        _report(request, done, wrong, text)
        return done

    return ask(
        request, ticket, ResolveIncidentsForm(_data(request), initial={"resolution": ticket.resolution}), act,
        title=_("Resolve its incidents"), button=_("Resolve"), done=_("Resolved."),
    )  # fmt: skip


@agents_only
@require_POST
def undo_resolving(request: HttpRequest, number: str) -> HttpResponse:
    """Take back that its incidents were resolved."""
    ticket, problem = _problem(request, number)
    try:
        done, wrong = operations.undo_resolving(problem, actor=request.user)
    except OperationError as error:
        return refused(request, error, reverse("desk:ticket", args=[number]))
    text = ngettext("One incident is open again.", "%(n)d incidents are open again.", done) % {"n": done}
    text += "".join(f" {incident.number}: {why}" for incident, why in wrong[:5])
    return redraw(request, ticket.number, text)


@agents_only
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, number: str) -> HttpResponse:
    """Make one problem of two."""
    ticket, problem = _problem(request, number)
    user: Any = request.user

    def act(values: dict[str, Any]) -> object:
        named = values["into"].strip().upper()
        into = access.visible(user, Problem.objects.filter(number=named)).first()
        if into is None:
            raise Invalid({"into": _("There is no problem with this number that you see.")})
        return operations.merge(problem, actor=user, into=into)

    return ask(
        request, ticket, MergeForm(_data(request)), act, title=_("Merge into another problem"), button=_("Merge"),
        done=_("Merged."),
    )  # fmt: skip


@agents_only
@require_safe
def found(request: HttpRequest) -> HttpResponse:
    """The candidates, each with its evidence."""
    context = {
        "rows": candidates.visible(request.user), "current": "candidates",
        "dismissed": Candidate.objects.filter(state=CandidateState.DISMISSED).select_related("decided_by").order_by("-decided_at")[:20],
    }  # fmt: skip
    return render(request, "problems/candidates.html", context)


def _candidate(user: Any, pk: int) -> Candidate:
    row = next((row for row in candidates.visible(user) if row.pk == pk), None)
    return row or get_object_or_404(Candidate.objects.exclude(state=CandidateState.OPEN), pk=pk)


@agents_only
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """A problem of a candidate, with its incidents linked."""
    row = _candidate(request.user, pk)
    try:
        problem = candidates.accept(row, actor=request.user)
    except OperationError as error:
        return refused(request, error, reverse("problems:candidates"))
    return redirect("desk:ticket", problem.number)


@agents_only
@require_http_methods(["GET", "POST"])
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """No problem, and why."""
    row = _candidate(request.user, pk)
    form = DismissForm(_data(request))
    if form.is_bound and form.is_valid():
        try:
            candidates.dismiss(row, actor=request.user, **form.cleaned_data)
            messages.success(request, _("Dismissed. It comes back only if it doubles."))
            return redirect("problems:candidates")
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    context = {"form": form, "row": row, "current": "candidates"}
    return render(request, "problems/dismiss.html", context, status=422 if form.errors else 200)
