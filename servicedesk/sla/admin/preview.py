"""What an agreement would promise a ticket, and why: for one that exists, or a made-up one."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from servicedesk.people.models import Organisation, Team
from servicedesk.services.models import Service
from servicedesk.tickets import registry
from servicedesk.tickets.language import facts_of, holds, why_not
from servicedesk.tickets.models import Category, Impact, Priority, Ticket, Urgency
from servicedesk.tickets.search import by_number

from ..durations import written
from ..fold import elapsed, instant_of, react, replay
from ..happenings import Happening, history_of
from ..models import Agreement, Clock, ClockState, EscalationRule
from ..rules import AgreementRules, compile_agreement

LIMIT = 500


def _choice(label: Any, rows: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(rows, label=label, required=False, widget=UnfoldAdminSelectWidget)


class PreviewForm(forms.Form):
    """A ticket's number, or what a made-up one would be."""

    number = forms.CharField(
        label=gettext_lazy("Ticket number"), max_length=40, required=False, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Or leave it empty and make one up."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, widget=UnfoldAdminSelectWidget)
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), choices=Priority.choices, coerce=int, empty_value=None, required=False,
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    service = _choice(gettext_lazy("Service"), Service.objects.all())
    category = _choice(gettext_lazy("Category"), Category.objects.all())
    team = _choice(gettext_lazy("Team"), Team.objects.all())
    organisation = _choice(gettext_lazy("Organisation"), Organisation.objects.all())
    tags = forms.CharField(
        label=gettext_lazy("Tags"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    starts = forms.DateTimeField(
        label=gettext_lazy("The clock starts"), required=False, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Such as 2026-03-02 09:00, in your time zone. Empty: now."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kind: Any = self.fields["kind"]
        kind.choices = [(process.kind, process.label) for process in registry.all_processes()]

    def clean_starts(self) -> Any:
        at = self.cleaned_data["starts"]
        if at is not None and not 1970 <= at.year <= 2200:
            raise forms.ValidationError(_("Choose a time between 1970 and 2200."))
        return at

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        number = (data.get("number") or "").strip()
        if number:
            condition = by_number(number)
            ticket = None if condition is None else Ticket.objects.filter(condition).first()
            if ticket is None:
                self.add_error("number", _("There is no ticket %(number)s.") % {"number": number})
            data["ticket"] = ticket
        return data

    def made_up(self) -> Ticket:
        """The ticket that the fields describe; never saved."""
        data = self.cleaned_data
        process = registry.get(data["kind"] or next(iter(registry.all_processes())).kind)
        state = process.lifecycle.state(process.lifecycle.initial)
        return Ticket(
            kind=process.kind, priority=data["priority"] or 3, impact=Impact.MEDIUM, urgency=Urgency.MEDIUM,
            service=data["service"], category=data["category"], team=data["team"], organisation=data["organisation"],
            title=data["title"] or _("Made up"), status=state.slug, status_category=state.category,
            tags=[tag.strip().lower() for tag in data["tags"].split(",") if tag.strip()],
            opened_at=data["starts"] or timezone.now(),
        )  # fmt: skip


def _goals(agreement: Agreement, ticket: Ticket) -> list[dict[str, Any]]:
    """Each goal in order: applies, does not match, or is not asked any more."""
    facts = facts_of(ticket)
    found, applied = [], False
    for goal in agreement.goals.all():
        matches = holds(goal.tree, facts)
        verdict = "applies" if matches and not applied else "later" if matches else "no"
        applied = applied or matches
        why = "; ".join(why_not(goal.tree, facts))
        found.append({"goal": goal, "target": written(goal.target), "verdict": verdict, "why": why})
    return found


def _clock(rules: AgreementRules, ticket: Ticket) -> Clock | None:
    """The latest cycle: of a real ticket replayed from its events, of a made-up one started when it says."""
    if ticket.pk:
        cycles = replay(rules, history_of(ticket, ticket.events.all()))
        return cycles[-1] if cycles else None
    facts = facts_of(ticket)
    started = Happening(
        at=ticket.opened_at, triggers=rules.starts, category=ticket.status_category, status=ticket.status, reason="",
        facts=facts, before=facts,
    )  # fmt: skip
    return react(rules, None, started)


def explain(agreement: Agreement, ticket: Ticket) -> dict[str, Any]:
    """Which goal applies and why the others do not, the due instant, and when each escalation fires."""
    rules = compile_agreement(agreement, {})
    watched = ticket.kind in agreement.kinds
    result: dict[str, Any] = {
        "ticket": ticket, "watched": watched, "goals": _goals(agreement, ticket) if watched else [],
    }  # fmt: skip
    clock = _clock(rules, ticket) if watched else None
    goal = rules.goal_of(clock) if clock is not None else None
    if clock is None or goal is None:
        return result
    named = {rule.pk: rule for rule in agreement.rules.prefetch_related("actions")}
    now = timezone.now()
    running = clock.state == ClockState.RUNNING
    firings = [(instant_of(threshold, clock, goal), named[threshold.pk]) for threshold in rules.thresholds]
    firings.sort(key=lambda row: row[0] or datetime.datetime.max.replace(tzinfo=datetime.UTC))
    result |= {
        "clock": clock, "goal": goal, "state": clock.state,
        "elapsed": written(elapsed(clock, goal.hours, now) // 1_000_000 if running else clock.elapsed or 0),
        "firings": [{"rule": rule, "at": at, "actions": _actions(rule)} for at, rule in firings],
    }  # fmt: skip
    return result


def _actions(rule: EscalationRule) -> str:
    return ", ".join(str(action) for action in rule.actions.all()) or _("nothing")


def preview_page(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """The form and what comes of it. Nothing is written."""
    agreement = get_object_or_404(Agreement.objects.select_related("metric"), pk=pk)
    form = PreviewForm(request.GET or None, initial={"priority": 3})
    result = None
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            result = explain(agreement, form.cleaned_data.get("ticket") or form.made_up())
            transaction.set_rollback(True)
    context = {
        **model_admin.admin_site.each_context(request), "title": _("Preview of %(name)s") % {"name": agreement},
        "form": form, "result": result, "agreement": agreement, "opts": model_admin.opts, "original": agreement,
    }  # fmt: skip
    return render(request, "sla/admin/preview.html", context, status=422 if form.is_bound and form.errors else 200)
