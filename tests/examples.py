"""For property tests over the database."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import transaction

from servicedesk.tickets import references


def rolled_back(test: Callable[..., None]) -> Callable[..., None]:
    """Each example starts from the same database: what it wrote is rolled back. Goes under ``@given``."""

    @functools.wraps(test)
    def example(*args: Any, **kwargs: Any) -> None:
        cache.clear()
        references.forget()
        with transaction.atomic():
            test(*args, **kwargs)
            transaction.set_rollback(True)

    return example
