"""From a recorded event to everything that reacts to it.

Inside the transaction: listeners of :data:`event_recorded` (clocks must be
right on the next screen). After the commit: consumers, each at least once,
each idempotent by its own key, through Celery; a sweep picks up what a crash
left in the outbox.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar

import structlog
from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from .models import Event, Outbox

log = structlog.get_logger(__name__)

#: Sent inside the transaction with ``event`` and ``ticket``.
event_recorded = Signal()

#: Sent inside the transaction with ``tickets``, whose past was recorded (operations/history.py) without single events.
history_recorded = Signal()

Consumer = Callable[[Event], None]
_consumers: dict[str, Consumer] = {}
_silent: ContextVar[bool] = ContextVar("silent", default=False)

#: After so many tries an event is left for a person to look at (it stays in the outbox).
MAX_TRIES = 20


def register_consumer(name: str, consumer: Consumer) -> None:
    """Have ``consumer`` called once or more for every event after its commit."""
    _consumers[name] = consumer


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Record events without reactions after the commit: for history that nobody should be told of."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def is_silent() -> bool:
    """Whether history is being recorded that nobody should be told of."""
    return _silent.get()


def enqueue(event: Event) -> None:
    """Put an event into the outbox and have it dispatched after the commit."""
    if _silent.get():
        return
    Outbox.objects.create(event=event)
    transaction.on_commit(lambda: _send([event.pk]), robust=True)


def enqueue_many(events: list[Event]) -> None:
    """As :func:`enqueue`, with one statement and one task for a hundred events."""
    if _silent.get():
        return
    ids = [event.pk for event in events]
    with connection.cursor() as cursor:  # nobody needs a thousand objects of what is deleted in a moment
        cursor.execute(
            "INSERT INTO tickets_outbox (event_id, created_at, tries) SELECT unnest(%s::bigint[]), now(), 0", [ids]
        )
    for start in range(0, len(ids), 100):
        transaction.on_commit(functools.partial(_send, ids[start : start + 100]), robust=True)


def _send(event_ids: list[int]) -> None:
    from .tasks import dispatch

    try:
        dispatch.delay(event_ids)
    except Exception as error:  # broker away: the sweep will find it
        log.warning("dispatch_deferred", event_ids=event_ids, error=str(error))


def dispatch_event(event_id: int) -> None:
    """Call every consumer and clear the outbox row. Safe to call twice, at once or again."""
    with transaction.atomic():
        row = (
            Outbox.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("event__ticket", "event__actor", "event__message")
            .filter(pk=event_id)
            .first()
        )
        if row is None:
            return  # done already, or another worker is at it
        failed = False
        for name, consumer in _consumers.items():
            try:
                with transaction.atomic():
                    consumer(row.event)
            except Exception:
                failed = True
                log.exception("consumer_failed", consumer=name, event_id=event_id)
        if failed:
            row.tries += 1
            row.save(update_fields=["tries"])
        else:
            row.delete()


def left_behind(limit: int = 500, older_than_seconds: int = 15) -> list[int]:
    """Events whose dispatch was lost or failed; failed ones wait longer after each try."""
    before = timezone.now() - datetime.timedelta(seconds=older_than_seconds)
    return list(
        Outbox.objects.filter(created_at__lt=before, tries__lt=MAX_TRIES)
        .order_by("tries", "created_at")
        .values_list("pk", flat=True)[:limit]
    )
