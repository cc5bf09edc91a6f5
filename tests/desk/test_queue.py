"""The queue: its views, filters, sorting and paging, at a fixed number of queries."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.desk.queue import SORTS, Query
from servicedesk.sla import rules
from servicedesk.tickets import operations
from servicedesk.tickets.models import Category
from tests.examples import forget, rolled_back
from tests.factories import AgentFactory, ServiceFactory, TeamFactory, UserFactory, make_incident, resolve

pytestmark = pytest.mark.django_db


def numbers(client, address="/desk/"):
    text = client.get(address).content.decode()
    return [part.split('"')[0] for part in text.split('data-number="')[1:]]


def test_each_view_holds_what_its_name_says_and_counts_it(agent, login):
    team = TeamFactory(members=[agent])
    mine, teams, waiting, plain, done = (make_incident() for _ in range(5))
    operations.assign(mine, actor=agent, assignee=agent)
    operations.assign(teams, actor=agent, team=team, assignee=AgentFactory())
    operations.assign(waiting, actor=agent, assignee=AgentFactory())
    operations.transition(waiting, "wait_supplier", actor=agent, reason="Part")
    resolve(done, agent)
    client = login(agent)
    views = {
        "mine": {mine}, "open": {mine, teams, waiting, plain}, "team": {teams}, "unassigned": {plain},
        "waiting": {waiting}, "all": {mine, teams, waiting, plain, done},
    }  # fmt: skip
    page = client.get("/desk/").content.decode()
    for view, expected in views.items():
        assert set(numbers(client, f"/desk/?view={view}")) == {ticket.number for ticket in expected}, view
        if view != "all":
            assert f'data-count="{view}">{len(expected)}<' in page


def test_filters(agent, login):
    team, service = TeamFactory(), ServiceFactory()
    top = Category.objects.create(name="Hardware")
    leaf = Category.objects.create(name="Printer", parent=top)
    wanted = make_incident(service=service, category=leaf, impact=1, urgency=1)
    operations.assign(wanted, actor=agent, team=team, assignee=agent)
    make_incident()
    client = login(agent)
    for query in (
        f"team={team.pk}", f"service={service.pk}", f"category={top.pk}", f"category={leaf.pk}", "priority=1",
        "assignee=me", f"assignee={agent.pk}", f"team={team.pk}&priority=1&status=new&age=1",
    ):  # fmt: skip
        assert numbers(client, f"/desk/?{query}") == [wanted.number], query
    assert len(numbers(client, "/desk/?assignee=none")) == 1
    assert numbers(client, "/desk/?age=over30") == []
    assert b"No ticket matches" in client.get("/desk/?age=over30").content
    menus = client.get("/desk/filters/?team=" + str(team.pk)).content.decode()
    assert f'value="{team.pk}" selected' in menus and "Hardware › Printer" in menus


@pytest.mark.parametrize(
    "query",
    ["view=nonsense", "sort=nonsense", "team=x", "team=99999999999999999999", "priority=9", "status=%00", "after=zzz",
     "after=W251bGwsIDFd", "assignee=-1", "age=over30days", "category=1e3", "after=WyJ4IiwgMV0=&sort=priority",
     "sort=-activity&after=WyIyMDI0LTEzLTQ1IiwgMV0="],
)  # fmt: skip
def test_a_strange_address_falls_back(agent, login, query):
    ticket = make_incident()
    response = login(agent).get(f"/desk/?{query}")
    assert response.status_code == (400 if "%00" in query else 200)
    if response.status_code == 200:
        assert ticket.number in response.content.decode()


@settings(max_examples=25)
@given(sort=st.sampled_from(sorted(SORTS)), descending=st.booleans(), size=st.integers(1, 4), seed=st.integers(0, 99))
@rolled_back
def test_paging_shows_every_ticket_once_in_order(db, monkeypatch, sort, descending, size, seed):
    monkeypatch.setattr("servicedesk.desk.queue.PAGE_SIZE", size)
    rng = random.Random(seed)
    agent = AgentFactory()
    people, teams = [UserFactory(name=name) for name in ("Ann", "Ann", "Émile")], [TeamFactory(), None]
    made = set()
    for _ in range(rng.randint(0, 9)):
        ticket = make_incident(
            rng.choice(people), actor=agent, title=rng.choice(["a", "b", "ä"]), impact=rng.randint(1, 3),
            team=rng.choice(teams),
        )  # fmt: skip
        made.add(ticket.number)
    seen, after = [], None
    while True:
        query = Query.parse({"sort": ("-" if descending else "") + sort, **({"after": after} if after else {})})
        rows, after = query.page(agent)
        seen += [row.number for row in rows]
        if after is None:
            break
    assert len(seen) == len(set(seen)) and set(seen) == made


def test_unread_until_seen(agent, login):
    ticket = make_incident()
    client = login(agent)
    row = f'data-number="{ticket.number}" data-version="1" class="unread"'
    assert row in client.get("/desk/").content.decode()
    client.get(f"/desk/{ticket.number}/")
    assert row not in client.get("/desk/").content.decode()


def query_count(client, address, **extra):
    client.get(address, **extra)  # a session's first request writes
    forget()
    rules.rules()  # what is promised is read once by each process, not by a page
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address, **extra).status_code == 200
    return len(queries)


def test_the_number_of_queries_does_not_depend_on_the_rows(agent, login):
    team = TeamFactory(members=[agent])
    client = login(agent)
    make_incident(actor=agent, team=team)
    few = query_count(client, "/desk/")
    for _ in range(25):
        operations.take(make_incident(actor=agent, team=team), actor=agent)
    assert query_count(client, "/desk/") == few <= 8
    assert query_count(client, f"/desk/?team={team.pk}&assignee={agent.pk}&priority=3&age=7") <= 8


def test_the_pulse_is_silent_until_something_happens(agent, login):
    ticket = make_incident(title="First")
    client = login(agent)
    cursor = client.get("/desk/").content.decode().split('data-cursor="')[1].split('"')[0]
    assert client.get(f"/desk/pulse/?cursor={cursor}").status_code == 204
    operations.reply(ticket, actor=agent, body="Hello")
    other = make_incident(title="Second")
    resolve(ticket, agent)
    news = client.get(f"/desk/pulse/?cursor={cursor}").content.decode()
    assert other.number in news and ticket.number not in news and str(ticket.pk) in news
    for wrong in ("", "x", "1", "-", "9" * 30 + "-1"):
        assert client.get(f"/desk/pulse/?cursor={wrong}").status_code == 204


def test_bulk_actions_do_each_ticket_on_its_own_and_say_what_was_refused(agent, login):
    one, two, closed = make_incident(), make_incident(), make_incident()
    operations.transition(closed, "cancel", actor=agent, reason="Nonsense")
    client = login(agent)
    chosen = [ticket.number for ticket in (one, two, closed)]
    page = client.post("/desk/bulk/", {"ticket": chosen, "action": "take", "back": "/desk/?view=mine"}, follow=True)
    text = page.content.decode()
    assert "2 tickets changed" in text and f"{closed.number} is closed" in text
    assert set(numbers(client, "/desk/?view=mine")) == {one.number, two.number}
    mixed = client.post(
        "/desk/bulk/", {"ticket": ["INC-0", *chosen[:1]], "action": "seen"}, follow=True
    ).content.decode()
    assert "There is no ticket INC-0" in mixed and "1 ticket changed" in mixed
    team = TeamFactory()
    client.post("/desk/bulk/", {"ticket": chosen[:1], "action": "team", "value": team.pk})
    assert one.events.last().changes["team"][1]["name"] == team.name
    for wrong in ({"action": "explode"}, {"action": "team", "value": "x"}, {}, {"action": "assignee", "value": "?"}):
        assert (
            client.post("/desk/bulk/", {"ticket": chosen[:1], "back": "//evil.example/", **wrong})["Location"]
            == "/desk/"
        )


def test_customers_have_no_business_here(customer, login):
    assert login(customer).get("/desk/").status_code == 403
