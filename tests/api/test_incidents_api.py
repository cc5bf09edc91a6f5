"""Incidents over REST: the same operations and access rules as the screens."""

import json

import pytest
from django.test import Client

from servicedesk.people.models import ApiToken
from servicedesk.tickets import operations
from servicedesk.tickets.models import Ticket
from tests.desk.test_queue import query_count
from tests.factories import AgentFactory, ServiceFactory, TeamFactory, UserFactory, code, fresh, make_incident

pytestmark = pytest.mark.django_db


class Api:
    """A program with a token."""

    def __init__(self, user):
        self.client = Client(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(user, 'test')[1]}")

    def __call__(self, method, path, body=None):
        data = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        return self.client.generic(method, f"/api/v1/{path}", data or "", content_type="application/json")


@pytest.fixture
def api(agent):
    return Api(agent)


def test_an_incidents_life(api, agent):
    caller, service = UserFactory(), ServiceFactory(team=TeamFactory())
    made = api(
        "POST",
        "incidents/",
        {"title": "Fire", "requester": caller.pk, "service": service.pk, "impact": 1, "urgency": 1},
    )
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert made.json()["priority"] == 1 and made.json()["channel"] == "api"
    assert {"slug": "start", "label": "Start work", "needs": []} in made.json()["transitions"]
    changed = api("PATCH", f"incidents/{number}/", {"title": "Big fire", "assignee": agent.pk, "version": 1})
    assert changed.status_code == 200 and changed.json()["assignee"]["id"] == agent.pk
    reply = api("POST", f"incidents/{number}/reply/", {"body": "**On our way**"})
    assert reply.status_code == 201 and "<strong>" in reply.json()["body_html"]
    assert api("POST", f"incidents/{number}/note/", {"body": "Bring water"}).status_code == 201
    assert len(api("GET", f"incidents/{number}/messages/").json()["results"]) == 2
    step = {"transition": "resolve", "resolution": "Put out", "resolution_code": code().pk}
    assert api("POST", f"incidents/{number}/transition/", step).json()["status"] == "resolved"
    assert api("GET", f"incidents/{number.lower()}/").json()["resolution"] == "Put out"


def test_lists_filter_search_and_page(api):
    for n in range(3):
        make_incident(title=f"Printer {n}", impact=1, urgency=1)
    ticket = make_incident(title="Something else")
    Ticket.objects.filter(pk=ticket.pk).update(external_ref="INC0000045")
    assert len(api("GET", "incidents/?priority=1").json()["results"]) == 3
    assert len(api("GET", "incidents/?q=printer").json()["results"]) == 3
    assert len(api("GET", f"incidents/?requester={ticket.requester_id}&status=new").json()["results"]) == 1
    assert len(api("GET", "incidents/?external_ref=INC0000045").json()["results"]) == 1
    page = api("GET", "incidents/?page_size=3").json()
    assert len(page["results"]) == 3
    following = api("GET", page["next"].split("/api/v1/")[1]).json()
    assert len(following["results"]) == 1 and following["next"] is None


def test_customers_get_their_own_only(agent, customer):
    mine, other = make_incident(customer), make_incident()
    operations.note(mine, actor=agent, body="secret")
    api = Api(customer)
    assert [row["number"] for row in api("GET", "incidents/").json()["results"]] == [mine.number]
    assert api("GET", f"incidents/{other.number}/").status_code == 404
    assert api("GET", f"incidents/{mine.number}/messages/").json()["results"] == []
    assert api("POST", f"incidents/{mine.number}/note/", {"body": "x"}).status_code == 403
    assert api("PATCH", f"incidents/{mine.number}/", {"title": "x"}).status_code == 403
    assert (
        api("POST", f"incidents/{mine.number}/transition/", {"transition": "cancel", "reason": "x"}).status_code == 403
    )
    assert api("POST", "incidents/", {"title": "x", "team": TeamFactory().pk}).status_code == 422
    assert api("GET", "teams/").json()["results"] == []
    assert [row["id"] for row in api("GET", "people/").json()["results"]] == [customer.pk]


@pytest.mark.parametrize(
    ("body", "status"),
    [("{", 400), ("[]", 422), ("null", 422), ('"x"', 422), ({}, 422), ({"title": ""}, 422), ({"title": 7}, 422),
     ({"title": "x" * 201}, 422), ({"title": "a\x00b"}, 400), ({"title": "x", "impact": "1"}, 422),
     ({"title": "x", "impact": True}, 422), ({"title": "x", "impact": 9}, 422), ({"title": "x", "colour": "red"}, 422),
     ({"title": "x", "requester": 10**30}, 422), ({"title": "x", "requester": 999999}, 422),
     ({"title": "x", "tags": ["y" * 41]}, 422), ({"title": "\u202e"}, 422), ('{"title": "\\ud800"}', 422),
     ("[" * 5000, 400), (b"\xff\xfe", 400)],
)  # fmt: skip
def test_bad_bodies_get_problem_json_and_change_nothing(api, body, status):
    response = api("POST", "incidents/", body)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status and response.json()["detail"]
    assert not Ticket.objects.exists()


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(api):
    response = api("POST", "incidents/", b'{"title": "' + b"x" * 10_000_000 + b'"}')
    assert response.status_code == 413 and response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["priority=9", "team=x", "status=nonsense", "q=" + "x" * 201, "status_category=1"])
def test_wrong_parameters_are_refused(api, query):
    assert api("GET", f"incidents/?{query}").status_code == 422


def test_a_null_byte_in_the_address_is_a_problem_too(api):
    for path in ("incidents/?q=a%00b", "teams/?cursor=%00"):
        response = api("GET", path)
        assert response.status_code == 400 and response["Content-Type"] == "application/problem+json"


def test_strange_cursors_and_other_bodies(api):
    assert api("GET", "incidents/?cursor=zzz").status_code == 404
    response = api.client.post("/api/v1/incidents/", "title=x", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 415
    assert api("DELETE", f"incidents/{make_incident().number}/").status_code == 405


def test_a_stale_version_is_a_conflict_that_shows_both(api):
    ticket = make_incident(title="Old")
    operations.change(ticket, actor=AgentFactory(), title="Theirs")
    response = api("PATCH", f"incidents/{ticket.number}/", {"title": "Mine", "version": 1})
    assert response.status_code == 409
    assert (response.json()["theirs"], response.json()["yours"]) == ({"title": "Theirs"}, {"title": "Mine"})
    assert api("PATCH", f"incidents/{ticket.number}/", {"title": "Mine", "version": 99}).status_code == 422


def test_a_change_of_several_kinds_is_all_or_nothing(api):
    ticket = make_incident(title="Old")
    response = api("PATCH", f"incidents/{ticket.number}/", {"title": "New", "assignee": UserFactory().pk})
    assert response.status_code == 422 and fresh(ticket).title == "Old"


def test_a_step_that_is_not_possible_is_a_conflict(api):
    ticket = make_incident()
    response = api("POST", f"incidents/{ticket.number}/transition/", {"transition": "close"})
    assert response.status_code == 409 and "not possible" in response.json()["detail"]


def test_tokens_that_are_wrong_or_of_somebody_inactive(agent):
    client = Client()
    for value in ("Bearer", "Bearer x", "Bearer sd_x", "Bearer sd_x y", "Bearer \xff"):
        response = client.get("/api/v1/incidents/", HTTP_AUTHORIZATION=value)
        assert response.status_code == 401 and response["WWW-Authenticate"] == "Bearer", value
    api = Api(agent)
    agent.is_active = False
    agent.save()
    assert api("GET", "incidents/").status_code == 401


def test_the_browsers_session_works_with_its_csrf_token(agent, login):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent, "servicedesk.people.auth.Backend")
    assert client.get("/api/v1/incidents/").status_code == 200
    response = client.post("/api/v1/incidents/", '{"title": "x"}', content_type="application/json")
    assert response.status_code == 403 and not Ticket.objects.exists()


def test_the_list_has_a_fixed_number_of_queries(agent, login):
    make_incident()
    client = login(agent)
    few = query_count(client, "/api/v1/incidents/")
    for _ in range(20):
        operations.take(make_incident(), actor=agent)
    assert query_count(client, "/api/v1/incidents/") == few <= 5


def test_references_can_be_read(api, agent):
    TeamFactory(name="Network", lead=agent)
    for path in ("people", "teams", "organisations", "services", "categories", "resolution-codes"):
        rows = api("GET", f"{path}/")
        assert rows.status_code == 200, path
        for row in rows.json()["results"][:1]:
            assert api("GET", f"{path}/{row['id']}/").json() == row
        assert api("GET", f"{path}/999999/").status_code == 404
    assert [row["name"] for row in api("GET", "teams/?q=netw").json()["results"]] == ["Network"]
