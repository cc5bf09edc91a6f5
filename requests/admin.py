"""Budgets in Django's admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from servicedesk.tickets.money import money

from .costs import used
from .models import Budget


@admin.register(Budget)
class BudgetAdmin(ModelAdmin):
    list_display = ["cost_centre", "month_words", "amount_words", "used_words"]
    list_filter = ["cost_centre", "month"]
    list_select_related = ["cost_centre"]
    search_fields = ["cost_centre__code", "cost_centre__name"]
    autocomplete_fields = ["cost_centre"]

    @admin.display(description=_("month"), ordering="month")
    def month_words(self, budget: Budget) -> str:
        return f"{budget.month:%Y-%m}"

    @admin.display(description=_("amount"), ordering="amount")
    def amount_words(self, budget: Budget) -> str:
        return money(budget.amount)

    @admin.display(description=_("used"))
    def used_words(self, budget: Any) -> str:
        return money(used([budget.cost_centre_id], budget.month).get(budget.cost_centre_id))
