"""Approval plans in Django's admin: steps in order, each with its approvers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from .models import ApprovalPlan, PlannedApprover, PlannedStep


class ApproverInline(TabularInline):
    model = PlannedApprover
    extra = 0
    autocomplete_fields = ["team", "person"]


class StepInline(StackedInline):
    model = PlannedStep
    extra = 0
    ordering_field = "position"
    hide_ordering_field = True
    inlines = [ApproverInline]


@admin.register(ApprovalPlan)
class ApprovalPlanAdmin(ModelAdmin):
    list_display = ["name", "step_count", "is_active"]
    ordering = ["name"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    inlines = [StepInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(steps_n=Count("steps"))

    @admin.display(description=_("steps"))
    def step_count(self, plan: Any) -> int:
        return int(plan.steps_n)
