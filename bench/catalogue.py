"""The catalogue's part of `make bench`: the shelves and an order form beside their floors, with 500 offerings."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.serving import Browser, paired, report, served, site

OFFERINGS = 500
CUSTOMER = "customer@northwind.example"


def fill() -> list[str]:
    """The demo's catalogue, multiplied: each offering again under other names until there are enough.

    Returns the slugs of the demo's own that the customer may order.
    """
    from catalog import documents, versions
    from catalog.entitlement import orderable
    from catalog.models import Offering
    from servicedesk.demo.load import load
    from servicedesk.people.models import User

    load(tickets=30, changes=15, requests=5, articles=False)
    have = list(Offering.objects.filter(is_retired=False).order_by("pk"))
    sources = [documents.dump(version) for offering in have if (version := versions.published(offering))]
    for number in range(OFFERINGS - Offering.objects.count()):
        data = dict(sources[number % len(sources)])
        data["name"] = f"{data['name']} {number}"
        versions.publish(documents.load(data), actor=None)
    print(f"{Offering.objects.count()} offerings", flush=True)
    mine = orderable(User.objects.get(email=CUSTOMER)).filter(pk__in=[offering.pk for offering in have])
    return [offering.slug for offering in mine.order_by("pk")]


def measure(slugs: list[str]) -> dict[str, tuple[float, float]]:
    """What a customer opens on the way to an order."""
    customer = Browser(CUSTOMER)

    def slug(turn: int) -> str:
        return slugs[turn % len(slugs)]

    return {
        "catalogue": paired(lambda t: customer.get("/portal/catalogue/"), lambda t: customer.get("/floor/catalogue/")),
        "order form": paired(
            lambda t: customer.get(f"/portal/order/{slug(t)}/"), lambda t: customer.get(f"/floor/form/{slug(t)}/")
        ),
    }


def main() -> int:
    with site("bench-catalogue"):
        slugs = fill()
        with served():
            results = measure(slugs)
    return 1 if report(results) else 0


if __name__ == "__main__":
    sys.exit(main())
