"""DORA's four measures per service and month, from changes and the incidents they caused."""

from __future__ import annotations

import datetime
import statistics
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: What each measure means, as it is shown.
DEFINITIONS = [
    (_("Deployment frequency"), _("Changes whose implementation ended in the month, whatever their outcome.")),
    (_("Lead time for changes"), _(
        "Median time from the commit, or from raising the change where there is none, to the end of its implementation,"
        " of those that succeeded."
    )),
    (_("Change failure rate"), _("Share of these changes that failed, were backed out, or are named as the cause of an incident.")),
    (_("Time to restore"), _("Median time from opening to resolution of the incidents that these changes caused.")),
]  # fmt: skip

_ROWS = """
SELECT s.id, s.name, to_char(date_trunc('month', c.ended_at AT TIME ZONE %(zone)s), 'YYYY-MM'), c.outcome,
       extract(epoch FROM c.ended_at - coalesce(d.committed_at, t.opened_at))::float,
       (SELECT array_agg(extract(epoch FROM i.resolved_at - i.opened_at)::float)
        FROM tickets_link l JOIN tickets_ticket i ON i.id = l.source_id
        WHERE l.target_id = t.id AND l.kind = 'caused_by' AND i.kind = 'incident')
FROM changes_change c
JOIN tickets_ticket t ON t.id = c.ticket_ptr_id
JOIN changes_change_services x ON x.change_id = t.id
JOIN services_service s ON s.id = x.service_id
LEFT JOIN changes_deployment d ON d.change_id = t.id
WHERE c.ended_at >= %(start)s AND c.ended_at < %(end)s AND c.outcome <> ''
  AND (%(service)s::bigint IS NULL OR s.id = %(service)s)
  AND (t.team_id IS NULL OR NOT t.team_id = ANY (%(hidden)s::bigint[]))
LIMIT 100000
"""


@dataclass
class Cell:
    """One service in one month. Times in seconds; None where there is nothing to measure."""

    done: int = 0
    bad: int = 0
    leads: list[float] = field(default_factory=list)
    restores: list[float] = field(default_factory=list)

    @property
    def failure_rate(self) -> int | None:
        return round(100 * self.bad / self.done) if self.done else None

    @property
    def lead(self) -> float | None:
        return statistics.median(self.leads) if self.leads else None

    @property
    def restore(self) -> float | None:
        return statistics.median(self.restores) if self.restores else None


def months_back(today: datetime.date, count: int) -> list[datetime.date]:
    """The first days of this month and those before it, oldest first."""
    found = [today.replace(day=1)]
    while len(found) < count:
        found.append((found[-1] - datetime.timedelta(days=1)).replace(day=1))
    return found[::-1]


def measure(
    user: Any, *, service: int | None = None, count: int = 6, today: datetime.date | None = None
) -> tuple[list[str], dict[str, dict[str, Cell]]]:  # fmt: skip
    """(months as ``2026-11``, service name → month → cell), in the site's zone; one query."""
    from servicedesk.people import access

    today = today or timezone.localdate()
    months = months_back(today, count)
    zone = timezone.get_default_timezone()
    end = (months[-1] + datetime.timedelta(days=32)).replace(day=1)
    values = {
        "zone": timezone.get_default_timezone_name(), "service": service, "hidden": access.hidden_team_ids(user),
        "start": datetime.datetime.combine(months[0], datetime.time(), zone),
        "end": datetime.datetime.combine(end, datetime.time(), zone),
    }  # fmt: skip
    found: dict[str, dict[str, Cell]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, values)
        for _pk, name, month, outcome, lead, restores in cursor.fetchall():
            cell = found.setdefault(name, {}).setdefault(month, Cell())
            caused = restores is not None
            cell.done += 1
            cell.bad += outcome in ("failed", "backed_out") or caused
            if outcome in ("successful", "with_issues") and lead is not None and lead >= 0:
                cell.leads.append(lead)
            cell.restores += [seconds for seconds in restores or () if seconds is not None]
    return [f"{month:%Y-%m}" for month in months], dict(sorted(found.items()))
