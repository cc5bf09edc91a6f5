"""On-call rotas with their members and overrides."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline

from .. import oncall
from ..models import Rota, RotaMember, RotaOverride
from ..models.oncall import feed_token


class MemberInline(TabularInline):
    model = RotaMember
    extra = 0
    autocomplete_fields = ["user"]
    ordering_field = "position"
    hide_ordering_field = True


class OverrideInline(TabularInline):
    model = RotaOverride
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Rota)
class RotaAdmin(ModelAdmin):
    list_display = ["team", "now", "weekday", "time", "time_zone", "patience"]
    list_select_related = ["team"]
    autocomplete_fields = ["team"]
    search_fields = ["team__name"]
    inlines = [MemberInline, OverrideInline]
    actions = ["new_address"]

    @admin.display(description=gettext_lazy("on call now"))
    def now(self, rota: Rota) -> str:
        person = oncall.on_call(rota, timezone.now())
        return person.name if person else "–"

    @admin.action(description=gettext_lazy("New address for the calendar feed (the old one stops working)"))
    def new_address(self, request: HttpRequest, queryset: Any) -> None:
        for rota in queryset:
            rota.token = feed_token()
            rota.save(update_fields=["token"])
