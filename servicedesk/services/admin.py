"""Services and what they depend on, in Django's admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from .models import Dependency, Service


class DependencyInline(TabularInline):
    model = Dependency
    fk_name = "service"
    extra = 0
    autocomplete_fields = ["needs"]
    verbose_name_plural = _("depends on")


@admin.register(Service)
class ServiceAdmin(ModelAdmin):
    list_display = ["name", "stage", "status", "criticality", "team", "owner"]
    list_filter = ["stage", "status", "criticality", "team"]
    list_select_related = ["team", "owner"]
    search_fields = ["name"]
    autocomplete_fields = ["owner", "team", "organisations", "support_hours", "agreement", "cost_centre"]
    fieldsets = [
        (None, {"fields": ["name", "description", "stage", "status", "criticality"]}),
        (_("Who answers for it"), {"fields": ["owner", "team", "cost_centre"]}),
        (_("For whom, and what is promised"), {"fields": ["organisations", "support_hours", "agreement"]}),
    ]
    inlines = [DependencyInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A service that tickets speak of stays; it is made inactive."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.tickets.exists())
