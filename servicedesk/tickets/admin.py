"""What an admin sets for all tickets. Tickets themselves are not here: only operations change them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.admin import ModelAdmin

from .models import Category, DeskSettings, PriorityRule, ResolutionCode


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    list_display = ["path", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["path", "name"]
    autocomplete_fields = ["parent"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A category in use stays; it is made inactive."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.tickets.exists())


@admin.register(PriorityRule)
class PriorityRuleAdmin(ModelAdmin):
    """The nine cells; they are changed, never added or removed."""

    list_display = ["__str__", "impact", "urgency", "priority"]
    list_editable = ["priority"]
    list_display_links = None
    readonly_fields = ["impact", "urgency"]
    list_filter_submit = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ResolutionCode)
class ResolutionCodeAdmin(ModelAdmin):
    list_display = ["name", "position", "is_active"]
    list_editable = ["position", "is_active"]
    search_fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.ticket_set.exists())


@admin.register(DeskSettings)
class DeskSettingsAdmin(ModelAdmin):
    """One row: its list is its form."""

    autocomplete_fields = ["default_team"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect(reverse("admin:tickets_desksettings_change", args=[DeskSettings.get().pk]))
