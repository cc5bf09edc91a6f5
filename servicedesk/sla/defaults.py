"""What a new installation starts with: metrics, two calendars, agreements for incidents, escalations."""

from __future__ import annotations

import datetime
from importlib import resources
from typing import Any

METRICS = [
    ("first_response", "Time to first response", ["opened"], ["agent_reply", "enters_resolved", "enters_closed"], [],
     "We answer by {when}"),
    ("next_response", "Time to next response", ["customer_reply"], ["agent_reply", "enters_resolved", "enters_closed"], [],
     "We answer by {when}"),
    ("assignment", "Time to assignment", ["opened"], ["assigned", "enters_resolved", "enters_closed"], [], ""),
    ("resolution", "Time to resolution", ["opened", "reopened"], ["enters_resolved", "enters_closed"], ["waiting"],
     "We expect to solve it by {when}"),
    ("approval", "Time to approval", ["approval_requested"], ["approval_decided", "enters_resolved", "enters_closed"],
     [], "A decision is made by {when}"),
]  # fmt: skip

HOUR = 3600
#: (name, metric, [(priority or None, target seconds, around the clock)])
AGREEMENTS = [
    ("Incidents: first response", "first_response",
     [(1, HOUR // 4, True), (2, HOUR, False), (3, 4 * HOUR, False), (4, 8 * HOUR, False)]),
    ("Incidents: next response", "next_response",
     [(1, HOUR, True), (2, 4 * HOUR, False), (3, 8 * HOUR, False), (4, 16 * HOUR, False)]),
    ("Incidents: resolution", "resolution",
     [(1, 4 * HOUR, True), (2, 8 * HOUR, False), (3, 24 * HOUR, False), (4, 40 * HOUR, False)]),
]  # fmt: skip
#: per cent → actions
ESCALATIONS = [(50, ["assignee"]), (75, ["assignee", "team"]), (100, ["assignee", "lead"])]


#: What came with requests: (slug, name, starts, stops, pauses, promise).
FULFILMENT = (
    "fulfilment", "Time to fulfilment", ["opened", "reopened"], ["enters_resolved", "enters_closed"], ["waiting"],
    "It should be ready by {when}",
)  # fmt: skip
#: (name, kind, metric, type, target seconds, as planned, [(per cent, actions)])
REQUEST_AGREEMENTS = [
    ("Requests: approval", "request", "approval", "sla", 16 * HOUR, False,
     [(50, ["approvers"]), (100, ["approvers", "lead"]), (500, ["expire"])]),
    ("Requests: fulfilment", "request", "fulfilment", "sla", 40 * HOUR, True,
     [(75, ["assignee", "team"]), (100, ["assignee", "lead"])]),
    ("Tasks: done in time", "task", "fulfilment", "ola", 16 * HOUR, True, [(75, ["assignee"]), (100, ["assignee", "lead"])]),
]  # fmt: skip


#: What came with changes.
ASSESSMENT: tuple[str, str, list[str], list[str], list[str], str] = (
    "assessment", "Time to assessment", ["assessment_requested"], ["assessment_ended", "enters_closed"], [], "",
)  # fmt: skip
CHANGE_AGREEMENTS = [
    ("Changes: assessment", "change", "assessment", "ola", 16 * HOUR, False, [(75, ["assignee", "team"]), (100, ["assignee", "lead"])]),
    ("Changes: approval", "change", "approval", "ola", 24 * HOUR, False,
     [(50, ["approvers"]), (100, ["approvers", "lead"]), (500, ["expire"])]),
]  # fmt: skip


def fill_requests(apps: Any) -> None:
    """The metric and agreements of requests and tasks, with historical models; each is there once, by its name."""
    _fill_process(apps, FULFILMENT, REQUEST_AGREEMENTS)


def fill_changes(apps: Any) -> None:
    """The same for changes."""
    _fill_process(apps, ASSESSMENT, CHANGE_AGREEMENTS)


def _fill_process(apps: Any, metric_row: tuple[Any, ...], agreements: list[Any]) -> None:
    def model(name: str) -> Any:
        return apps.get_model("sla", name)

    slug, name, starts, stops, pauses, promise = metric_row
    model("Metric").objects.get_or_create(
        slug=slug, defaults={"name": name, "starts": starts, "stops": stops, "pauses": pauses, "promise": promise}
    )
    office = (
        model("Calendar").objects.filter(name="Office hours").first()
        or model("Calendar").objects.order_by("pk").first()
    )
    configuration, _new = model("Configuration").objects.get_or_create(pk=1)
    configuration.revision += 1
    configuration.save()
    for name, kind, metric_slug, type_, target, by_plan, rules in agreements:
        metric = model("Metric").objects.filter(slug=metric_slug).first()
        if metric is None or office is None:
            continue  # the admin arranged things otherwise
        agreement, new = model("Agreement").objects.get_or_create(
            name=name,
            defaults={
                "metric": metric,
                "kinds": [kind],
                "type": type_,
                "is_active": True,
                "revision": configuration.revision,
            },
        )
        if not new:
            continue
        model("Goal").objects.create(
            agreement=agreement,
            position=0,
            condition="",
            resolved=["all"],
            target=target,
            calendar=office,
            by_plan=by_plan,
        )
        for place, (amount, actions) in enumerate(rules):
            rule = model("EscalationRule").objects.create(
                agreement=agreement, position=place, at="percent", amount=amount, only_open=True
            )
            model("EscalationAction").objects.bulk_create(
                model("EscalationAction")(rule=rule, position=n, kind=kind_) for n, kind_ in enumerate(actions)
            )


def country_of(zone: str) -> str:
    """The country that a time zone belongs to by the IANA table, or "" for none or several."""
    try:
        table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return ""
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return next((row[0] for row in rows if row[2] == zone), "")


def fill(apps: Any, *, zone: str, country: str, active: bool, today: datetime.date) -> None:
    """Make them with historical models; an agreement is there once, by its name."""

    def model(name: str) -> Any:
        return apps.get_model("sla", name)

    from .models.calendar import ALWAYS, OFFICE

    model("Configuration").objects.get_or_create(pk=1)
    metrics = {}
    for slug, name, starts, stops, pauses, promise in METRICS:
        metrics[slug] = model("Metric").objects.get_or_create(
            slug=slug, defaults={"name": name, "starts": starts, "stops": stops, "pauses": pauses, "promise": promise}
        )[0]
    calendars = model("Calendar").objects
    always = calendars.get_or_create(name="24×7", defaults={"time_zone": "UTC", "week": ALWAYS})[0]
    office, new = calendars.get_or_create(name="Office hours", defaults={"time_zone": zone, "week": OFFICE})
    if new:
        _holidays(model("Holiday"), office, country, today)
    for name, metric, goals in AGREEMENTS:
        agreement, new = model("Agreement").objects.get_or_create(
            name=name, defaults={"metric": metrics[metric], "kinds": ["incident"], "is_active": active, "revision": 1}
        )
        if new:
            _parts(model, agreement, goals, always, office)


def _parts(model: Any, agreement: Any, goals: list[tuple[int, int, bool]], always: Any, office: Any) -> None:
    model("Goal").objects.bulk_create(
        model("Goal")(
            agreement=agreement, position=place, condition=f"priority:{priority}", target=target,
            resolved=["test", "priority", "in", [priority]], calendar=always if around_the_clock else office,
        )
        for place, (priority, target, around_the_clock) in enumerate(goals)
    )  # fmt: skip
    for place, (amount, actions) in enumerate(ESCALATIONS):
        rule = model("EscalationRule").objects.create(
            agreement=agreement, position=place, at="percent", amount=amount, only_open=True
        )
        model("EscalationAction").objects.bulk_create(
            model("EscalationAction")(rule=rule, position=n, kind=kind) for n, kind in enumerate(actions)
        )


def _holidays(holiday: Any, calendar: Any, country: str, today: datetime.date) -> None:
    from .calendars import find

    if not country:
        return
    try:
        days = {**find(country, "", today.year), **find(country, "", today.year + 1)}
    except ValueError:
        return  # a country without a record: the admin adds what is closed
    holiday.objects.bulk_create(holiday(calendar=calendar, date=day, name=name) for day, name in days.items())
    type(calendar).objects.filter(pk=calendar.pk).update(country=country)
