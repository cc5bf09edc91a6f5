"""Knowledge in Django's admin: categories and synonyms. Articles are written in the desk."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from .models import Category, Synonyms


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    list_display = ["name", "description", "position", "is_active"]
    list_editable = ["position", "is_active"]
    search_fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that articles stand in stays; it is made inactive."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.articles.exists())


@admin.register(Synonyms)
class SynonymsAdmin(ModelAdmin):
    list_display = ["words"]
    search_fields = ["words"]
