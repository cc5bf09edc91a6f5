"""Change enablement in Django's admin: models, questionnaire, levels, freezes, maintenance windows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from catalog.admin.versions import FieldFormSet

from . import records
from .models import (
    ChangeModel,
    ChangeSettings,
    Freeze,
    MaintenanceWindow,
    ModelQuestion,
    ModelTask,
    RiskLevel,
    RiskOption,
    RiskQuestion,
)
from .models.windows import DAYS


class QuestionInline(StackedInline):
    model = ModelQuestion
    formset = FieldFormSet
    extra = 0
    fieldsets = [
        (None, {"fields": [("type", "label"), ("required", "default"), "options", "show_if"]}),
        (_("More"), {"classes": ["collapse"], "fields": ["key", "help", ("pattern", "pattern_help"), ("minimum", "maximum"), "position"]}),
    ]  # fmt: skip


class TaskInline(TabularInline):
    model = ModelTask
    extra = 0
    fields = ["position", "title", "team", "at_once", "due_seconds", "instructions"]
    autocomplete_fields = ["team"]


@admin.register(ChangeModel)
class ChangeModelAdmin(ModelAdmin):
    list_display = ["name", "type", "is_preapproved", "record", "service", "is_active"]
    list_filter = ["type", "is_active", "is_preapproved"]
    list_select_related = ["service"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["service", "team"]
    readonly_fields = ["lost_because"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "description", ("type", "is_active"), ("is_preapproved", "lost_because")]}),
        (_("What it is about"), {"fields": [("service", "team"), ("duration_seconds", "outage")]}),
        (_("Plan"), {"fields": ["implementation", "test_plan", "communication", "backout"]}),
    ]
    inlines = [QuestionInline, TaskInline]

    @admin.display(description=_("went well"))
    def record(self, row: ChangeModel) -> str:
        known = getattr(self, "_records", None)
        if known is None:
            known = records.of_models()
        found = known.get(row.pk, records.Record())
        return f"{found.well} / {found.done}" if found.done else "—"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A model that changes were made from stays; it is made inactive."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.changes.exists())


class OptionInline(TabularInline):
    model = RiskOption
    extra = 0
    fields = ["position", "label", "points"]


@admin.register(RiskQuestion)
class RiskQuestionAdmin(ModelAdmin):
    list_display = ["text", "weight", "position", "is_active"]
    list_editable = ["weight", "position", "is_active"]
    inlines = [OptionInline]


@admin.register(RiskLevel)
class RiskLevelAdmin(ModelAdmin):
    list_display = ["level", "from_score", "plan"]
    list_select_related = ["plan"]
    autocomplete_fields = ["plan"]


@admin.register(ChangeSettings)
class ChangeSettingsAdmin(ModelAdmin):
    list_display = ["__str__", "emergency_plan", "board", "watch_hours"]
    autocomplete_fields = ["emergency_plan", "board"]
    fieldsets = [
        (_("Parts of the risk, of 100"), {"fields": [("of_questions", "of_services"), ("of_record", "of_collisions")]}),
        (_("Approval and afterwards"), {"fields": ["emergency_plan", "board", "watch_hours"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Freeze)
class FreezeAdmin(ModelAdmin):
    list_display = ["name", "starts_at", "ends_at"]
    date_hierarchy = "starts_at"
    autocomplete_fields = ["services"]
    search_fields = ["name"]


class MaintenanceForm(forms.ModelForm):
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"), choices=DAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = MaintenanceWindow
        fields = ["name", "services", "weekdays", "begins", "minutes", "zone", "is_active"]


@admin.register(MaintenanceWindow)
class MaintenanceWindowAdmin(ModelAdmin):
    form = MaintenanceForm
    list_display = ["name", "days", "begins", "minutes", "zone", "is_active"]
    autocomplete_fields = ["services"]
    search_fields = ["name"]

    @admin.display(description=_("days"))
    def days(self, row: MaintenanceWindow) -> str:
        names = dict(DAYS)
        return ", ".join(str(names[day]) for day in row.weekdays)
