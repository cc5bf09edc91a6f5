"""The queue's views, filters, sorting and keyset paging."""

from __future__ import annotations

import base64
import binascii
import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from servicedesk.people import access
from servicedesk.people.models import Team, User
from servicedesk.services.models import Service
from servicedesk.sla.display import row_chips
from servicedesk.tickets import registry
from servicedesk.tickets.models import Category, Priority, Seen, Ticket
from servicedesk.tickets.models.ticket import NEXT_DUE

PAGE_SIZE = 50
#: Live counts stop here: "1,000+" costs the same for any number of tickets.
COUNT_LIMIT = 1000

UNFINISHED = Q(status_category__in=["open", "waiting"])


@dataclass(frozen=True)
class View:
    """One of the queues in the rail."""

    slug: str
    label: Any
    icon: str
    condition: Callable[[Any], Q]
    empty: Any


VIEWS = {
    view.slug: view
    for view in (
        View("mine", _("My work"), "user", lambda user: UNFINISHED & Q(assignee=user),
             _("Nothing is assigned to you. Take something from the unassigned ones.")),
        View("open", _("All open"), "inbox", lambda user: UNFINISHED, _("No ticket is open. Enjoy the quiet.")),
        View("team", _("My teams"), "users", lambda user: UNFINISHED & Q(team__memberships__user=user),
             _("Your teams have no open tickets.")),
        View("unassigned", _("Unassigned"), "triangle-alert", lambda user: UNFINISHED & Q(assignee__isnull=True),
             _("Everything open has somebody who works on it.")),
        View("waiting", _("Waiting"), "pause", lambda user: Q(status_category="waiting"),
             _("Nothing waits for customers, suppliers, problems or changes.")),
        View("all", _("All tickets"), "history", lambda user: Q(), _("There are no tickets yet.")),
    )
}  # fmt: skip
RAIL = ("mine", "open", "team", "unassigned", "waiting")

AGES = {"1": _("up to a day"), "7": _("up to a week"), "over7": _("over a week"), "over30": _("over a month")}


#: Sorts after every name.
LAST = Value("\uffff")


@dataclass(frozen=True)
class Sort:
    """A column to sort by; ``key`` is an annotation or field name."""

    label: Any
    key: str
    expression: Any = None
    descending: bool = False


SORTS = {
    "number": Sort(_("Number"), "id"),
    "title": Sort(_("Title"), "title"),
    "requester": Sort(_("Requester"), "requester_name", Coalesce("requester__name", LAST)),
    "priority": Sort(_("Priority"), "priority"),
    "status": Sort(_("Status"), "status"),
    "team": Sort(_("Team"), "team_name", Coalesce("team__name", LAST)),
    "assignee": Sort(_("Assignee"), "assignee_name", Coalesce("assignee__name", LAST)),
    "due": Sort(_("Next due"), "next_due", NEXT_DUE),
    "age": Sort(_("Age"), "opened_at"),
    "activity": Sort(_("Activity"), "activity_at", descending=True),
}
DEFAULT_SORT = "activity"


@dataclass
class Query:
    """What the address asks of the queue; whatever it says wrongly is left out."""

    view: View
    sort: str
    descending: bool
    filters: dict[str, str]
    after: tuple[Any, int] | None = None

    @classmethod
    def parse(cls, data: QueryDict | Mapping[str, str]) -> Query:
        """Read GET parameters; unknown views, sorts, filters and cursors fall back to the default."""
        view = VIEWS.get(data.get("view") or "open", VIEWS["open"])
        wanted = (data.get("sort") or DEFAULT_SORT)[:20]
        sort = wanted.lstrip("-")
        if sort not in SORTS:
            sort, wanted = DEFAULT_SORT, DEFAULT_SORT
        descending = SORTS[sort].descending ^ wanted.startswith("-")
        filters = {}
        for name in FILTERS:
            value = data.get(name) or ""
            if value and len(value) <= 40 and FILTERS[name](value, None) is not None:
                filters[name] = value
        return cls(view, sort, descending, filters, _decode(data.get("after"), sort))

    @property
    def sort_word(self) -> str:
        return ("-" if self.descending != SORTS[self.sort].descending else "") + self.sort

    def address(self, **changes: str | None) -> str:
        """The query string of this queue with some parameters changed (None removes)."""
        values: dict[str, str | None] = {"view": self.view.slug, "sort": self.sort_word, **self.filters, **changes}
        if values["sort"] == DEFAULT_SORT:
            values["sort"] = None
        result = QueryDict(mutable=True)
        for key, value in values.items():
            if value:
                result[key] = value
        return "?" + result.urlencode()

    def sort_address(self, sort: str) -> str:
        """Sort by that column; by the other way round if it is sorted so already."""
        if sort == self.sort:
            return self.address(sort=("" if self.sort_word.startswith("-") else "-") + sort)
        return self.address(sort=sort)

    def tickets(self, user: Any) -> QuerySet[Ticket]:
        """Everything this queue shows to ``user``, unsorted."""
        condition = self.view.condition(user)
        for name, value in self.filters.items():
            part = FILTERS[name](value, user)
            if part is not None:
                condition &= part
        return access.visible(user, Ticket.objects.filter(condition))

    def page(self, user: Any) -> tuple[list[Ticket], str | None]:
        """Up to 50 rows with what a row shows, and the cursor of the next page; two queries."""
        sort = SORTS[self.sort]
        rows = self.tickets(user)
        if sort.expression is not None:
            rows = rows.annotate(**{sort.key: sort.expression})
        if self.after is not None:
            value, pk = self.after
            beyond = "lt" if self.descending else "gt"
            if sort.key == "id":
                rows = rows.filter(**{f"id__{beyond}": pk})
            else:
                # The first condition is implied by the second; it lets the index start at the right place.
                rows = rows.filter(
                    Q(**{f"{sort.key}__{beyond}e": value}),
                    Q(**{f"{sort.key}__{beyond}": value}) | Q(**{sort.key: value, f"id__{beyond}": pk}),
                )
        order = [sort.key] if sort.key == "id" else [sort.key, "id"]
        rows = rows.order_by(*(f"-{key}" if self.descending else key for key in order))
        found = list(for_rows(rows, user)[: PAGE_SIZE + 1])
        more = found[PAGE_SIZE:] and _encode(getattr(found[PAGE_SIZE - 1], sort.key), found[PAGE_SIZE - 1].pk)
        return with_chips(found[:PAGE_SIZE]), more or None


ROW_FIELDS = (
    "id", "kind", "number", "title", "status", "status_category", "priority", "opened_at", "activity_at", "is_major",
    "version", "requester__name", "requester__email", "team__name", "assignee__name", "assignee__email",
)  # fmt: skip


def for_rows(tickets: QuerySet[Ticket], user: Any) -> QuerySet[Ticket]:
    """What a row of the queue shows, in one query."""
    rows = tickets.select_related("requester", "team", "assignee").only(*ROW_FIELDS)
    return rows.annotate(is_seen=has_seen(user))


def with_chips(tickets: list[Ticket]) -> list[Ticket]:
    """Give each row its ``due_chip``, or None; one query for all."""
    chips = row_chips([ticket.pk for ticket in tickets])
    for ticket in tickets:
        ticket.due_chip = chips.get(ticket.pk)  # type: ignore[attr-defined]
    return tickets


def has_seen(user: Any) -> Exists:
    """Whether ``user`` has looked at the ticket since something last happened to it."""
    return Exists(Seen.objects.filter(user=user, ticket=OuterRef("pk"), at__gte=OuterRef("activity_at")))


def _encode(value: Any, pk: int) -> str:
    text = value.isoformat() if isinstance(value, datetime.datetime) else value
    return base64.urlsafe_b64encode(json.dumps([text, pk]).encode()).decode()


def _decode(cursor: str | None, sort: str) -> tuple[Any, int] | None:
    if not cursor or len(cursor) > 1000:
        return None
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    if not isinstance(pk, int) or isinstance(pk, bool) or not 0 < pk < 2**63:
        return None
    key = SORTS[sort].key
    if key in ("opened_at", "activity_at", "next_due"):
        try:
            value = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            return None
        return (value, pk) if value is not None and timezone.is_aware(value) else None
    if key == "id":
        return pk, pk
    if key == "priority":
        return (value, pk) if value in Priority.values and not isinstance(value, bool) else None
    return (value, pk) if isinstance(value, str) and "\x00" not in value else None


def _id(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else None


def _kind(value: str, user: Any) -> Q | None:
    return Q(kind=value) if value in {process.kind for process in registry.all_processes()} else None


def _status(value: str, user: Any) -> Q | None:
    return Q(status=value) if value in registry.states() else None


def _priority(value: str, user: Any) -> Q | None:
    return Q(priority=int(value)) if value in {str(p) for p in Priority.values} else None


def _reference(field: str) -> Callable[[str, Any], Q | None]:
    def condition(value: str, user: Any) -> Q | None:
        if value == "none":
            return Q(**{f"{field}__isnull": True})
        if value == "me" and field == "assignee":
            return Q(assignee=user) if user is not None else Q()
        number = _id(value)
        return Q(**{field: number}) if number is not None else None

    return condition


def _category(value: str, user: Any) -> Q | None:
    number = _id(value)
    if number is None:
        return None
    # A branch means everything below it; three levels of parents cover the tree's five.
    return (
        Q(category=number) | Q(category__parent=number) | Q(category__parent__parent=number)
        | Q(category__parent__parent__parent=number) | Q(category__parent__parent__parent__parent=number)
    )  # fmt: skip


def _age(value: str, user: Any) -> Q | None:
    if value not in AGES:
        return None
    days = int(value.removeprefix("over"))
    limit = timezone.now() - datetime.timedelta(days=days)
    return Q(opened_at__lt=limit) if value.startswith("over") else Q(opened_at__gte=limit)


def _due(value: str, user: Any) -> Q | None:
    now = timezone.now()
    if value == "late":
        return Q(due_at__lt=now)
    if value == "today":
        end = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) + datetime.timedelta(days=1)
        return Q(due_at__lt=end)
    return Q(due_at__isnull=True) if value == "none" else None


DUE = {"late": _("overdue"), "today": _("today, or overdue"), "none": _("nothing due")}

#: parameter → condition, or None for a value that means nothing
FILTERS: dict[str, Callable[[str, Any], Q | None]] = {
    "kind": _kind,
    "status": _status,
    "priority": _priority,
    "team": _reference("team"),
    "assignee": _reference("assignee"),
    "service": _reference("service"),
    "category": _category,
    "age": _age,
    "due": _due,
}


def filter_choices() -> list[dict[str, Any]]:
    """What the filter menus offer; four small queries, asked for when a menu is opened."""
    nobody = ("none", _("nobody"))
    states = [(slug, state.label) for slug, state in registry.states().items()]
    agents = User.objects.exclude(role="customer").filter(is_active=True).values_list("pk", "name")[:500]
    return [
        {"name": "kind", "label": _("kind"), "choices": [(p.kind, p.label_plural) for p in registry.all_processes()]},
        {"name": "status", "label": _("status"), "choices": states},
        {"name": "priority", "label": _("priority"), "choices": Priority.choices},
        {"name": "team", "label": _("team"), "choices": [nobody, *Team.objects.values_list("pk", "name")[:500]]},
        {"name": "assignee", "label": _("assignee"), "choices": [("me", _("me")), nobody, *agents]},
        {"name": "service", "label": _("service"),
         "choices": [("none", _("none")), *Service.objects.values_list("pk", "name")[:500]]},
        {"name": "category", "label": _("category"), "choices": Category.objects.values_list("pk", "path")[:500]},
        {"name": "age", "label": _("age"), "choices": AGES.items()},
        {"name": "due", "label": _("due"), "choices": DUE.items()},
    ]  # fmt: skip


def filter_names(filters: dict[str, str]) -> list[tuple[str, Any, str]]:
    """(parameter, its label, the value in words) of the filters that are set; at most one query."""
    labels = {"kind": _("kind"), "status": _("status"), "priority": _("priority"), "team": _("team"), "assignee": _("assignee"),
              "service": _("service"), "category": _("category"), "age": _("age"), "due": _("due")}  # fmt: skip
    tables: dict[str, tuple[Any, str]] = {
        "team": (Team, "name"), "assignee": (User, "name"), "service": (Service, "name"), "category": (Category, "path")
    }  # fmt: skip
    parts = [
        model.objects.order_by().filter(pk=int(filters[name])).values_list(Value(name), field)
        for name, (model, field) in tables.items()
        if filters.get(name, "").isdigit()
    ]
    named = dict(parts[0].union(*parts[1:], all=True)) if parts else {}
    words: dict[str, Callable[[str], Any]] = {
        "kind": lambda value: registry.get(value).label_plural,
        "status": lambda value: registry.states()[value].label,
        "priority": lambda value: Priority(int(value)).label,
        "age": lambda value: AGES[value],
        "due": lambda value: DUE[value],
    }
    result = []
    for name, value in filters.items():
        if name in words:
            text = words[name](value)
        else:
            text = named.get(name) or {"none": _("nobody"), "me": _("me")}.get(value, value)
        result.append((name, labels[name], str(text)))
    return result
