"""Are escalations in time: lateness, what failed, what is being recomputed."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin

from ..models import Reaction, Recomputation
from ..present import database_now

PERIODS = [
    (gettext_lazy("the last hour"), datetime.timedelta(hours=1)),
    (gettext_lazy("the last day"), datetime.timedelta(days=1)),
    (gettext_lazy("the last week"), datetime.timedelta(days=7)),
]
_LATENESS = (
    "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY late), percentile_cont(0.95) WITHIN GROUP (ORDER BY late),"
    " max(late) FROM (SELECT extract(epoch FROM fired_at - threshold_at) AS late FROM sla_firing"
    " WHERE fired_at > %s ORDER BY fired_at DESC LIMIT 100000) AS newest"
)


def lateness() -> list[dict[str, Any]]:
    """For each period: how many fired, and how late (seconds: median, 95th percentile, latest)."""
    now = database_now()
    rows = []
    with connection.cursor() as cursor:
        for label, period in PERIODS:
            cursor.execute(_LATENESS, [now - period])
            count, median, most, latest = cursor.fetchone()
            rows.append({"period": label, "count": count, "median": median, "p95": most, "max": latest})
    return rows


def overdue() -> tuple[int, float | None]:
    """How many clocks wait for the sweep right now, and the oldest one's seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), extract(epoch FROM statement_timestamp() - min(next_at)) FROM ("
            " SELECT next_at FROM sla_clock WHERE next_at <= statement_timestamp() ORDER BY next_at LIMIT 100000) AS due"
        )
        row: tuple[int, float | None] = cursor.fetchone()
        return row


@admin.register(Reaction)
class ReactionAdmin(ModelAdmin):
    """What escalations did; what failed can be tried again."""

    list_display = ["action_words", "number", "fired", "tries", "try_at", "done_at", "outcome"]
    list_filter = ["action__kind", ("done_at", admin.EmptyFieldListFilter), ("try_at", admin.EmptyFieldListFilter)]
    list_select_related = ["action", "firing__clock__ticket"]
    search_fields = ["firing__clock__ticket__number", "outcome"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("action"))
    def action_words(self, reaction: Reaction) -> str:
        return str(reaction.action)

    @admin.display(description=gettext_lazy("ticket"))
    def number(self, reaction: Reaction) -> str:
        return reaction.firing.clock.ticket.number

    @admin.display(description=gettext_lazy("fired"), ordering="firing__fired_at")
    def fired(self, reaction: Reaction) -> datetime.datetime:
        return reaction.firing.fired_at

    @admin.action(description=gettext_lazy("Try again now"))
    def try_again(self, request: HttpRequest, queryset: Any) -> None:
        count = Reaction.objects.filter(pk__in=queryset.values("pk"), done_at=None).update(
            try_at=database_now(), tries=0
        )
        text = ngettext("%(n)d action is tried again.", "%(n)d actions are tried again.", count) % {"n": count}
        self.message_user(request, text, messages.SUCCESS)

    def get_urls(self) -> Any:
        return [path("health/", self.admin_site.admin_view(self.health_page), name="sla_health"), *super().get_urls()]

    def health_page(self, request: HttpRequest) -> HttpResponse:
        """Lateness, failures, recomputations; loads itself anew while something is being recomputed."""
        waiting, oldest = overdue()
        going = list(Recomputation.objects.select_related("agreement", "requested_by")[:20])
        context = {
            **self.admin_site.each_context(request), "title": _("Escalations in time"), "opts": self.opts,
            "rows": lateness(), "waiting": waiting, "oldest": oldest, "recomputations": going,
            "busy": any(row.finished_at is None for row in going),
            "failing": Reaction.objects.filter(done_at=None, tries__gt=0, try_at__isnull=False).count(),
            "given_up": Reaction.objects.filter(done_at=None, try_at=None).count(),
        }  # fmt: skip
        return render(request, "sla/admin/health.html", context)
