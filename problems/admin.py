"""Problems in Django's admin: the categories of causes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from .models import CauseCategory


@admin.register(CauseCategory)
class CauseCategoryAdmin(ModelAdmin):
    list_display = ["name", "position", "is_active"]
    list_editable = ["position", "is_active"]
    search_fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that problems speak of stays; it is made inactive."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.problems.exists())
