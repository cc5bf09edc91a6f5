"""Metrics, and agreements with their goals and escalations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from servicedesk.tickets import registry
from servicedesk.tickets.language import LanguageError, can_hold, parse, resolve, words
from servicedesk.tickets.language.tree import All, Not, Test
from servicedesk.tickets.models import StatusCategory

from .. import configuring
from ..durations import read, written
from ..models import Agreement, At, Clock, EscalationAction, EscalationRule, Goal, Metric, Trigger
from .fields import DurationField
from .preview import preview_page
from .warning import WarnsBeforeMoving


class MetricForm(forms.ModelForm):
    starts = forms.MultipleChoiceField(
        label=gettext_lazy("Starts when"), choices=Trigger.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    stops = forms.MultipleChoiceField(
        label=gettext_lazy("Stops when"), choices=Trigger.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    pauses = forms.MultipleChoiceField(
        label=gettext_lazy("Pauses while the ticket is"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=[c for c in StatusCategory.choices if c[0] in ("open", "waiting")],
    )  # fmt: skip

    class Meta:
        model = Metric
        fields = ["name", "starts", "stops", "pauses", "promise"]


@admin.register(Metric)
class MetricAdmin(WarnsBeforeMoving, ModelAdmin):
    form = MetricForm
    list_display = ["name", "start_words", "stop_words", "promise"]
    search_fields = ["name"]
    moving_fields = ("starts", "stops", "pauses")

    def agreements_of(self, obj: Any) -> Any:
        return Agreement.objects.filter(metric=obj)

    @admin.display(description=gettext_lazy("starts when"))
    def start_words(self, metric: Metric) -> str:
        return ", ".join(str(Trigger(slug).label) for slug in metric.starts)

    @admin.display(description=gettext_lazy("stops when"))
    def stop_words(self, metric: Metric) -> str:
        return ", ".join(str(Trigger(slug).label) for slug in metric.stops)

    def save_model(self, request: HttpRequest, obj: Metric, form: Any, change: bool) -> None:
        if not obj.slug:
            base = slugify(obj.name)[:40] or "metric"
            taken = set(Metric.objects.filter(slug__startswith=base).values_list("slug", flat=True))
            obj.slug = next(slug for n in range(1000) if (slug := f"{base}-{n}" if n else base) not in taken)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.agreements.exists())


class GoalForm(forms.ModelForm):
    target = DurationField(label=gettext_lazy("Target"), help_text=gettext_lazy("Working time: 30m, 8h, 1h 30m."))

    class Meta:
        model = Goal
        fields = ["condition", "target", "by_plan", "calendar", "position"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        goal = self.instance
        if goal.pk and goal.resolved:
            # With today's names: a service may have been renamed since.
            try:
                resolve(parse(goal.condition), lasting=True)
            except LanguageError:
                self.initial["condition"] = words(goal.tree)

    def clean_target(self) -> int:
        target: int = self.cleaned_data["target"]
        if target is not None and target < 1:
            raise forms.ValidationError(_("A target is at least a second."))
        return target

    def clean(self) -> dict[str, Any]:
        """Refuse a target that the calendar never reaches."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        target, calendar = data.get("target"), data.get("calendar")
        if target and calendar is not None and "target" not in self.errors:
            try:
                calendar.working_hours().add(timezone.now(), target)
            except ValueError:
                self.add_error(
                    "target", _("“%(calendar)s” has not so much open time left.") % {"calendar": calendar.name}
                )
            except OverflowError:
                self.add_error("target", _("This lies too far in the future."))
        return data


class GoalFormSet(forms.BaseInlineFormSet):
    """Sees that every goal can match, after those before it."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        forms_ = [f for f in self.forms if f.cleaned_data and not f.cleaned_data.get("DELETE")]
        if not forms_:
            raise forms.ValidationError(_("An agreement needs a goal: without one it promises nothing."))
        kinds = getattr(self.instance, "kinds", None) or []
        earlier: list[Any] = []
        for form in sorted(forms_, key=lambda f: f.cleaned_data.get("position") or 0):
            try:
                tree = resolve(parse(form.cleaned_data.get("condition") or ""), lasting=True)
            except LanguageError:
                return
            alone = All((tree, Test("kind", "in", tuple(kinds))))
            if not can_hold(alone):
                form.add_error("condition", _("No ticket of this agreement can ever match this."))
            elif not can_hold(All((alone, *(Not(other) for other in earlier)))):
                form.add_error("condition", _("The goals before this one take every ticket that it could match."))
            earlier.append(tree)


class GoalInline(TabularInline):
    model = Goal
    form = GoalForm
    formset = GoalFormSet
    extra = 0
    ordering_field = "position"
    hide_ordering_field = True


class ActionForm(forms.ModelForm):
    class Meta:
        model = EscalationAction
        fields = ["kind", "person", "team", "text", "url", "secret", "position"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("person", "team"):
            widget: Any = self.fields[name].widget
            widget.can_add_related = widget.can_change_related = widget.can_delete_related = widget.can_view_related = (
                False
            )


class ActionInline(TabularInline):
    model = EscalationAction
    form = ActionForm
    extra = 0
    autocomplete_fields = ["person", "team"]
    ordering_field = "position"
    hide_ordering_field = True


class RuleForm(forms.ModelForm):
    amount = forms.CharField(
        label=gettext_lazy("Amount"), max_length=30, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Per cent, such as 75; or working time, such as 30m or 2h."),
    )  # fmt: skip

    class Meta:
        model = EscalationRule
        fields = ["at", "amount", "only_open", "position"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rule = self.instance
        if rule.pk:
            self.initial["amount"] = str(rule.amount) if rule.at == At.PERCENT else written(rule.amount)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        text, at = data.get("amount"), data.get("at")
        if text is None or at is None:
            return data
        try:
            if at == At.PERCENT:
                number = text.strip().removesuffix("%").strip()
                if not (number.isascii() and number.isdigit()):
                    raise ValueError(_("Write a whole number of per cent."))
                data["amount"] = int(number[:9])
            else:
                data["amount"] = read(text)
        except ValueError as error:
            self.add_error("amount", str(error))
        return data


class RuleInline(StackedInline):
    model = EscalationRule
    form = RuleForm
    extra = 0
    ordering_field = "position"
    hide_ordering_field = True
    inlines = [ActionInline]


class AgreementForm(forms.ModelForm):
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Watches"), widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("The kinds of ticket that it is about."),
    )  # fmt: skip

    class Meta:
        model = Agreement
        fields = ["name", "type", "kinds", "metric", "on_reopen", "is_active"]
        widgets = {"type": UnfoldAdminSelectWidget, "on_reopen": UnfoldAdminSelectWidget}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["kinds"]
        field.choices = [(process.kind, process.label_plural) for process in registry.all_processes()]


@admin.register(Agreement)
class AgreementAdmin(WarnsBeforeMoving, ModelAdmin):
    form = AgreementForm
    list_display = ["name", "type", "metric", "goal_count", "open_count", "progress", "is_active"]
    list_filter = ["type", "metric", "is_active"]
    list_select_related = ["metric"]
    search_fields = ["name"]
    inlines = [GoalInline, RuleInline]
    actions_detail = ["preview", "recompute"]
    readonly_fields = ["progress"]
    moving_fields = ("kinds", "metric", "on_reopen", "is_active")
    moving_inlines = (Goal,)

    class Media:
        css = {"all": ["css/admin-sla.css"]}

    def get_queryset(self, request: HttpRequest) -> Any:
        clocks = (
            Clock.objects.filter(agreement=models.OuterRef("pk")).exclude(state="stopped").order_by()
            .values("agreement").annotate(n=models.Count("pk")).values("n")
        )  # fmt: skip
        return (
            super().get_queryset(request)
            .annotate(goals_n=models.Count("goals", distinct=True), open_n=models.Subquery(clocks))
            .prefetch_related("recomputations")
        )  # fmt: skip

    def agreements_of(self, obj: Any) -> Any:
        return Agreement.objects.filter(pk=obj.pk)

    @admin.display(description=gettext_lazy("goals"))
    def goal_count(self, agreement: Any) -> int:
        return int(agreement.goals_n)

    @admin.display(description=gettext_lazy("open clocks"))
    def open_count(self, agreement: Any) -> int:
        return int(agreement.open_n or 0)

    @admin.display(description=gettext_lazy("clocks are"))
    def progress(self, agreement: Agreement) -> str:
        if not agreement.pk:
            return ""
        going = [row for row in agreement.recomputations.all() if row.finished_at is None]
        if not going:
            return _("up to date")
        return _("being recomputed: %(done)d of %(total)d tickets") % {"done": going[0].done, "total": going[0].total}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An agreement that clocks were kept for stays, for the record; it is made inactive."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.clocks.exists())

    @transaction.atomic
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        row = form.instance.recomputations.filter(finished_at=None).first()
        if row is not None:
            user: Any = request.user
            row.requested_by = user
            row.save(update_fields=["requested_by"])

    @action(description=gettext_lazy("Preview"), url_path="preview")  # type: ignore[untyped-decorator]
    def preview(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return redirect(reverse("admin:sla_agreement_try", args=[object_id]))

    @action(description=gettext_lazy("Recompute finished clocks too"), url_path="recompute")  # type: ignore[untyped-decorator]
    def recompute(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return redirect(reverse("admin:sla_agreement_rewrite", args=[object_id]))

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view
        return [
            path("<id:pk>/try/", view(lambda request, pk: preview_page(self, request, pk)), name="sla_agreement_try"),
            path("<id:pk>/rewrite/", view(self.rewrite_page), name="sla_agreement_rewrite"),
            *super().get_urls(),
        ]

    def rewrite_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask before finished clocks are rewritten by today's rules: reports of the past may change."""
        agreement = get_object_or_404(Agreement, pk=pk)
        if request.method == "POST":
            with transaction.atomic():
                configuring.request(agreement.pk, by=request.user, finished_too=True)
            self.message_user(request, _("All its clocks are being recomputed."), messages.SUCCESS)
            return redirect(reverse("admin:sla_agreement_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request), "title": _("Recompute finished clocks of %(name)s?") % {"name": agreement},
            "opts": self.opts, "original": agreement, "count": agreement.clocks.filter(state="stopped").count(),
        }  # fmt: skip
        return render(request, "sla/admin/rewrite.html", context)
