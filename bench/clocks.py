"""Many tickets with running clocks, by SQL: for the bench at a million, for the fault test at some thousands."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import connection, transaction

from servicedesk.people.models import User
from servicedesk.sla.models import Agreement, Calendar, EscalationAction, EscalationRule, Goal, Metric
from servicedesk.tickets.models import Ticket

PER_CENT = (50, 75, 100)


def make_agreement(name: str, target: int, actions: dict[int, list[dict[str, Any]]] | None = None) -> Agreement:
    """Resolution within ``target`` seconds around the clock, for tickets tagged with the name; rules at PER_CENT."""
    agreement = Agreement.objects.create(
        name=name, kinds=["incident"], metric=Metric.objects.get(slug="resolution"), on_reopen="continue"
    )
    Goal.objects.create(
        agreement=agreement, condition=f"tag:{name}", target=target, calendar=Calendar.objects.get(name="24×7")
    )
    for position, amount in enumerate(PER_CENT):
        rule = EscalationRule.objects.create(
            agreement=agreement, position=position, at="percent", amount=amount, only_open=False
        )
        for action in (actions or {}).get(amount, []):
            EscalationAction.objects.create(rule=rule, **action)
    agreement.refresh_from_db()
    return agreement


@transaction.atomic
def add(agreement: Agreement, count: int, opened: str, values: dict[str, Any]) -> None:
    """``count`` open incidents whose clocks run since ``opened``: SQL of an instant that may use ``n`` (1 to count)."""
    goal = agreement.goals.get()
    requester = User.objects.order_by("pk")[0]
    fixed = {
        "kind": "'incident'", "title": "'Clock ' || n", "description": "''", "description_html": "''",
        "status": "'new'", "status_category": "'open'", "status_reason": "''", "impact": "2", "urgency": "2",
        "priority": "3", "priority_reason": "''", "channel": "'portal'", "resolution": "''", "is_major": "false",
        "external_ref": "''", "reopened": "0", "reassigned": "0", "version": "1", "requester_id": str(requester.pk),
        "number": "'INC-' || nextval('ticket_number_inc')", "tags": f"ARRAY['{agreement.name}']", "opened_at": "at",
        "activity_at": "at", "due_at": f"at + interval '{goal.target} s'",
    }  # fmt: skip
    columns = [f.column for f in Ticket._meta.local_concrete_fields if not f.generated and f.column in fixed]
    first = goal.target * PER_CENT[0] / 100
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE TEMP TABLE made ON COMMIT DROP AS
            WITH wanted AS (
                SELECT n, date_trunc('second', {opened}) + interval '0.5 s' AS at FROM generate_series(1, {count}) n
            ), inserted AS (
                INSERT INTO tickets_ticket ({", ".join(columns)})
                SELECT {", ".join(fixed[name] for name in columns)} FROM wanted RETURNING id, opened_at
            ) SELECT * FROM inserted;
            INSERT INTO incidents_incident (ticket_ptr_id) SELECT id FROM made;
            INSERT INTO tickets_event (ticket_id, kind, at, version, is_public, data)
                SELECT id, 'opened', opened_at, 1, true, '{{"channel": "portal"}}' FROM made;
            INSERT INTO sla_clock (ticket_id, agreement_id, cycle, goal_id, calendar_id, target, goal_since, state,
                started_at, spans, pauses, due_at, next_at, fired, revision, breach_kept)
            SELECT id, {agreement.pk}, 1, {goal.pk}, {goal.calendar_id}, {goal.target}, opened_at, 'running', opened_at,
                jsonb_build_array(jsonb_build_array(
                    to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), NULL)),
                '[]', opened_at + interval '{goal.target} s', opened_at + interval '{first} s', '{{}}',
                {agreement.revision}, false
            FROM made;
            """,
            values or None,
        )


def ago(seconds: float) -> str:
    """SQL of an instant so long before now."""
    return f"statement_timestamp() - interval '{seconds} s'"


def spread(seconds: float, count: int, start: datetime.datetime) -> str:
    """SQL that spreads ``n`` evenly over so many seconds from ``start``."""
    return f"timestamptz '{start.isoformat()}' + n * interval '{seconds / count:.6f} s'"
