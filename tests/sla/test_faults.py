"""Tens of thousands of thresholds fall due while everything around them is killed at random.

Real PostgreSQL, Redis, workers and beat, as `make run` starts them. Afterwards
every threshold has exactly one firing, every clock the right next one, every
action was done once, and the clocks are what their events say.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.local.test_whole_installation import ROOT, Desk

pytestmark = pytest.mark.long

PLAIN, ACTING = 5200, 60
#: Seconds: how far the clocks' starts are spread, and their target.
WINDOW, TARGET = 25.0, 40
HERE = Path(__file__).resolve().parent


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "var")
    desk.environment |= {"SERVICEDESK_DEMO": "0", "WEB_WORKERS": "1"}
    yield desk
    for pid in desk.children():
        os.kill(pid, signal.SIGKILL)


def script(desk: Desk, *words: object) -> dict[str, Any]:
    """Run fault_script.py beside the desk; tried again while the database is away."""
    for _turn in range(20):
        answer = subprocess.run(
            [sys.executable, str(HERE / "fault_script.py"), *map(str, words)], cwd=ROOT, env=desk.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if answer.returncode == 0:
            result: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
            return result
        time.sleep(1)
    raise AssertionError(answer.stderr)


def kill(desk: Desk, mark: str, how: int = signal.SIGKILL) -> None:
    pids = sorted(pid for pid, words in desk.children().items() if mark in words)
    for pid in pids[:1]:
        os.kill(pid, how)


def flush_redis(address: str) -> bool:
    try:
        return bool(redis.Redis.from_url(address).flushall())
    except redis.RedisError:
        return False  # just now killed


def restart_database(desk: Desk) -> bool:
    """A fast shutdown; the supervisor starts it again."""
    pids = sorted(pid for pid, words in desk.children().items() if "bin/postgres " in words)
    if pids:
        os.kill(pids[0], signal.SIGINT)
    return bool(pids)


def test_every_threshold_fires_exactly_once_whatever_is_killed(desk: Desk) -> None:
    desk.start()
    address = script(desk, "fill", PLAIN, ACTING, WINDOW, TARGET)["redis"]
    late = subprocess.Popen(
        [sys.executable, str(HERE / "late_worker.py")], cwd=ROOT, env={**desk.environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    chance = random.Random(3)
    began = time.monotonic()
    restarted = emptied = False
    while (passed := time.monotonic() - began) < 8 + WINDOW + TARGET / 2 + 4:
        if passed > 20 and not restarted:
            restarted = restart_database(desk)
        elif passed > 28 and not emptied:
            emptied = flush_redis(address)
        else:
            kill(desk, chance.choice(["timers@", "timers@", "worker@", " beat ", "redis-server"]))
        time.sleep(chance.uniform(0.8, 2.5))
    assert restarted and emptied

    thresholds, clocks = 3 * (PLAIN + ACTING), PLAIN + ACTING
    found: dict[str, Any] = {}
    for _turn in range(90):
        found = script(desk, "report")
        if found["waiting"] == found["coming"] == found["notes undone"] == 0 and found["webhooks undone"] == ACTING:
            break
        time.sleep(1)
    late.kill()
    late.wait()
    assert found["waiting"] == found["coming"] == 0, (found, desk.logs())
    assert (found["firings"], found["escalated"]) == (thresholds, thresholds)
    assert found["fired"] == {"4": clocks}  # three rules and the breach
    assert (found["breached"], found["breach events"]) == (clocks, clocks)
    assert found["too early"] == 0  # PostgreSQL's clock decides, not a worker's
    assert (found["notes"], found["noted"], found["notes undone"]) == (ACTING, ACTING, 0), (found, desk.logs())
    assert (found["webhooks"], found["webhooks undone"]) == (ACTING, ACTING), found
    assert found["versions"] == 0  # no event was recorded twice
    check = subprocess.run(
        [sys.executable, "manage.py", "sla_replay", "--all", "--check", "-v0"], cwd=ROOT, env=desk.environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert check.returncode == 0, check.stdout[-2000:] + check.stderr[-500:]
    print(f"latest firing {found['latest']:.1f} s after its threshold")
    desk.stop()
