"""For property tests over the database."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.db import transaction

from catalog import versions
from servicedesk.sla import rules
from servicedesk.tickets import money, references
from servicedesk.tickets.language import readings


def forget() -> None:
    """Empty every cache: another test's rows are not this one's."""
    for cache in caches.all():
        cache.clear()
    references.forget()
    rules.forget()
    readings.forget()
    versions.forget()
    money.forget()


def rolled_back(test: Callable[..., None]) -> Callable[..., None]:
    """Each example starts from the same database: what it wrote is rolled back. Goes under ``@given``."""

    @functools.wraps(test)
    def example(*args: Any, **kwargs: Any) -> None:
        forget()
        with transaction.atomic():
            test(*args, **kwargs)
            transaction.set_rollback(True)

    return example
