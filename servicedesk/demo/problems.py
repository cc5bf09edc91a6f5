"""Makes the demo's problems, from the incidents that are there."""

from __future__ import annotations

import datetime
import random
from typing import Any

from problems import operations
from problems.models import CauseCategory
from servicedesk.people.models import User
from servicedesk.services.models import Service
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.models import Ticket

#: title, service, state it stands in, whys, root cause, category, workaround
PROBLEMS = [
    ("Payroll exports of more than 900 rows run out of time", "Payroll", "known_error",
     ["The report service waits for the database", "The join on the archive has no index", "The archive grew tenfold in a year"],
     "The archive table is joined without an index.", "Capacity", "Set `report.batch=500` and restart the worker, or export twice."),
    ("VPN drops when the key is renewed", "VPN", "known_error",
     ["The gateway renews keys every ten minutes", "Old clients answer too late"],
     "Clients before 5.4 answer the renewal too late.", "Software defect", "Install client 5.4 from the software centre."),
    ("Rooms are booked twice", "E-mail and calendar", "known_error", ["Two panels confirm the same minute"],
     "The panels do not lock a room while they ask.", "Software defect", "Book rooms in the calendar, not at the panel."),
    ("Labels print twice in the evening", "Printing", "known_error", ["The queue is drained twice after the backup"],
     "The spooler is restarted while jobs are being sent.", "Configuration", "Print after 21:00, or cancel the second job."),
    ("Wi-Fi drops between floors", "Wi-Fi", "root_cause", ["Controllers hand over too late"],
     "The controllers' threshold is set for the old access points.", "Configuration", ""),
    ("Log-ins fail on Monday mornings", "Identity", "root_cause", ["All tokens end on Sunday night"],
     "Tokens were issued in one batch and end together.", "Configuration", ""),
    ("The CRM loses prices of offers", "CRM", "investigating", ["The field is empty after saving"], "", "", ""),
    ("Calls have no sound with the new headsets", "Telephony", "investigating", [], "", "", ""),
    ("The warehouse system is slow at shift changes", "Warehouse system", "new", [], "", "", ""),
    ("Shared folders are full", "File storage", "resolved", ["Versions are kept for ever"],
     "Old versions were never deleted.", "Missing process", "Delete old versions by hand."),
    ("Screens flicker on the new docks", "Computers", "closed", ["The firmware halves the rate"],
     "Firmware 1.2 of the docks.", "Hardware", "Plug the screen into the laptop."),
    ("The phone book shows people who left", "Intranet", "cancelled", [], "", "", ""),
]  # fmt: skip
_PATH = {"investigating": 1, "root_cause": 2, "known_error": 3, "resolved": 4, "closed": 5}


def make_problems(agents: dict[str, list[User]], rng: random.Random, now: datetime.datetime) -> list[Ticket]:
    """Twelve problems in all states; returns them."""
    return [_make(row, agents, rng, now) for row in PROBLEMS]


def _make(row: Any, agents: dict[str, list[User]], rng: random.Random, now: datetime.datetime) -> Ticket:
    title, service_name, state, whys, cause, category, workaround = row
    service = Service.objects.get(name=service_name)
    agent = rng.choice(agents[service.team.name])  # type: ignore[union-attr]
    at = now - datetime.timedelta(days=rng.randint(3, 30), minutes=rng.randint(0, 600))
    incidents = Ticket.objects.filter(kind="incident", service=service).exclude(status_category="closed")
    problem: Any = operations.raise_problem(
        actor=agent, title=title, service=service, assignee=agent, at=at, description="Seen again and again.",
        sources=list(incidents.order_by("pk")[: rng.randint(1, 4)]) if state != "cancelled" else [],
    )  # fmt: skip

    def step(slug: str, **values: Any) -> None:
        nonlocal at
        at = min(at + datetime.timedelta(hours=rng.randint(1, 9)), now)
        tickets.transition(problem, slug, actor=agent, at=at, **values)

    if state == "cancelled":
        step("cancel", reason="The phone book is fed by another system now.")
    reached = _PATH.get(state, 0)
    if reached >= 1:
        step("investigate")
        parent = None
        for text in whys:
            parent = operations.ask_why(problem, actor=agent, text=text, parent=parent, at=at)
    if reached >= 2:
        chosen = CauseCategory.objects.filter(name=category).first()
        operations.describe(
            problem, actor=agent, root_cause=cause, cause_category=chosen, workaround=workaround, at=at,
        )  # fmt: skip
        step("find_cause")
    if reached >= 3 and workaround:
        step("accept")
    if reached >= 4:
        step("resolve", resolution="Fixed for good.")
    if reached >= 5:
        step("close")
    return Ticket.objects.get(pk=problem.pk)
