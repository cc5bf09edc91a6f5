"""`sla_replay` and `sla_export`, as an admin uses them."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from servicedesk.sla.models import Clock
from servicedesk.tickets import operations
from servicedesk.tickets.models import Event
from tests.factories import make_incident, resolve

from .setups import HOUR, MONDAY, clock, promise, rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare")]


def run(*words: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, verbosity=0, **options)
    return out.getvalue()


def test_one_tickets_clocks_are_rebuilt(agent: Any) -> None:
    promise("resolution", ("", 4))
    ticket, other = make_incident(at=MONDAY), make_incident(at=MONDAY)
    Clock.objects.update(due_at=MONDAY)
    assert "1 tickets, 2 differences put right" in run("sla_replay", ticket.number.lower())  # due, and so breached
    row = clock(ticket)
    assert (row.due_at, row.breached_at) == (MONDAY + 4 * HOUR, MONDAY + 4 * HOUR)
    assert clock(other).due_at == MONDAY


def test_check_says_what_differs_and_changes_nothing() -> None:
    promise("resolution", ("", 4))
    ticket = make_incident(at=MONDAY)
    assert "1 tickets, 0 differences" in run("sla_replay", "--all", "--check")
    Clock.objects.update(due_at=MONDAY)
    with pytest.raises(CommandError, match="2 differences in 1 tickets"):
        run("sla_replay", "--all", "--check")
    assert clock(ticket).due_at == MONDAY


def test_lost_clocks_come_back_and_fire_nothing_for_their_past() -> None:
    rule(promise("resolution", ("", 4)), "percent", 50)
    ticket = make_incident(at=MONDAY)
    Clock.objects.all().delete()
    run("sla_replay", "--all")
    from servicedesk.sla.sweep import sweep

    while sweep():
        pass
    assert clock(ticket).breached_at == MONDAY + 4 * HOUR
    assert not Event.objects.filter(kind__in=["escalated", "breached"]).exists()


@pytest.mark.parametrize("words", [[], ["INC-1", "--all"], ["INC-424242"]])
def test_a_call_that_means_nothing_is_refused(words: list[str]) -> None:
    with pytest.raises(CommandError):
        run("sla_replay", *words)


def test_the_export_has_a_row_for_each_cycle(agent: Any, tmp_path: Path) -> None:
    promise("resolution", ("", 4), on_reopen="restart", name="Fix, soon")
    ticket = make_incident(at=MONDAY)
    operations.transition(ticket, "wait_customer", actor=agent, reason="?", at=MONDAY + HOUR)
    operations.transition(ticket, "resume", actor=agent, at=MONDAY + 2 * HOUR)
    resolve(ticket, agent, at=MONDAY + 7 * HOUR)
    operations.transition(ticket, "reopen", actor=agent, reason="Again", at=MONDAY + 7.5 * HOUR)
    operations.transition(ticket, "wait_customer", actor=agent, reason="?", at=MONDAY + 7.75 * HOUR)
    path = tmp_path / "clocks.csv"
    run("sla_export", str(path), stderr=io.StringIO())
    rows = list(csv.DictReader(path.open()))
    assert list(rows[0]) == [
        "number", "external_reference", "agreement", "cycle", "started", "due", "stopped", "paused_seconds",
        "elapsed_seconds", "breached_at",
    ]  # fmt: skip
    assert rows[0] == {
        "number": ticket.number, "external_reference": "", "agreement": "Fix, soon", "cycle": "1",
        "started": "2026-03-02T09:00:00Z", "due": "2026-03-02T14:00:00Z", "stopped": "2026-03-02T16:00:00Z",
        "paused_seconds": "3600", "elapsed_seconds": str(6 * 3600), "breached_at": "2026-03-02T14:00:00Z",
    }  # fmt: skip
    assert (rows[1]["cycle"], rows[1]["stopped"], rows[1]["elapsed_seconds"], rows[1]["due"]) == ("2", "", "900", "")
    with pytest.raises(CommandError, match="There is no agreement “Nothing”; there is: Fix, soon"):
        run("sla_export", agreement="Nothing")
    with pytest.raises(CommandError, match="cannot be written"):
        run("sla_export", str(tmp_path / "no" / "where.csv"))


def test_a_running_clock_is_exported_with_what_it_used_so_far() -> None:
    from .setups import always

    promise("resolution", ("", 4), calendar=always())
    make_incident(at=datetime.datetime.now(datetime.UTC) - HOUR)
    row = next(csv.DictReader(io.StringIO(run("sla_export"))))
    assert 3600 <= int(row["elapsed_seconds"]) < 3660 and row["stopped"] == ""
