"""A site to measure: embedded servers, a migrated database, the real web server with the floors beside the product.

What a part of `make bench` shares with the others. Everything lives in var/<name> and is removed.
"""

from __future__ import annotations

import gzip
import http.client
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PORT = int(os.environ.get("PORT", "8765"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "60"))
#: What has to hold for a page: at most this many times its floor.
FLOOR = 2.5


class Browser:
    """One person with one connection kept open, as a browser has."""

    def __init__(self, email: str = "agent@northwind.example") -> None:
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        page = gzip.decompress(self.get("/login/")).decode()
        self.token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page).group(1)  # type: ignore[union-attr]
        self.post("/login/", {"username": email, "password": "servicedesk"})
        self.token = self.cookies["csrftoken"]

    def _ask(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> bytes:
        words = {
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "Accept-Encoding": "gzip",
            **(headers or {}),
        }
        self.connection.request(method, path, body, words)
        answer = self.connection.getresponse()
        data = answer.read()
        for header in answer.headers.get_all("Set-Cookie") or ():
            name, _eq, value = header.split(";")[0].partition("=")
            self.cookies[name] = value
        assert answer.status < 400, (method, path, answer.status, data[:300])
        return data

    def get(self, path: str) -> bytes:
        return self._ask("GET", path)

    def post(self, path: str, fields: dict[str, str]) -> None:
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": self.token, **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.token}
        self._ask("POST", path, body, headers)


def paired(page: Callable[[int], object], floor: Callable[[int], object]) -> tuple[float, float]:
    """Median seconds of both, asked in turn so that the machine's moods strike both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 5):
        for which, ask in enumerate((page, floor)):
            began = time.perf_counter()
            ask(turn)
            if turn >= 5:
                times[which].append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def peak_memory(pid: int) -> int:
    """Largest resident memory in kB of any of the server's processes."""
    found = subprocess.run(
        ["ps", "-o", "rss=", "--ppid", str(pid), "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return max(int(line) for line in found.stdout.split())


@contextmanager
def site(name: str) -> Iterator[None]:
    """Servers of its own in var/``name``, Django set up on them, the database migrated, static files collected."""
    for variable in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        os.environ.pop(variable, None)
    where = ROOT / "var" / name
    os.environ["SERVICEDESK_VAR"] = str(where)
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    os.environ["REQUEST_LOG_LEVEL"] = "ERROR"
    from servicedesk.local.servers import servers

    shutil.rmtree(where, ignore_errors=True)
    with servers():
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield
    shutil.rmtree(where, ignore_errors=True)


@contextmanager
def served() -> Iterator[subprocess.Popen[bytes]]:
    """The web server as an installation runs it, answering on PORT; only within ``site``."""
    log = (Path(os.environ["SERVICEDESK_VAR"]) / "web.log").open("ab")
    command = [
        str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--port", str(PORT), "--workers", "2",
        "--blocking-threads", "4", "--no-ws", "--http", "1", "bench.wsgi:application",
    ]  # fmt: skip
    web = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        for _ in range(200):
            time.sleep(0.1)
            try:
                probe = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
                probe.request("GET", "/health/live")
                if probe.getresponse().status == 200:
                    break
            except OSError:
                continue
        yield web
    finally:
        web.terminate()
        web.wait()


def report(results: dict[str, tuple[float, float]], limit: float = FLOOR) -> int:
    """Print page, floor and ratio of each; how many are over the limit."""
    print(f"\n{'median ms':<26}{'page':>10}{'floor':>10}{'ratio':>10}")
    over = 0
    for name, (page, floor) in results.items():
        print(f"{name:<26}{page * 1000:>10.1f}{floor * 1000:>10.1f}{page / floor:>10.2f}")
        over += page / floor > limit
    print(f"\n{over} over {limit} × their floor." if over else "\nAll that has to hold holds.")
    return over
