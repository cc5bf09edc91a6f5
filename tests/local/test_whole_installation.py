"""`make run`'s command, whole: real servers, web, workers and beat; a crash, a request that ends in a mail, a clean stop."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.long


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Desk:
    """One running desk in a folder of its own."""

    def __init__(self, var: Path):
        self.var, self.port = var, free_port()
        own = {
            k: v for k, v in os.environ.items() if not k.startswith(("SERVICEDESK", "DJANGO", "REQUEST_LOG", "PYTEST"))
        }
        self.environment = {**own, "SERVICEDESK_VAR": str(var), "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        self.log = var.parent / "run.log"

    def start(self) -> None:
        """Returns when it says that it runs."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"], cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.wait(lambda: "Ctrl+C stops everything" in self.said(), 300)

    def said(self) -> str:
        return self.log.read_text()

    def wait(self, condition, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, self.said() + self.logs()
            time.sleep(0.2)

    def logs(self) -> str:
        return "".join(f"\n== {path.name}\n{path.read_text()[-1500:]}" for path in (self.var / "log").glob("*.log"))

    def get(self, path: str, cookies: str = "") -> tuple[int, str, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={"Cookie": cookies})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers

    def post(self, path: str, fields: dict[str, str], cookies: str) -> tuple[int, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, urllib.parse.urlencode(fields), headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers

    def children(self) -> dict[int, str]:
        """Every process of this desk that lives, by what it was started with."""
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                words = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (path / "environ").read_bytes()
            except OSError:
                continue
            if (
                f"SERVICEDESK_VAR={self.var}\0".encode() in environment
                and (path / "stat").read_text().split()[2] != "Z"
            ):
                found[int(path.name)] = words
        return found

    def stop(self, how: int = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(60)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "var")
    yield desk
    for pid in desk.children():
        os.kill(pid, signal.SIGKILL)


def cookies_of(headers: http.client.HTTPMessage) -> dict[str, str]:
    return dict(header.split(";")[0].split("=", 1) for header in headers.get_all("Set-Cookie") or ())


def log_in(desk: Desk, email: str) -> tuple[str, str]:
    """(cookies, CSRF token) of somebody of the demo."""
    _status, page, headers = desk.get("/login/")
    jar = cookies_of(headers)
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page).group(1)
    fields = {"csrfmiddlewaretoken": token, "username": email, "password": "servicedesk"}
    status, headers = desk.post("/login/", fields, f"csrftoken={jar['csrftoken']}")
    assert status == 302
    jar |= cookies_of(headers)
    return "; ".join(f"{k}={v}" for k, v in jar.items()), jar["csrftoken"]


def test_start_use_crash_and_stop(desk: Desk) -> None:
    desk.start()
    said = desk.said()
    assert f"http://127.0.0.1:{desk.port}" in said and "agent@northwind.example" in said
    assert desk.get("/health/live")[0] == desk.get("/health/ready")[0] == 200

    # A report through the portal becomes a mail by the real worker.
    cookies, token = log_in(desk, "customer@northwind.example")
    fields = {"csrfmiddlewaretoken": token, "title": "Smoke in room 4", "impact": "3", "urgency": "1"}
    status, headers = desk.post("/portal/report/problem/", fields, cookies)
    assert status == 302
    number = headers["Location"].split("/")[2]

    def mailed() -> bool:
        return any(f"[{number}]" in path.read_text() for path in (desk.var / "mail").glob("*.log"))

    desk.wait(mailed, 40)
    assert number in desk.get("/demo/mail/")[1]

    # Logs are one line each, and the request's id is in the task's.
    assert all(
        line.startswith("{") for line in (desk.var / "log" / "web.log").read_text().splitlines() if "request" in line
    )

    # A command beside the running desk finds its servers and leaves them alone.
    beside = subprocess.run(
        [sys.executable, "manage.py", "demo", "--people"], cwd=ROOT, env=desk.environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert "customer@northwind.example" in beside.stdout

    # What crashes is said and restarted.
    for name, mark in (("worker", "worker@"), ("beat", " beat "), ("timers", "timers@"), ("redis", "redis-server")):
        pids = [pid for pid, words in desk.children().items() if mark in words]
        if name == "redis" and not pids:  # as root it runs as somebody else, whose environment is the same all the same
            continue
        os.kill(min(pids), signal.SIGKILL)
        desk.wait(lambda name=name: f"{name} crashed" in desk.said(), 20)
    desk.wait(lambda: desk.get("/health/ready")[0] == 200, 60)

    before = desk.children()
    assert len(before) > 6
    desk.stop()
    assert desk.children() == {} and desk.said().rstrip().endswith("Stopped.")

    # The second start keeps what was there.
    desk.start()
    assert "Demo loaded" not in desk.said()
    cookies, _token = log_in(desk, "customer@northwind.example")
    assert "Smoke in room 4" in desk.get(f"/portal/{number}/", cookies)[1]
    desk.stop(signal.SIGINT)
    assert desk.children() == {}


def test_a_command_without_a_running_desk_starts_the_servers_for_itself(desk: Desk) -> None:
    desk.process = None  # type: ignore[assignment]
    answer = subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=desk.environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert desk.children() == {} and (desk.var / "secret-key").exists()


def test_two_commands_at_once_share_the_servers(desk: Desk) -> None:
    desk.process = None  # type: ignore[assignment]
    both = [
        subprocess.Popen(
            [sys.executable, "manage.py", "showmigrations"], cwd=ROOT, env=desk.environment, stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    assert [process.wait(90) for process in both] == [0, 0]
    assert desk.children() == {}
