"""Who else looks at a ticket right now; kept in Redis for a few seconds, worth nothing afterwards."""

from __future__ import annotations

import time
from typing import Any

from django.core.cache import cache

#: Somebody who has not been heard of for this long is gone (seconds). The page speaks every 4 s.
GONE_AFTER = 12


def look(ticket_id: int, user: Any, *, typing: bool = False) -> list[tuple[str, bool]]:
    """Say that ``user`` looks (and types); returns (name, types) of the others."""
    key = f"looking:{ticket_id}"
    now = time.time()
    people: dict[int, tuple[str, bool, float]] = cache.get(key) or {}
    people = {pk: row for pk, row in people.items() if now - row[2] < GONE_AFTER}
    people[user.pk] = (user.name, typing, now)
    cache.set(key, people, GONE_AFTER * 2)
    return [(name, types) for pk, (name, types, _at) in people.items() if pk != user.pk]
