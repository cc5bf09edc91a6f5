"""`make bench`: each page's time beside its floor, at 10,000 and at 200,000 tickets, over HTTP on the real server.

Prints a table; the ratios are what docs/performance.md holds.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.serving import FLOOR, Browser, paired, peak_memory, served, site

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "10000,200000").split(",")]
#: At the largest size a page may take at most this many times what it takes at the smallest.
GROWTH = 1.3
#: Milliseconds in which the tickets alike are found, at any size.
ALIKE = 30


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


def alike() -> tuple[float, float]:
    """(median, nineteen of twenty) milliseconds to find the five tickets most like one, over a hundred tickets."""
    from django.db import connection

    from servicedesk.people.models import User
    from servicedesk.tickets.models import Ticket
    from servicedesk.tickets.similar import similar

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket")
    agent, spent = User.objects.get(email="agent@northwind.example"), []
    for ticket in Ticket.objects.filter(kind="incident").order_by("-pk")[:105]:
        start = time.perf_counter()
        similar(ticket, agent)
        spent.append((time.perf_counter() - start) * 1000)
    spent = sorted(spent[5:])
    return statistics.median(spent), spent[94]


def clustered() -> tuple[int, float]:
    """(incidents looked at, seconds) of one search for candidates."""
    from django.utils import timezone

    from problems import candidates, clusters

    start = time.perf_counter()
    rows = candidates.rows(timezone.now())
    clusters.find(rows)
    return len(rows), time.perf_counter() - start


def main() -> int:
    failed = []
    results: dict[int, dict[str, tuple[float, float]]] = {}
    with site("bench"):
        from bench.fill import grow

        for size in SIZES:
            print(f"Filling to {size:,} tickets …", flush=True)
            grow(size)
            median, most = alike()
            print(f"  tickets alike: median {median:.1f} ms, 95 % under {most:.1f} ms")
            if median > ALIKE:
                failed.append(f"tickets alike at {size:,}")
            print("  candidates: {:,} incidents in {:.1f} s".format(*clustered()), flush=True)
            with served() as web:
                results[size] = measure(size)
                print(f"  web worker's memory: {peak_memory(web.pid) / 1024:.0f} MB", flush=True)
    print(f"\n{'':<14}" + "".join(f"{f'{size:,} tickets':>34}" for size in results))
    print(f"{'median ms':<14}" + f"{'page':>14}{'floor':>10}{'ratio':>10}" * len(results) + f"{'growth':>10}")
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
