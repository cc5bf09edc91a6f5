"""Many tickets fast: the demo's organisation, multiplied by SQL. Shapes are the demo's, sizes are asked for."""

from __future__ import annotations

from django.db import connection, transaction

from servicedesk.demo.load import load
from servicedesk.tickets.models import Ticket

#: How many tickets are not over, at every size: a desk has a backlog, not a growing share of its past.
OPEN = 2000


def grow(total: int) -> None:
    """Bring the database to ``total`` tickets, each with its messages and events."""
    have = Ticket.objects.count()
    if have == 0:
        load(tickets=400)
        have = 400
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_floor (id bigserial PRIMARY KEY, body text)")
        cursor.execute("SET synchronous_commit = off")
        first = cursor.execute("SELECT least(max(id), 400) FROM tickets_ticket").fetchone()[0]
        while have < total:
            step = min(total - have, 20_000)
            with transaction.atomic():
                _copy(cursor, step, first)
            have += step
        cursor.execute("SELECT count(*) FROM tickets_ticket WHERE status_category IN ('open', 'waiting')")
        print(f"  {have:,} tickets, {cursor.fetchone()[0]:,} not over", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _copy(cursor: object, count: int, templates: int) -> None:
    """Copy demo tickets in turn, with the demo's conversation, spread over five years."""
    columns = [
        field.column for field in Ticket._meta.local_concrete_fields if not field.generated and field.column != "id"
    ]
    changed = {
        "number": "'INC-' || n.number",
        "opened_at": "t.opened_at - n.age",
        "activity_at": "t.activity_at - n.age",
        "due_at": "CASE WHEN NOT n.over THEN t.due_at - n.age END",
        "resolved_at": "t.resolved_at - n.age",
        "closed_at": "CASE WHEN n.over THEN coalesce(t.closed_at, t.activity_at) - n.age END",
        "status": "CASE WHEN n.over THEN 'closed' ELSE t.status END",
        "status_category": "CASE WHEN n.over THEN 'closed' ELSE t.status_category END",
        "title": "t.title || ' ' || n.number",
        "is_major": "false",
    }
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changed.get(column, f't."{column}"') for column in columns)
    cursor.execute(  # type: ignore[attr-defined]
        f"""
        CREATE TEMP TABLE n ON COMMIT DROP AS
        SELECT nextval('ticket_number_inc') AS number, t.id AS source, random() * interval '1800 days' AS age,
               t.status_category IN ('closed', 'resolved') OR row_number() OVER (
                   PARTITION BY t.status_category IN ('closed', 'resolved')
               ) > {OPEN} - (
                   SELECT count(*) FROM tickets_ticket WHERE status_category IN ('open', 'waiting')
               ) AS over
        FROM generate_series(1, {count}) i
        JOIN LATERAL (
            SELECT * FROM tickets_ticket WHERE id = 1 + (i * 7919) % {templates}
        ) t ON true;
        CREATE TEMP TABLE made ON COMMIT DROP AS
        WITH inserted AS (
            INSERT INTO tickets_ticket ({names})
            SELECT {values} FROM n JOIN tickets_ticket t ON t.id = n.source
            RETURNING id, number
        )
        SELECT inserted.id, n.source, n.age FROM inserted JOIN n ON inserted.number = 'INC-' || n.number;
        INSERT INTO incidents_incident (ticket_ptr_id) SELECT id FROM made;
        INSERT INTO sla_clock (ticket_id, agreement_id, cycle, goal_id, calendar_id, target, goal_since, state, started_at,
            stopped_at, spans, pauses, due_at, breached_at, elapsed, next_at, fired, revision, breach_kept)
        SELECT made.id, c.agreement_id, c.cycle, c.goal_id, c.calendar_id, c.target, c.goal_since - made.age,
               CASE WHEN t.status_category IN ('open', 'waiting') THEN c.state ELSE 'stopped' END,
               c.started_at - made.age, c.stopped_at - made.age, c.spans, c.pauses, c.due_at - made.age,
               c.breached_at - made.age, coalesce(c.elapsed, 0), NULL, c.fired, c.revision, false
        FROM made JOIN sla_clock c ON c.ticket_id = made.source JOIN tickets_ticket t ON t.id = made.id;
        CREATE TEMP TABLE said ON COMMIT DROP AS
        SELECT nextval(pg_get_serial_sequence('tickets_message', 'id')) AS id, m.id AS source, made.id AS ticket, made.age
        FROM made JOIN tickets_message m ON m.ticket_id = made.source;
        INSERT INTO tickets_message (id, ticket_id, kind, author_id, body, body_html, channel, is_automatic, created_at)
        SELECT said.id, said.ticket, m.kind, m.author_id, m.body, m.body_html, m.channel, m.is_automatic,
               m.created_at - said.age
        FROM said JOIN tickets_message m ON m.id = said.source;
        INSERT INTO tickets_event (ticket_id, kind, actor_id, at, version, is_public, message_id, data)
        SELECT made.id, e.kind, e.actor_id, e.at - made.age, e.version, e.is_public, said.id, e.data
        FROM made JOIN tickets_event e ON e.ticket_id = made.source
        LEFT JOIN said ON said.source = e.message_id AND said.ticket = made.id
        ORDER BY e.at - made.age;
        """
    )
