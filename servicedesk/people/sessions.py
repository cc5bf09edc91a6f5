"""Session engine: Redis in front, PostgreSQL behind, each session tied to its person."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore as CachedDBStore
from django.core.cache import cache
from django.utils.dateparse import parse_datetime

KEY_PREFIX = "servicedesk.session."


class SessionStore(CachedDBStore):
    """Django's cached_db store over our own table (the way its documentation gives)."""

    cache_key_prefix = KEY_PREFIX

    @classmethod
    def get_model_class(cls):  # type: ignore[no-untyped-def]
        from .models import UserSession

        return UserSession

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        row.ip_address = data.get("ip_address")
        row.user_agent = (data.get("user_agent") or "")[:250]
        if started := data.get("started_at"):
            row.started_at = parse_datetime(started)
        return row


def end_sessions(user: Any, *, keep: str | None = None) -> int:
    """Sign a person out everywhere, but for the session ``keep``. Returns how many ended."""
    from .models import UserSession

    rows = UserSession.objects.filter(user=user).exclude(session_key=keep)
    keys = list(rows.values_list("session_key", flat=True))
    rows.delete()
    cache.delete_many([KEY_PREFIX + key for key in keys])
    return len(keys)
