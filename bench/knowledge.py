"""Knowledge's part of `make bench`: a hundred labelled questions over the demo's articles, and what a search costs.

Recall: the part of the questions (bench/queries.txt) whose article is among the first three. Fails under 0.9.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.serving import Browser, paired, report, served, site

QUERIES = Path(__file__).with_name("queries.txt")
LEAST = 0.9
#: A large knowledge base: the demo's articles over and over, each with words of its own.
MANY = 3000


def questions() -> list[tuple[str, str]]:
    """(words, article's key and language)."""
    lines = (line for line in QUERIES.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return [tuple(part.strip() for part in line.split("|")) for line in lines]  # type: ignore[misc]


def recall() -> tuple[float, float, list[str]]:
    """(found among the first three, found first, questions that were not)."""
    from servicedesk.demo.knowledge import texts
    from servicedesk.knowledge.models import Article
    from servicedesk.knowledge.search.finding import find
    from servicedesk.people.models import User

    customer = User.objects.get(email="customer@northwind.example")
    right = {
        f"{text.key}/{text.language}": Article.objects.get(title=text.title, language=text.language).pk
        for text in texts()
    }
    rows, three, first, missed = questions(), 0, 0, []
    for words, key in rows:
        customer.language = key[-2:]
        got = [row.pk for row in find(customer, words, limit=3, highlight=False).articles]
        three += right[key] in got
        first += got[:1] == [right[key]]
        if right[key] not in got:
            missed.append(words)
    return three / len(rows), first / len(rows), missed


def grow() -> None:
    """Copy the articles until there are MANY."""
    from servicedesk.knowledge import operations
    from servicedesk.knowledge.models import Article
    from servicedesk.knowledge.search import words

    sources = list(Article.objects.filter(state="published", audience__in=["public", "customers"]).order_by("pk"))
    for number in range(MANY - Article.objects.count()):
        source = sources[number % len(sources)]
        row = operations.write(
            actor=None, title=f"{source.title} ({number})", summary=source.summary, language=source.language,
            body=f"{source.body}\n\nBuilding {number % 40}, device {number}, model m{number % 97}x.", audience="customers",
        )  # fmt: skip
        operations.publish(row, actor=None)
    words.rebuild()


def milliseconds() -> list[float]:
    """What each question takes, in process."""
    from servicedesk.knowledge.search.finding import find
    from servicedesk.people.models import User

    customer, spent = User.objects.get(email="customer@northwind.example"), []
    for words, _key in questions():
        start = time.perf_counter()
        find(customer, words)
        spent.append((time.perf_counter() - start) * 1000)
    return sorted(spent)


def main() -> int:
    with site("bench-knowledge"):
        from django.core.cache import caches
        from django.db import connection

        from servicedesk.demo.load import load

        load(tickets=60, changes=15, requests=5)
        three, first, missed = recall()
        print(f"recall in the first three {three:.2f}, first {first:.2f}, of {len(questions())} questions")
        print("not found: " + "; ".join(missed))
        print(f"search over the demo's articles: median {statistics.median(milliseconds()):.1f} ms")
        grow()
        caches["near"].clear()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        spent = milliseconds()
        print(f"search over {MANY:,} articles: median {statistics.median(spent):.1f} ms, 95 % under {spent[94]:.1f} ms")
        with served():
            customer = Browser("customer@northwind.example")
            rows = questions()

            def words(turn: int) -> str:
                return rows[turn % len(rows)][0].replace(" ", "+")

            pages = {
                "suggestions": paired(
                    lambda t: customer.get(f"/help/suggest/?where=report&q={words(t)}"),
                    lambda t: customer.get(f"/floor/articles/?q={words(t)}"),
                )
            }
    report(pages, limit=1000)
    return 0 if three >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
