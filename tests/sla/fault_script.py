"""Run beside a desk under test (test_faults.py): fills it with clocks, or reports how they stand, as JSON."""

from __future__ import annotations

import datetime
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "servicedesk.settings"


def fill(plain: int, acting: int, window: float, target: int) -> dict[str, object]:
    """Two agreements: one with many clocks, one whose firings note and call a webhook that is not there."""
    from django.conf import settings

    from bench.clocks import add, make_agreement, spread
    from servicedesk.people.models import User
    from servicedesk.sla.models import Agreement, Recomputation
    from servicedesk.sla.present import database_now

    Agreement.objects.all().delete()  # the first start's: only these two are looked at
    User.objects.get_or_create(email="somebody@example.org", defaults={"name": "Somebody"})
    many = make_agreement("many", target)
    few = make_agreement(
        "few", target, {75: [{"kind": "note", "text": "Hurry."}, {"kind": "webhook", "url": "http://127.0.0.1:9/"}]}
    )
    Recomputation.objects.all().delete()
    start = database_now() + datetime.timedelta(seconds=8)
    for agreement, count in ((many, plain), (few, acting)):
        add(agreement, count, spread(window, count, start - datetime.timedelta(seconds=target / 2)), {})
    return {"start": start.isoformat(), "redis": settings.REDIS_URL}


def report() -> dict[str, object]:
    """What the database says."""
    from django.db.models import Count, Max

    from servicedesk.sla.models import Clock, Firing, Reaction
    from servicedesk.sla.present import database_now
    from servicedesk.tickets.models import Event, Message

    late = [firing.fired_at - firing.threshold_at for firing in Firing.objects.order_by("-fired_at")[:20_000]]
    return {
        "waiting": Clock.objects.filter(next_at__lte=database_now()).count(),
        "coming": Clock.objects.filter(next_at__gt=database_now()).count(),
        "firings": Firing.objects.count(),
        "too early": sum(span < datetime.timedelta() for span in late),
        "escalated": Event.objects.filter(kind="escalated").count(),
        "breached": Event.objects.filter(kind="breached").values("ticket").distinct().count(),
        "breach events": Event.objects.filter(kind="breached").count(),
        "fired": dict(Clock.objects.values_list("fired__len").annotate(n=Count("pk")).order_by()),
        "notes": Message.objects.filter(kind="note").count(),
        "noted": Message.objects.filter(kind="note").values("ticket").distinct().count(),
        "webhooks undone": Reaction.objects.filter(action__kind="webhook", done_at=None, tries__gt=0).count(),
        "webhooks": Reaction.objects.filter(action__kind="webhook").count(),
        "notes undone": Reaction.objects.filter(action__kind="note", done_at=None).count(),
        "versions": Event.objects.values("ticket", "version").annotate(n=Count("pk")).filter(n__gt=1).count(),
        "latest": max((span.total_seconds() for span in late), default=0),
        "newest": str(Firing.objects.aggregate(at=Max("fired_at"))["at"]),
    }


if __name__ == "__main__":
    import django

    django.setup()
    name, *numbers = sys.argv[1:]
    result = fill(int(numbers[0]), int(numbers[1]), float(numbers[2]), int(numbers[3])) if name == "fill" else report()
    print(json.dumps(result))
