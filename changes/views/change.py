"""Raising a change, and the dialogs over its page."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.forms.answers import AnswersForm
from servicedesk.desk.dialogs import ask
from servicedesk.desk.guard import agents_only, find_ticket, refused
from servicedesk.desk.views.ticket import RELATED, redraw
from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Conflict, Invalid, OperationError
from servicedesk.tickets.models import LinkKind, Ticket
from servicedesk.work.models import WorkStep

from .. import afterwards, operations, records
from ..forms import (
    EditPlanForm,
    FinishForm,
    NewChangeForm,
    PlannedTaskForm,
    ReviewForm,
    RiskForm,
    TypeForm,
    WindowForm,
    active_models,
)
from ..models import Change, ChangeModel, ChangeType
from ..models.risk import questionnaire, revision_of
from ..operations.opening import definition_of


def _change(request: HttpRequest, number: str) -> tuple[Ticket, Change]:
    ticket = find_ticket(request.user, number, RELATED)
    return ticket, get_object_or_404(Change.objects.select_related("model"), pk=ticket.pk)


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _kept(request: HttpRequest) -> str:
    """What goes on from the choice to the form: the ticket it is for, the day."""
    return urlencode({k: request.GET[k][:40] for k in ("for", "day") if request.GET.get(k)})


def _choose(request: HttpRequest) -> HttpResponse:
    record = records.of_models()
    models = [(model, record.get(model.pk, records.Record())) for model in active_models()[:200]]
    return render(request, "changes/choose.html", {"models": models, "current": "new", "kept": _kept(request)})


@agents_only
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a model or a type, then say what is to be changed."""
    slug, type_ = request.GET.get("model", ""), request.GET.get("type", "")
    if not slug and type_ not in (ChangeType.NORMAL, ChangeType.EMERGENCY):
        return _choose(request)
    user: Any = request.user
    model: ChangeModel | None = None
    if slug:
        model = get_object_or_404(active_models(), slug=slug[:50])
        type_ = ChangeType.STANDARD if model.type == ChangeType.STANDARD else ChangeType.NORMAL
        if model.type == ChangeType.STANDARD and not model.is_preapproved:
            type_ = ChangeType.NORMAL
    form = NewChangeForm(
        _data(request), user=user, model=model, initial={"zone": user.time_zone, **_from_link(request)}
    )
    definition = definition_of(model) if model is not None else None
    answers = (
        AnswersForm(definition, user=user, data=_data(request), files=request.FILES or None) if definition else None
    )
    if request.method == "POST" and form.is_valid() and (answers is None or answers.is_valid()):
        values = dict(form.cleaned_data)
        try:
            with transaction.atomic():
                change = operations.raise_change(
                    actor=user, type=type_, model=model, answers=request.POST, files=request.FILES,
                    **{**values, "services": list(values["services"])},
                )  # fmt: skip
                _link_from(request, change)
            return redirect("desk:ticket", change.number)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    parts: list[Any] = []
    if answers is not None:
        parts = [
            (section, [(q, answers[q.key], []) for q in section.questions]) for section in answers.definition.sections
        ]
    context = {
        "form": form, "model": model, "type": ChangeType(type_), "source": _source(request),
        "current": "new", "parts": parts, "answers": answers,
        "order_keys": definition.order if definition is not None else [],
    }  # fmt: skip
    wrong = form.errors or (answers is not None and answers.errors)
    return render(request, "changes/new.html", context, status=422 if wrong else 200)


def _from_link(request: HttpRequest) -> dict[str, Any]:
    """What an address may fill in: the ticket it is for, a day of the calendar, a title."""
    source = _source(request)
    found: dict[str, Any] = {}
    if source is not None:
        found = {"title": source.title, "services": [source.service_id] if source.service_id else []}
    day = request.GET.get("day", "")
    try:
        start = datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(20))
        found |= {"start": start, "end": start + datetime.timedelta(hours=2)}
    except ValueError:
        pass
    return found


def _source(request: HttpRequest) -> Ticket | None:
    number = request.GET.get("for", "")[:20].upper()
    return access.visible(request.user, Ticket.objects.filter(number=number)).first() if number else None


def _link_from(request: HttpRequest, change: Change) -> None:
    """Link the incident or problem that the change was raised from."""
    source = _source(request)
    if source is not None:
        tickets.link(source, actor=request.user, target=Ticket.objects.get(pk=change.pk), kind=LinkKind.RESOLVED_BY)


@agents_only
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, number: str) -> HttpResponse:
    """What is done, why, and the way back."""
    ticket, change = _change(request, number)
    names = ("reason", "implementation", "test_plan", "communication", "backout", "outage")
    initial = {name: getattr(change, name) for name in names} | {
        "services": list(change.services.all()), "version": ticket.version,
    }  # fmt: skip

    def act(values: dict[str, Any]) -> object:
        version = values.pop("version", None)
        return operations.plan(change, actor=request.user, expected_version=version, **values)

    form = EditPlanForm(_data(request), initial=initial)
    form.fields["services"].queryset |= change.services.all()  # type: ignore[attr-defined]
    return ask(request, ticket, form, act, title=_("Plan"), button=_("Save"), done=_("Saved."))


@agents_only
@require_http_methods(["GET", "POST"])
def window(request: HttpRequest, number: str) -> HttpResponse:
    """When it is done."""
    ticket, change = _change(request, number)
    user: Any = request.user
    form = WindowForm(_data(request), initial=WindowForm.initial_of(change, user.time_zone))
    return ask(
        request, ticket, form, lambda values: operations.move(change, actor=user, **values),
        title=_("Planned window"), button=_("Save"), done=_("Saved."),
    )  # fmt: skip


@agents_only
@require_http_methods(["GET", "POST"])
def assess(request: HttpRequest, number: str) -> HttpResponse:
    """The questionnaire. One that was changed meanwhile is shown again, with what was answered."""
    ticket, change = _change(request, number)
    questions = questionnaire()
    revision = revision_of(questions)
    given = {f"q{a.question_id}": a.option_id for a in change.risk_answers.all()}
    form = RiskForm(_data(request), questions=questions, initial={**given, "revision": revision})
    if request.method == "POST" and request.POST.get("revision") != revision:
        data = request.POST.copy()
        data["revision"] = revision
        form = RiskForm(data, questions=questions)
        form.is_valid()
        form.add_error(
            None, _("The questionnaire was changed while you answered it. Please look at your answers again.")
        )

    def act(values: dict[str, Any]) -> object:
        try:
            return operations.assess(change, actor=request.user, answers=form.answers(), revision=values["revision"])
        except Conflict as error:
            raise Invalid({"__all__": error.message}) from None

    return ask(
        request, ticket, form, act, title=_("Assess the risk"), button=_("Work out the risk"), done=_("Assessed.")
    )


@agents_only
@require_http_methods(["GET", "POST"])
def change_type(request: HttpRequest, number: str) -> HttpResponse:
    """Another kind of change."""
    ticket, change = _change(request, number)
    return ask(
        request, ticket, TypeForm(_data(request), initial={"type": change.type}),
        lambda values: operations.plan(change, actor=request.user, **values),
        title=_("Type"), button=_("Save"), done=_("Saved."),
    )  # fmt: skip


@agents_only
@require_http_methods(["GET", "POST"])
def task(request: HttpRequest, number: str) -> HttpResponse:
    """Plan a task."""
    ticket, change = _change(request, number)
    form = PlannedTaskForm(_data(request), user=request.user)
    return ask(
        request, ticket, form, lambda values: operations.plan_task(change, actor=request.user, **values),
        title=_("Plan a task"), button=_("Add"), done=_("Task planned."),
    )  # fmt: skip


@agents_only
@require_POST
def drop_task(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take a task out of the plan."""
    ticket, change = _change(request, number)
    step = get_object_or_404(WorkStep, pk=pk, ticket=ticket)
    try:
        operations.drop_task(change, actor=request.user, step=step)
    except OperationError as error:
        return refused(request, error, reverse("desk:ticket", args=[number]))
    return redraw(request, ticket.number, _("Task dropped."))


@agents_only
@require_http_methods(["GET", "POST"])
def finish(request: HttpRequest, number: str) -> HttpResponse:
    """The implementation is over."""
    ticket, change = _change(request, number)
    return ask(
        request, ticket, FinishForm(_data(request)),
        lambda values: operations.finish(change, actor=request.user, **values),
        title=_("The implementation is over"), button=_("Save"), done=_("Saved."),
    )  # fmt: skip


@agents_only
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, number: str) -> HttpResponse:
    """Look back and close."""
    ticket, change = _change(request, number)
    return ask(
        request, ticket, ReviewForm(_data(request), initial={"outcome": change.outcome}),
        lambda values: operations.review(change, actor=request.user, **values),
        title=_("Review"), button=_("Close the change"), done=_("Closed."),
    )  # fmt: skip


@agents_only
@require_POST
def blame(request: HttpRequest, number: str) -> HttpResponse:
    """Say that an incident was caused by the change."""
    ticket, change = _change(request, number)
    wanted = request.POST.get("incident", "")[:20].upper()
    incident = next((i for i in afterwards.suspects(change, request.user) if i.number == wanted), None)
    if incident is None:
        raise Http404
    try:
        tickets.link(incident, actor=request.user, target=ticket, kind=LinkKind.CAUSED_BY)
    except OperationError as error:
        return refused(request, error, reverse("desk:ticket", args=[number]))
    return redraw(request, ticket.number, _("Linked."))
