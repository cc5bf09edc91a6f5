"""Outside systems that do a task: told when it starts, and heard when they are done."""

from __future__ import annotations

import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk import webhooks
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.operations import core

from .lifecycle import OVER
from .models import Call, Task, WorkStep
from .process import planned_of

log = structlog.get_logger(__name__)

SALT = "servicedesk.work.callback"
#: While a call is under way nobody else tries it; a worker that dies leaves it to be tried again after this.
LEASE = datetime.timedelta(minutes=2)


def callback_url(task: Ticket) -> str:
    """Where the outside system says how it went; the address itself is the key."""
    return settings.SITE_URL + reverse("work:callback", args=[signing.dumps(task.pk, salt=SALT)])


def prepare(task: Ticket, row: Ticket, step: WorkStep) -> None:
    """Have the outside system called after the commit."""
    side = planned_of(row)
    body = {
        "event": "task_started", "task": task.number, "title": step.title, "instructions": step.instructions,
        "ticket": {"number": row.number, "kind": row.kind, "title": row.title,
                   "requester": row.requester.email if row.requester is not None else None},
        "callback": callback_url(task), **(side.payload(row) if side is not None else {}),
    }  # fmt: skip
    Call.objects.create(task_id=task.pk, url=step.url, secret=step.secret, body=body)
    tickets.transition(task, "hand_over", actor=None)
    from .tasks import call

    transaction.on_commit(lambda: call.delay(task.pk))


def due(limit: int = 200) -> list[int]:
    """Tasks whose outside system is to be called now, by PostgreSQL's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_id FROM work_call WHERE try_at <= statement_timestamp() ORDER BY try_at LIMIT %s", [limit]
        )
        return [row[0] for row in cursor.fetchall()]


def _claim(pk: int) -> Call | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE work_call SET try_at = statement_timestamp() + make_interval(secs => %s), tries = tries + 1"
            " WHERE task_id = (SELECT task_id FROM work_call WHERE task_id = %s AND try_at <= statement_timestamp()"
            " FOR UPDATE SKIP LOCKED) RETURNING task_id",
            [LEASE.total_seconds(), pk],
        )
        if cursor.fetchone() is None:
            return None
    return Call.objects.select_related("task").get(pk=pk)


def perform(pk: int) -> None:
    """Try one call once. What fails is tried again later; given up, the task goes to people."""
    call = _claim(pk)
    if call is None:
        return
    if call.task.status in OVER:
        Call.objects.filter(pk=pk).update(try_at=None, outcome=_("The task was over before."))
        return
    try:
        outcome = webhooks.post(call.url, call.body, key=f"task-{pk}", secret=call.secret)
    except webhooks.Undone as error:
        _failed(call, str(error))
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE work_call SET try_at = NULL, done_at = statement_timestamp(), outcome = %s WHERE task_id = %s",
            [outcome[:500], pk],
        )


def _failed(call: Call, text: str) -> None:
    wait = webhooks.BACKOFF[call.tries - 1] if call.tries <= len(webhooks.BACKOFF) else None
    log.warning("task_call_failed", task=call.task.number, tries=call.tries, error=text[:300])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE work_call SET outcome = %s, try_at = statement_timestamp() + make_interval(secs => %s) WHERE task_id = %s",
                [text[:500], wait, call.pk],
            )
        if wait is None and call.task.status == "waiting_system":
            note = _("The outside system could not be reached (%(why)s). Please do this by hand.") % {"why": text[:300]}
            tickets.note(call.task, actor=None, body=note, channel="system")
            tickets.transition(call.task, "take_back", actor=None)


@transaction.atomic
def answered(token: str, *, status: str, message: str = "") -> Ticket:
    """What the outside system says of its task: done, or failed. Said twice, the second time changes nothing.

    Raises Invalid for a status it cannot have, NotAllowedNow where the task ended otherwise meanwhile,
    and signing.BadSignature for an address that is none.
    """
    pk = signing.loads(token, salt=SALT)
    task = Task.objects.filter(pk=pk).first()
    if task is None:
        raise signing.BadSignature("no such task")
    if status not in ("done", "failed"):
        raise Invalid({"status": _("The status is done or failed.")})
    message = core.text(message, "message", limit=500, one_line=True, required=False)
    row = core.lock(task, None, "view")
    if row.status == status:
        return row
    if row.status in OVER:
        raise NotAllowedNow(_("%(number)s is over already.") % {"number": row.number})
    if message:
        tickets.note(row, actor=None, body=message, channel="api")
    values: dict[str, Any] = (
        {"reason": message or _("The outside system reports a failure.")} if status == "failed" else {}
    )
    return tickets.transition(row, "finish" if status == "done" else "fail", actor=None, **values)
