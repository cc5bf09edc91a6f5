"""Planned work on the portal's front page: what happens to services that somebody uses."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone

from servicedesk.portal.front import Front
from servicedesk.services.models import Service

from .models import Change

AHEAD = datetime.timedelta(days=14)
MOST = 5


def planned_work(user: Any, *, service: int | None = None) -> list[dict[str, Any]]:
    """Agreed changes of the next two weeks on services that ``user`` is entitled to: names, window, outage or not."""
    now = timezone.now()
    mine = Service.objects.filter(is_active=True).filter(Q(organisations=None) | Q(organisations=user.organisation_id))
    if service is not None:
        mine = mine.filter(pk=service)
    changes = (
        Change.objects.filter(holds=True, status__in=["scheduled", "implementing"])
        .filter(window__overlap=DateTimeTZRange(now, now + AHEAD), services__in=mine)
        .distinct().order_by("window", "pk").only("window", "outage", "number")[:MOST]
    )  # fmt: skip
    rows = list(changes)
    names = mine.filter(changes__in=[row.pk for row in rows]).values_list("changes", "name").order_by("name").distinct()
    by_change: dict[int, list[str]] = {}
    for pk, name in names:
        by_change.setdefault(pk, []).append(name)
    return [
        {"start": r.window.lower, "end": r.window.upper, "outage": r.outage, "names": by_change.get(r.pk, [])}
        for r in rows
    ]


FRONT = Front(
    name="changes",
    position=5,
    home_template="changes/front.html",
    home=lambda user: {"planned": planned_work(user)},
    service_template="changes/front.html",
    service=lambda user, service: {"planned": planned_work(user, service=service.pk)},
)
