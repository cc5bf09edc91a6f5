"""The changes' part of `make bench`: the calendar and a collision check beside their floors, at 50,000 changes."""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.serving import Browser, paired, report, served, site

COUNT = int(os.environ.get("BENCH_CHANGES", "50000"))
SERVICES = 200
#: Spread over five years, of which one is ahead.
BACK, AHEAD = 1460, 365


def fill() -> list[int]:
    """Services that depend on each other, and changes over five years; returns the ids of services."""
    from django.db import connection

    from servicedesk.demo.load import load

    load(tickets=30, changes=15, requests=5, articles=False)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(
            f"""
            INSERT INTO services_service (name, description, criticality, status, stage, is_active)
            SELECT 'Bench ' || n, '', 1 + mod(n, 4), 'operational', 'active', true FROM generate_series(1, {SERVICES}) n;
            INSERT INTO services_dependency (service_id, needs_id)
            SELECT a.id, b.id FROM services_service a JOIN services_service b ON b.id = a.id - 10
            WHERE a.name LIKE 'Bench ' || '%' AND b.name LIKE 'Bench ' || '%' AND mod(a.id, 3) = 0;
            """
        )
        columns = (
            "kind, title, description, description_html, status, status_category, status_reason, impact, urgency, priority,"
            " priority_reason, channel, tags, resolution, is_major, external_ref, activity_at, reopened, reassigned, version"
        )
        cursor.execute(
            f"""
            CREATE TEMP TABLE n AS
            SELECT i, nextval('ticket_number_chg') AS number,
                   now() + (random() * {BACK + AHEAD} - {BACK}) * interval '1 day' AS start,
                   (0.5 + random() * 4) * interval '1 hour' AS length
            FROM generate_series(1, {COUNT}) i;
            CREATE TEMP TABLE made AS
            WITH inserted AS (
                INSERT INTO tickets_ticket (number, opened_at, closed_at, {columns})
                SELECT 'CHG-' || n.number, n.start - interval '7 days',
                       CASE WHEN n.start < now() THEN n.start END, 'change', 'Change ' || n.i, '', '',
                       CASE WHEN n.start < now() THEN 'closed' ELSE 'scheduled' END,
                       CASE WHEN n.start < now() THEN 'closed' ELSE 'waiting' END, '', 2, 2, 3, '', 'desk', '{{}}', '', false,
                       '', n.start, 0, 0, 1
                FROM n RETURNING id, number
            ) SELECT inserted.id, n.start, n.length, n.i FROM inserted JOIN n ON inserted.number = 'CHG-' || n.number;
            INSERT INTO changes_change (ticket_ptr_id, type, reason, implementation, test_plan, communication, backout, answers,
                "window", zone, outage, holds, risk_level, risk_reasons, risk_revision, outcome, review)
            SELECT id, 'normal', '', '', '', '', '', '[]', tstzrange(start, start + length), 'Europe/Berlin', false,
                   start >= now(), (ARRAY['low', 'medium', 'high'])[1 + i % 3], '[]', '',
                   CASE WHEN start < now() THEN 'successful' ELSE '' END, ''
            FROM made;
            INSERT INTO changes_change_services (change_id, service_id)
            SELECT made.id, s.id FROM made
            JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM services_service) s
              ON s.place = 1 + made.i % {SERVICES};
            """
        )
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT id FROM services_service WHERE name LIKE 'Bench %'")
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM changes_change")
        print(f"{cursor.fetchone()[0]:,} changes", flush=True)
    return ids


def measure(services: list[int]) -> dict[str, tuple[float, float]]:
    """What an agent opens and asks."""
    agent = Browser()
    today = datetime.date.today()

    def month(turn: int) -> datetime.date:
        return (today.replace(day=1) + datetime.timedelta(days=31 * (turn % 6))).replace(day=1)

    def span(turn: int) -> str:
        day = month(turn)
        first = day - datetime.timedelta(days=day.weekday())
        return f"start={first}&end={first + datetime.timedelta(days=35)}"

    def window(turn: int) -> str:
        start = datetime.datetime.now(datetime.UTC).replace(microsecond=0, tzinfo=None) + datetime.timedelta(
            days=turn % 90
        )
        end = start + datetime.timedelta(hours=6)
        return f"service={services[turn % len(services)]}&start={start.isoformat()}Z&end={end.isoformat()}Z"

    return {
        "calendar, month": paired(
            lambda t: agent.get(f"/desk/changes/?date={month(t)}"), lambda t: agent.get(f"/floor/calendar/?{span(t)}")
        ),
        "collision check": paired(
            lambda t: agent.get(f"/api/v1/changes/collisions/?{window(t)}"),
            lambda t: agent.get(f"/floor/collisions/?{window(t)}"),
        ),
    }


def main() -> int:
    with site("bench-changes"):
        services = fill()
        with served():
            results = measure(services)
    return 1 if report(results) else 0


if __name__ == "__main__":
    sys.exit(main())
