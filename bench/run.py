"""`make bench`: each page's time beside its floor, at 10,000 and at 200,000 tickets, over HTTP on the real server.

Prints a table; the ratios are what docs/performance.md holds. Everything lives in var/bench and is removed.
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
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
    os.environ.pop(name, None)
os.environ["SERVICEDESK_VAR"] = str(ROOT / "var" / "bench")
os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
os.environ["REQUEST_LOG_LEVEL"] = "ERROR"
PORT = int(os.environ.get("PORT", "8765"))
SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "10000,200000").split(",")]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "60"))
#: What has to hold: page at most FLOOR × its floor, and at the largest size at most GROWTH × its time at the smallest.
FLOOR, GROWTH = 2.5, 1.3


class Browser:
    """One agent with one connection kept open, as a browser has."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        page = gzip.decompress(self.get("/login/")).decode()
        self.token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page).group(1)  # type: ignore[union-attr]
        self.post("/login/", {"username": "agent@northwind.example", "password": "servicedesk"})
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


def measure(size: int) -> dict[str, tuple[float, float]]:
    """Page and floor for each thing an agent does."""
    from servicedesk.tickets.models import Ticket

    numbers = list(
        Ticket.objects.filter(status_category="open").order_by("-activity_at").values_list("number", flat=True)[:15]
    )
    words = ["payroll export", "vpn disconnects", "printer", "bank", "gateway rekey", "calendar permission"]
    browser = Browser()

    def number(turn: int) -> str:
        return numbers[turn % len(numbers)]

    def query(turn: int) -> str:
        return urllib.parse.urlencode({"q": words[turn % len(words)]})

    new = {
        "requester": "customer@northwind.example", "title": "Bench", "description": "One paragraph of text. " * 10,
        "channel": "phone", "impact": "2", "urgency": "2",
    }  # fmt: skip
    body = {"kind": "reply", "body": "Thank you, we look into it. " * 8}
    write = {"body": body["body"]}
    return {
        "queue": paired(lambda t: browser.get("/desk/"), lambda t: browser.get("/floor/queue/")),
        "ticket page": paired(
            lambda t: browser.get(f"/desk/{number(t)}/"), lambda t: browser.get(f"/floor/ticket/{number(t)}/")
        ),
        "search": paired(
            lambda t: browser.get(f"/desk/search/?{query(t)}"), lambda t: browser.get(f"/floor/search/?{query(t)}")
        ),
        "create": paired(
            lambda t: browser.post("/desk/new/incident/", new), lambda t: browser.post("/floor/write/", write)
        ),
        "reply": paired(
            lambda t: browser.post(f"/desk/{number(t)}/say/", body), lambda t: browser.post("/floor/write/", write)
        ),
    }


def peak_memory(pid: int) -> int:
    """Largest resident memory in kB of any of the server's processes."""
    found = subprocess.run(
        ["ps", "-o", "rss=", "--ppid", str(pid), "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return max(int(line) for line in found.stdout.split())


def main() -> int:
    from servicedesk.local.servers import servers

    where = Path(os.environ["SERVICEDESK_VAR"])
    shutil.rmtree(where, ignore_errors=True)
    results: dict[int, dict[str, tuple[float, float]]] = {}
    with servers():
        import django

        django.setup()
        from django.core.management import call_command

        from bench.fill import grow

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        for size in SIZES:
            print(f"Filling to {size:,} tickets …", flush=True)
            grow(size)
            log = (where / "web.log").open("ab")
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
                results[size] = measure(size)
                print(f"  web worker's memory: {peak_memory(web.pid) / 1024:.0f} MB", flush=True)
            finally:
                web.terminate()
                web.wait()
    shutil.rmtree(where, ignore_errors=True)
    print(f"\n{'':<14}" + "".join(f"{f'{size:,} tickets':>34}" for size in results))
    print(f"{'median ms':<14}" + f"{'page':>14}{'floor':>10}{'ratio':>10}" * len(results) + f"{'growth':>10}")
    failed = []
    for name in results[SIZES[0]]:
        line = f"{name:<14}"
        for size in results:
            page, floor = results[size][name]
            line += f"{page * 1000:>14.1f}{floor * 1000:>10.1f}{page / floor:>10.2f}"
            if name in ("queue", "ticket page") and page / floor > FLOOR:
                failed.append(f"{name} at {size:,}: {page / floor:.2f} × its floor, more than {FLOOR}")
        growth = results[SIZES[-1]][name][0] / results[SIZES[0]][name][0]
        line += f"{growth:>10.2f}"
        if name in ("queue", "ticket page") and growth > GROWTH:
            failed.append(f"{name} grows {growth:.2f} ×, more than {GROWTH}")
        print(line)
    print("\n" + ("\n".join(failed) if failed else "All that has to hold holds."))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
