"""When what is promised changes: count the revision up and have open clocks recomputed in the background."""

from __future__ import annotations

import datetime
import itertools
import time
from collections.abc import Iterable
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from servicedesk.tickets.models import Ticket

from .engine import rebuild, refresh_due
from .models import Agreement, Clock, ClockState, Recomputation
from .rules import AgreementRules, bump, rules

log = structlog.get_logger(__name__)

#: Tickets brought up to date in one transaction: their locks are held for some hundredths of a second.
CHUNK = 20
#: How long a task works before it makes way for others on its queue.
TURN_SECONDS = 20


def changed(agreements: QuerySet[Agreement], *, by: Any = None) -> None:
    """Inside the transaction of an edit: a new revision for these agreements, and their recomputation."""
    ids = sorted(set(agreements.order_by().values_list("pk", flat=True)))
    with transaction.atomic():
        revision = bump()
        Agreement.objects.filter(pk__in=ids).update(revision=revision)
        for pk in ids:
            request(pk, by=by)


def request(agreement_id: int, *, by: Any = None, finished_too: bool = False) -> Recomputation:
    """Have an agreement's clocks recomputed from the beginning; one that is under way starts anew."""
    now = timezone.now()
    row = Recomputation.objects.select_for_update().filter(agreement_id=agreement_id, finished_at=None).first()
    if row is None:
        row = Recomputation(agreement_id=agreement_id)
    row.requested_at = row.quiet_until = now
    row.requested_by = by or row.requested_by
    row.finished_too = finished_too or row.finished_too
    row.done = row.last_id = row.total = 0
    row.save()
    pk = row.pk
    transaction.on_commit(lambda: _send(pk), robust=True)
    return row


def _send(pk: int) -> None:
    from .tasks import recompute

    try:
        recompute.delay(pk)
    except Exception as error:  # broker away: beat asks again
        log.warning("recomputation_deferred", recomputation=pk, error=str(error))


def _tickets(row: Recomputation) -> QuerySet[Ticket]:
    """The tickets whose clocks may move, those that were done left out."""
    tickets = Ticket.objects.filter(kind__in=row.agreement.kinds, pk__gt=row.last_id)
    return tickets if row.finished_too else tickets.filter(status_category__in=["open", "waiting"])


def work(pk: int, *, seconds: float = TURN_SECONDS) -> bool:
    """Work on a recomputation for a while; returns whether more is to be done. Safe to run twice at once."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not step(pk):
            return False
    return True


@transaction.atomic
def step(pk: int) -> bool:
    """One chunk in one transaction; returns whether more is to be done."""
    row = (
        Recomputation.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("agreement")
        .filter(pk=pk, finished_at=None)
        .first()
    )
    if row is None:
        return False  # done, or another worker is at it
    if row.last_id == 0:
        row.total = _tickets(row).count()
    ids = list(_tickets(row).order_by("pk").values_list("pk", flat=True)[:CHUNK])
    if not ids:
        return _finish(row)
    free = Ticket.objects.select_for_update(of=("self",), skip_locked=True).filter(pk__in=ids)
    tickets = _before_the_first_missing(ids, {ticket.pk: ticket for ticket in free})
    if not tickets:
        # Somebody is at the first one just now: wait for it alone, while nothing else is held.
        tickets = list(Ticket.objects.select_for_update(of=("self",)).filter(pk=ids[0]))
    _bring_up(row, tickets)
    row.done += len(tickets)
    row.last_id = tickets[-1].pk if tickets else ids[0]
    row.save(update_fields=["done", "last_id", "total"])
    return True


def _before_the_first_missing(ids: list[int], found: dict[int, Ticket]) -> list[Ticket]:
    return [found[pk] for pk in itertools.takewhile(found.__contains__, ids)]


def catch_up(clocks: Iterable[Clock]) -> None:
    """Bring these stale clocks up at once: they fell due before the background work came to them. Their tickets are locked."""
    by_agreement: dict[int, set[int]] = {}
    for clock in clocks:
        by_agreement.setdefault(clock.agreement_id, set()).add(clock.ticket_id)
    now = timezone.now()
    for agreement_id, tickets in by_agreement.items():
        latest = Recomputation.objects.filter(agreement_id=agreement_id).order_by("-requested_at").first()
        rebuild(
            list(Ticket.objects.filter(pk__in=tickets)), [rules().by_id[agreement_id]], now=now, finished=False,
            quiet_until=latest.quiet_until if latest else now,
        )  # fmt: skip


def _bring_up(row: Recomputation, tickets: list[Ticket]) -> None:
    compiled: AgreementRules | None = rules().by_id.get(row.agreement_id)
    now = timezone.now()
    if compiled is not None:
        rebuild(tickets, [compiled], now=now, quiet_until=row.quiet_until, finished=row.finished_too)
        return
    Clock.objects.filter(ticket__in=tickets, agreement=row.agreement_id).exclude(state=ClockState.STOPPED).update(
        goal=None, due_at=None, next_at=None, revision=row.agreement.revision
    )
    refresh_due(tickets)


def _finish(row: Recomputation) -> bool:
    """Look once more for clocks that an operation left behind while it was under way; done when there are none."""
    behind = Clock.objects.filter(agreement=row.agreement_id, revision__lt=row.agreement.revision).exclude(
        state=ClockState.STOPPED
    )
    ids = list(behind.order_by("pk").values_list("ticket_id", flat=True)[:CHUNK])
    if ids:
        _bring_up(row, list(Ticket.objects.select_for_update(of=("self",), skip_locked=True).filter(pk__in=ids)))
        return True
    # A transaction that began before the edit may still add a clock by the old rules: wait until none is left.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND xact_start < %s AND backend_type = 'client backend'",
            [row.requested_at],
        )
        if cursor.fetchone()[0] and timezone.now() - row.requested_at < datetime.timedelta(minutes=10):
            return False  # beat asks again
    row.finished_at = timezone.now()
    row.save(update_fields=["finished_at"])
    return False


def open_clocks(agreements: QuerySet[Agreement] | list[Agreement]) -> int:
    """How many clocks an edit of these would move."""
    return Clock.objects.filter(agreement__in=agreements).exclude(state=ClockState.STOPPED).count()


def unfinished() -> list[int]:
    """Recomputations to go on with."""
    return list(Recomputation.objects.filter(finished_at=None).order_by("requested_at").values_list("pk", flat=True))
