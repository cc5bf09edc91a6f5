"""The search language: what it understands, what it refuses, and that its two readings agree."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.tickets import operations
from servicedesk.tickets.language import (
    LanguageError,
    can_hold,
    condition,
    facts_of,
    from_json,
    holds,
    parse,
    resolve,
    to_json,
    why_not,
    words,
)
from servicedesk.tickets.models import Category, Ticket
from tests.factories import AgentFactory, ServiceFactory, TeamFactory, UserFactory, fresh, make_incident
from tests.factories import resolve as solve

pytestmark = pytest.mark.django_db


def found(text: str, viewer: Any = None) -> list[str]:
    """Titles of the tickets a text finds, after checking that the other reading says the same."""
    tree = resolve(parse(text), viewer=viewer)
    rows = set(Ticket.objects.filter(condition(tree)).values_list("title", flat=True))
    assert rows == {ticket.title for ticket in Ticket.objects.all() if holds(tree, facts_of(ticket))}
    return sorted(rows)


@pytest.fixture
def some(db: None) -> None:
    payroll = ServiceFactory(name="Payroll")
    make_incident(title="Wages are late", service=payroll, impact=1, urgency=1, tags=["vip", "month-end"])
    make_incident(title="Cannot log in", description="The login page says no.", impact=1, urgency=2)
    make_incident(title="Printer jams", service=ServiceFactory(name="Print service"))


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("", ["Cannot log in", "Printer jams", "Wages are late"]),
        ("priority:1", ["Wages are late"]),
        ("priority:critical,high", ["Cannot log in", "Wages are late"]),
        ("priority<=2", ["Cannot log in", "Wages are late"]),
        ("priority>2", ["Printer jams"]),
        ("service:payroll", ["Wages are late"]),
        ('service:"Print service"', ["Printer jams"]),
        ("service:none", ["Cannot log in"]),
        ("-service:Payroll", ["Cannot log in", "Printer jams"]),
        ("not service:Payroll and -is:unassigned", []),
        ("tag:VIP", ["Wages are late"]),
        ("priority:1 or printer", ["Printer jams", "Wages are late"]),
        ("(priority:1 or priority:2) -tag:vip", ["Cannot log in"]),
        ("priority:1 or priority:2 login", ["Cannot log in", "Wages are late"]),
        ('"login page"', ["Cannot log in"]),
        ('"page login"', []),
        ("jamming", ["Printer jams"]),  # stems
        ("is:open is:unassigned", ["Cannot log in", "Printer jams", "Wages are late"]),
        ("is:over", []),
        ("status:new kind:incident channel:portal", ["Cannot log in", "Printer jams", "Wages are late"]),
        ("opened>-1h", ["Cannot log in", "Printer jams", "Wages are late"]),
        ("opened<2020-01-01", []),
        ("opened>=2020-01-01", ["Cannot log in", "Printer jams", "Wages are late"]),
        ("resolved<now", []),
        ("-resolved<now", ["Cannot log in", "Printer jams", "Wages are late"]),
    ],
)
def test_it_finds(text: str, titles: list[str]) -> None:
    assert found(text) == titles


def test_me_is_who_looks(agent: Any) -> None:
    operations.take(make_incident(title="Mine"), actor=agent)
    make_incident(title="Nobody's")
    assert found("assignee:me", viewer=agent) == ["Mine"]
    assert found("assignee:none") == ["Nobody's"]


def test_a_day_is_the_day_where_one_is() -> None:
    make_incident(title="Late", at=datetime.datetime(2026, 3, 2, 23, 30, tzinfo=datetime.UTC))
    with timezone.override("Asia/Tokyo"):
        assert found("opened:2026-03-03") == ["Late"]
        assert found("opened:2026-03-02") == []


def test_a_category_means_its_branch() -> None:
    top = Category.objects.create(name="Hardware")
    below = Category.objects.create(name="Printer", parent=Category.objects.create(name="Office", parent=top))
    make_incident(title="Deep", category=below)
    make_incident(title="Top", category=top)
    make_incident(title="Other", category=Category.objects.create(name="Software"))
    assert found("category:Hardware") == ["Deep", "Top"]
    assert found('category:"Hardware › Office"') == ["Deep"]
    assert found("-category:Hardware") == ["Other"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour:red", "no field “colour”"),
        ("priorty:1", "Did you mean “priority”"),
        ("priority:urgent", "never “urgent”"),
        ("priority<1,2", "one value"),
        ("status<new", "not compared"),
        ("service:Nowhere", "no service “Nowhere”"),
        ("is:broken", "says nothing"),
        ("assignee:me", "means nobody here"),
        ("opened:yesterday", "not a date"),
        ("opened:-7d", "Compare with"),
        ("opened<9999-12-31", "too far"),
        ('"never closed', "quote is opened"),
        ("(a or b", "bracket is opened"),
        ("a or b)", "bracket is closed"),
        ("a or", "missing at the end"),
        ("priority:", "missing at the end"),
        ('""', "nothing between"),
        ("x" * 1001, "1000 characters"),
        ("a " * 61, "60 conditions"),
        ("-" * 300 + "a", "inside each other"),
        ("opened>2026-13-01T10:00", "not a date"),
        ("service:Pay*roll", "no service"),
    ],
)
def test_what_it_does_not_understand_it_says(text: str, says: str) -> None:
    with pytest.raises(LanguageError) as error:
        resolve(parse(text))
    assert says in error.value.message


def test_it_says_where() -> None:
    with pytest.raises(LanguageError) as error:
        resolve(parse("printer (priority:1 or colour:red)"))
    assert error.value.column == 24


@pytest.mark.parametrize("text", ["opened>-7d", "activity<2026-01-01", "resolved>2026-01-01", "opened<now"])
def test_a_promise_cannot_depend_on_what_changes_by_itself(text: str) -> None:
    with pytest.raises(LanguageError, match="promise"):
        resolve(parse(text), lasting=True)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("priority:1 priority:2", False),
        ("priority<2 -priority:1", False),
        ("priority<=2 priority>=2", True),
        ("is:open is:over", False),
        ("is:open or is:over", True),
        ("-(priority<=4)", False),
        ("kind:incident -kind:incident", False),
        ("opened<2026-01-01 opened>2026-02-01", False),
        ("opened<2026-02-01 opened>2026-01-01", True),
        ("tag:a -tag:a", False),
        ("tag:a tag:b", True),
        ("printer -printer", True),  # words are not judged
        ("assignee:none -assignee:none", False),
    ],
)
def test_a_contradiction_is_seen(text: str, possible: bool) -> None:
    assert can_hold(resolve(parse(text))) is possible


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    "text",
    ["", "priority<=2", "service:Payroll or service:none", '(printer or "log in") -is:over', "-(tag:vip or priority:1)",
     "priority:1,2 -(is:major or service:Payroll)"],
)  # fmt: skip
def test_a_condition_is_kept_and_written_out_again(text: str) -> None:
    tree = resolve(parse(text))
    assert from_json(to_json(tree)) == tree
    again = resolve(parse(words(tree)))
    assert set(Ticket.objects.filter(condition(again))) == set(Ticket.objects.filter(condition(tree)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("priority:1", ["priority:1, but it is priority:3"]),
        (
            "priority:1 service:Payroll",
            ["priority:1, but it is priority:3", 'service:"Payroll", but it is service:none'],
        ),
        ("-is:open", ["it is is:open"]),
        ("tag:vip", ["tag:vip, but it is without tags"]),
        ("priority:1 or is:major", ["neither of priority:1 or is:major"]),
        ("printer fire", ["the words printer are not in it"]),
        ("is:over or is:waiting", ["neither of is:over or is:waiting"]),
        ("is:over", ["is:over, but it is is:open"]),
        ("opened<2020-01-01", None),
        ("", []),
    ],
)
def test_it_says_why_a_condition_does_not_hold(text: str, why: list[str] | None) -> None:
    ServiceFactory(name="Payroll")
    facts = facts_of(fresh(make_incident(title="Fire")))
    found = why_not(resolve(parse(text)), facts)
    assert found == why if why is not None else len(found) == 1


# --- The two readings agree ---------------------------------------------------------------------

_TERMS = st.one_of(
    st.tuples(st.sampled_from(["priority", "impact", "urgency"]), st.sampled_from([":", "<", "<=", ">", ">="]),
              st.sampled_from(["1", "2", "3"])).map("".join),
    st.sampled_from(
        ["service:Payroll", "service:none", "team:Network", "team:none,Network", "assignee:none", "assignee:me",
         "category:Hardware", "category:none", "tag:vip", "tag:vip,late", "is:open", "is:waiting", "is:over",
         "is:unfinished", "is:major", "is:unassigned", "status:new,resolved", "channel:phone", "kind:incident",
         "organisation:none", "opened>2026-03-01", "opened:2026-03-02", "opened<=2026-03-02", "resolved>-30d",
         "resolved<2030-01-01", "activity>-1d", "printer", "café", '"the printer"', "jam", "the", "résumé"]
    ),
)  # fmt: skip


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        inner.map(lambda text: f"-({text})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} or {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) {pair[1]}"),
        st.tuples(inner, inner).map(lambda pair: f"{pair[0]} and not ({pair[1]})"),
    )


def test_query_and_truth_are_equal_for_any_condition() -> None:
    agent = AgentFactory()
    payroll, network = ServiceFactory(name="Payroll"), TeamFactory(name="Network")
    hardware = Category.objects.create(name="Hardware")
    below = Category.objects.create(name="Printer", parent=hardware)
    monday = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
    customer = UserFactory()
    for number, values in enumerate(
        [{"service": payroll, "impact": 1, "urgency": 1, "tags": ["vip"]}, {"category": below, "title": "The printer jams"},
         {"category": hardware, "team": network, "actor": agent, "urgency": 3, "impact": 3},
         {"title": "Café résumé", "tags": ["late"], "channel": "phone"}, {}]
    ):  # fmt: skip
        make_incident(customer, at=monday + datetime.timedelta(hours=12 * number), **values)
    second, third = list(Ticket.objects.order_by("pk"))[1:3]
    solve(second, agent, at=monday)
    operations.take(third, actor=agent)
    operations.transition(fresh(third), "wait_customer", actor=agent, reason="?")
    tickets = [(ticket, facts_of(ticket)) for ticket in Ticket.objects.all()]

    @given(st.recursive(_TERMS, _combined, max_leaves=6))
    @settings(max_examples=300)
    def check(text: str) -> None:
        tree = resolve(parse(text), viewer=agent)
        rows = set(Ticket.objects.filter(condition(tree)))
        assert rows == {ticket for ticket, facts in tickets if holds(tree, facts)}, text
        assert can_hold(tree) or not rows, text

    check()
