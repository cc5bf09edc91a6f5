"""What time it is, when it matters that all agree."""

from __future__ import annotations

import datetime

from django.db import connection


def database_now() -> datetime.datetime:
    """PostgreSQL's clock: the same for every worker, whatever their own say."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime.datetime = cursor.fetchone()[0]
        return now
