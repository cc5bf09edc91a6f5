"""A version: its price, its form, its fulfilment. Drafts can be changed and published, others only looked at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html, html_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, StackedInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from servicedesk.sla.admin.fields import DurationField
from servicedesk.tickets.errors import Invalid, OperationError
from servicedesk.work.models import StepKind

from .. import fulfilment, versions
from ..forms import definition
from ..forms.answers import AnswersForm
from ..models import FieldType, FormField, OfferingVersion, PlannedTask, VersionState


@html_safe
class Module:
    """A script that is a module, for a Media class."""

    def __init__(self, path: str):
        self.path = path

    def __str__(self) -> str:
        return str(format_html('<script type="module" src="{}"></script>', static(self.path)))


class ConditionsFormSet(forms.BaseInlineFormSet):
    """Shows what :func:`build` finds wrong beside the row it is about."""

    def rows(self) -> list[tuple[Any, Any]]:
        """(form, row) of what stays, in its order."""
        kept = [
            (form, form.instance) for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE") and not (form.empty_permitted and not form.has_changed())
        ]  # fmt: skip
        kept.sort(key=lambda pair: pair[0].cleaned_data.get("position") or 0)
        return kept


def _beside(kept: list[tuple[Any, Any]], problems: dict[int, list[str]], usual: str, prefixes: dict[str, str]) -> None:
    """Show each sentence beside a field of its row: the one whose words it begins with, or the usual one."""
    for place, sentences in problems.items():
        for sentence in sentences:
            field = next((name for name, words in prefixes.items() if sentence.startswith(words)), usual)
            kept[place][0].add_error(field, sentence)


class FieldFormSet(ConditionsFormSet):
    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept = self.rows()
        built = definition.build(row for _form, row in kept)
        _beside(kept, built.problems, "label", {"show_if": _("Show if")})
        keys = iter(built.questions)
        for _form, row in kept:
            if row.type != FieldType.SECTION and not built.problems:
                row.key = next(keys)


class TaskFormSet(ConditionsFormSet):
    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept = self.rows()
        form = getattr(self.instance, "form_being_saved", None) or definition.build(self.instance.fields.all())
        made, problems = fulfilment.build((row for _form, row in kept), form)
        _beside(kept, problems, "title", {"only_if": _("Only if")})
        for (_form, row), planned in zip(kept, made, strict=True):
            row.key = planned.key


class FieldInline(StackedInline):
    model = FormField
    formset = FieldFormSet
    extra = 0
    ordering_field = "position"
    hide_ordering_field = True
    fieldsets = [
        (None, {"fields": [("type", "required"), "label", "help", "options", "show_if"]}),
        (gettext_lazy("More"), {"classes": ["collapse"], "fields": [
            ("key", "default"), ("minimum", "maximum"), ("pattern", "pattern_help"), "position",
        ]}),
    ]  # fmt: skip

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "options":
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 3})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class TaskForm(forms.ModelForm):
    due_seconds = DurationField(
        label=gettext_lazy("Due"),
        required=False,
        help_text=gettext_lazy("Working time from its beginning, such as 4h or 16h."),
    )

    class Meta:
        model = PlannedTask
        fields = [
            "kind", "team", "title", "shown", "instructions", "after", "due_seconds", "only_if", "url", "secret", "offering",
            "covered", "values", "key", "position",
        ]  # fmt: skip


class TaskInline(StackedInline):
    model = PlannedTask
    form = TaskForm
    formset = TaskFormSet
    fk_name = "version"
    extra = 0
    ordering_field = "position"
    hide_ordering_field = True
    autocomplete_fields = ["team", "offering"]
    fieldsets = [
        (None, {"fields": [("kind", "team"), "title", "shown", "instructions", ("after", "due_seconds"), "only_if"]}),
        (gettext_lazy("Outside system"), {"classes": ["collapse"], "fields": [("url", "secret")]}),
        (gettext_lazy("Another request"), {"classes": ["collapse"], "fields": [("offering", "covered"), "values"]}),
        (gettext_lazy("More"), {"classes": ["collapse"], "fields": ["key", "position"]}),
    ]  # fmt: skip


class VersionForm(forms.ModelForm):
    delivery_seconds = DurationField(
        label=gettext_lazy("Delivery time"), required=False,
        help_text=gettext_lazy("Working time from approval on, such as 8h or 24h (three days of eight hours)."),
    )  # fmt: skip

    class Meta:
        model = OfferingVersion
        fields = ["text", "price_once", "price_monthly", "delivery_seconds", "most", "approval_plan"]


@admin.register(OfferingVersion)
class VersionAdmin(ModelAdmin):
    form = VersionForm
    list_display = ["offering", "number", "state", "published_at"]
    list_filter = ["state"]
    list_select_related = ["offering"]
    search_fields = ["offering__name"]
    autocomplete_fields = ["approval_plan"]
    inlines = [FieldInline, TaskInline]
    actions_detail = ["publish", "to_offering"]
    change_form_after_template = "catalog/admin/preview.html"
    fieldsets = [
        (None, {"fields": [("price_once", "price_monthly"), ("delivery_seconds", "most"), "approval_plan", "text"]}),
    ]

    class Media:
        css = {"all": ["css/admin-catalog.css"]}
        js = [Module("js/preview.js")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A draft is begun from its offering."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == VersionState.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or (obj.state == VersionState.DRAFT and not obj.requests.exists())
        )

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        """Let the fulfilment be checked against the form that is sent with it, not the one that was saved before."""
        formsets, instances = super()._create_formsets(request, obj, change)
        if request.method == "POST" and formsets and obj is not None:
            fields = next((f for f in formsets if isinstance(f, FieldFormSet)), None)
            if fields is not None and fields.is_valid():
                obj.form_being_saved = definition.build(row for _form, row in fields.rows())
                for formset in formsets:
                    formset.instance.form_being_saved = obj.form_being_saved
        return formsets, instances

    @action(description=gettext_lazy("Publish"), url_path="publish")  # type: ignore[untyped-decorator]
    def publish(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        version = OfferingVersion.objects.select_related("offering").get(pk=object_id)
        here = reverse("admin:catalog_offeringversion_change", args=[object_id])
        try:
            versions.publish(version, actor=request.user)
        except Invalid as error:
            for sentence in error.fields["version"]:
                self.message_user(request, sentence, messages.ERROR)
            return redirect(here)
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
            return redirect(here)
        text = _("“%(name)s” can be ordered now, as version %(n)d.") % {
            "name": version.offering.name,
            "n": version.number,
        }
        self.message_user(request, text, messages.SUCCESS)
        return redirect(reverse("admin:catalog_offering_change", args=[version.offering_id]))

    @action(description=gettext_lazy("To the offering"), url_path="offering")  # type: ignore[untyped-decorator]
    def to_offering(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        version = OfferingVersion.objects.get(pk=object_id)
        return redirect(reverse("admin:catalog_offering_change", args=[version.offering_id]))

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view
        return [
            path("<id:pk>/look/", view(self.look), name="catalog_offeringversion_look"),
            *super().get_urls(),
        ]

    def look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form as customers would see it, from what stands in the page right now; saves nothing."""
        version = self.get_object(request, str(pk))
        if version is None:
            raise Http404
        rows: Any = list(version.fields.all())
        problems: list[str] = []
        if request.method == "POST":
            formsets, _instances = super()._create_formsets(request, version, True)
            formset = next(f for f in formsets if isinstance(f, FieldFormSet))
            if formset.is_valid() or not any(formset.errors):
                rows = [row for _form, row in formset.rows()]
            else:
                rows = [
                    row
                    for form, row in ((f, f.instance) for f in formset.forms)
                    if form.is_valid() and not form.cleaned_data.get("DELETE")
                ]
            problems = [str(error) for form in formset.forms for errors in form.errors.values() for error in errors]
        built = definition.build(rows)
        if not problems:
            problems = [sentence for sentences in built.problems.values() for sentence in sentences]
        answers = AnswersForm(built, user=request.user)
        try:
            order = built.order
        except ValueError:
            order = list(built.questions)
        parts: list[Any] = [
            (section, [(question, answers[question.key], []) for question in section.questions])
            for section in built.sections
        ]
        context = {"parts": parts, "order_keys": order, "problems": problems, "version": version, "kinds": StepKind}
        return render(request, "catalog/admin/look.html", context)
