"""Random people at every address: nothing is shown that should not be, and nothing breaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.approvals.models import Approver
from servicedesk.people.models import Membership
from servicedesk.tickets import operations
from servicedesk.tickets.models import Attachment, Ticket
from tests.catalog.setups import offer, order, plan
from tests.changes.setups import change
from tests.examples import rolled_back
from tests.factories import AgentFactory, OrganisationFactory, TeamFactory, UserFactory, make_incident

VALUES = {
    "slug": ["resolve", "reopen"],
    "name": ["title", "priority", "take", "nonsense"],
}


def addresses(patterns: Any = None, prefix: str = "") -> list[str]:
    """Every address of the site as a template: /desk/{number}/edit/{name}/."""
    found = []
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith(("admin/", "demo/")):
            continue
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", route).replace("^", "").replace("$", "").replace("\\Z", "")
            found.append("/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route))
    return sorted(set(found))


ADDRESSES = addresses()


def test_all_addresses_are_found():
    assert {"/desk/{number}/", "/portal/{number}/answer/", "/files/{pk}/", "/api/v1/incidents/{number}/"} <= set(
        ADDRESSES
    )


@dataclass
class Case:
    ticket: Any
    secret: str  # in the title and every public text
    note: str  # in notes and internal files
    files: list[tuple[Attachment, bool]]


def may_see(user: Any, ticket: Any) -> bool:
    """The rule once more, in the words of the issue; deliberately not servicedesk.people.access."""
    if ticket.requester_id == user.pk or ticket.watchers.filter(user=user).exists():
        return True
    if Approver.objects.filter(step__approval__ticket=ticket.pk, user=user).exists():
        return True
    team = ticket.team
    private = team is not None and team.is_private
    if user.role == "admin":
        return True
    if user.role == "customer":
        shared = user.organisation is not None and user.organisation.shared_tickets
        return shared and ticket.organisation_id == user.organisation_id and not private
    member = private and (team.lead_id == user.pk or Membership.objects.filter(team=team, user=user).exists())
    return not private or member or ticket.assignee_id == user.pk


people = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["customer", "customer", "agent", "team_lead", "change_manager", "admin"]),
        "organisation": st.sampled_from(["none", "shared", "closed"]),
        "in_private": st.booleans(),
        "leads": st.booleans(),
    }
)
tickets = st.fixed_dictionaries(
    {
        "asked_by": st.integers(0, 2), "team": st.sampled_from(["none", "open", "private"]),
        "watched_by": st.sets(st.integers(0, 2), max_size=2), "assigned_to": st.sampled_from([None, 0, 1, 2]),
        "is": st.sampled_from(["incident", "request", "approval", "change"]), "approver": st.integers(0, 2),
    }
)  # fmt: skip


def build(persons: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> tuple[list[Any], list[Case]]:
    shared, closed = OrganisationFactory(shared_tickets=True), OrganisationFactory()
    private, team = TeamFactory(is_private=True), TeamFactory()
    desk = AgentFactory()
    Membership.objects.create(team=private, user=desk)
    users = []
    for one in persons:
        organisation = {"none": None, "shared": shared, "closed": closed}[one["organisation"]]
        user = UserFactory(role=one["role"], organisation=organisation)
        if one["in_private"] and user.is_agent:
            Membership.objects.create(team=private, user=user)
        users.append(user)
    leaders = [user for user, one in zip(users, persons, strict=True) if one["leads"] and user.is_agent]
    if leaders:
        private.lead = leaders[0]
        private.save()
    cases = []
    for number, one in enumerate(wanted):
        secret, note = f"secret-{number}-title", f"note-{number}-internal"
        assignee = users[one["assigned_to"]] if one["assigned_to"] is not None else None
        given_team = {"none": None, "open": team, "private": private}[one["team"]]
        given_assignee = assignee if assignee is not None and assignee.is_agent else None
        if one["is"] == "incident":
            ticket = make_incident(
                users[one["asked_by"]],
                actor=desk,
                title=secret,
                description=secret,
                team=given_team,
                assignee=given_assignee,
            )
        elif one["is"] == "change":
            row = change(desk, title=secret, reason=secret, begins=0.1, team=given_team, assignee=given_assignee)
            ticket = Ticket.objects.get(pk=row.pk)
        else:
            ticket = make_request(number, one, users, desk, secret, note)
            ticket = operations.assign(ticket, actor=None, team=given_team, assignee=given_assignee)
        for index in one["watched_by"]:
            operations.watch(ticket, actor=desk, user=users[index])
        if one["is"] != "change":
            operations.reply(ticket, actor=desk, body=f"public {secret}")
        operations.note(ticket, actor=desk, body=f"{note} {secret}")
        files = []
        for internal in (False, True):
            row = Attachment(ticket=ticket, is_internal=internal, name=f"{note if internal else secret}.txt", size=4)
            row.content_type, row.sha256 = "text/plain", "0" * 64
            row.file.save("x", ContentFile(f"{note if internal else secret}".encode()))
            files.append((row, internal))
        cases.append(Case(ticket, secret, note, files))
    if len(cases) > 1:
        operations.link(cases[0].ticket, actor=None, target=cases[1].ticket, kind="relates")
    return users, cases


def make_request(number: int, one: dict[str, Any], users: list[Any], desk: Any, secret: str, note: str) -> Any:
    """A request with an internal task, or one that waits for an approval."""
    approval = plan(("Step", "", "any", [("person", users[one["approver"]])]), name=f"P{number}")
    thing = offer(
        f"Thing {number}", form=[{"type": "text", "label": "What", "key": "what"}],
        fulfilment=[{"key": "a", "title": f"{note} work", "shown": "We do it", "instructions": note}],
        approval_plan=approval.name if one["is"] == "approval" else None,
    )  # fmt: skip
    ticket = Ticket.objects.get(pk=order(thing, desk, {"what": secret}, person=users[one["asked_by"]]).pk)
    return operations.change(ticket, actor=None, title=secret)


def text_of(response: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode("utf-8", "replace") + str(response.headers)


def check_lists(client: Client, user: Any, cases: list[Case]) -> None:
    """Addresses without a ticket in them show nothing of those that one may not see."""
    for address in ADDRESSES:
        # The schema is drawn from the code alone, and takes its time.
        if "{" in address or address in ("/logout/", "/health/ready", "/api/v1/schema/"):
            continue
        for query in ("", "?q=secret", "?q=internal", "?view=all", "?cursor=0-0", "?whose=organisation"):
            response = client.get(address + query)
            assert response.status_code < 500, (address, query)
            text = text_of(response)
            for case in cases:
                if not may_see(user, case.ticket):
                    assert case.secret not in text, (address, query, user.role)
                if user.role == "customer":
                    assert case.note not in text, (address, query)


def check_ticket(client: Client, user: Any, case: Case) -> None:
    """Addresses with a ticket in them: 404, or 403 where customers have no business at all."""
    sees = may_see(user, case.ticket)
    for template in ADDRESSES:
        if "{number}" not in template:
            continue
        for slug in VALUES["slug"] if "{slug}" in template else [""]:
            for name in VALUES["name"] if "{name}" in template else [""]:
                address = template.format(number=case.ticket.number, slug=slug, name=name, pk=1, key="task-1")
                for method in (client.get, client.post):
                    if method == client.post and sees:
                        continue  # it would change the ticket; the operations' own tests look at that
                    response = method(address, HTTP_HX_REQUEST="true")
                    assert response.status_code < 500, (method.__name__, address)
                    text = text_of(response)
                    if not sees:
                        assert response.status_code in (403, 404, 405), (method.__name__, address, user.role)
                        assert case.secret not in text
                    if user.role == "customer":
                        assert case.note not in text, address
                        if template.startswith("/desk/"):
                            assert response.status_code in (403, 405), address
    for row, internal in case.files:
        allowed = sees and (not internal or user.role != "customer")
        assert client.get(f"/files/{row.pk}/").status_code == (200 if allowed else 404)


@settings(max_examples=3)
@given(persons=st.lists(people, min_size=3, max_size=3), wanted=st.lists(tickets, min_size=2, max_size=2))
@rolled_back
def test_random_people_at_every_address(db, persons, wanted):
    users, cases = build(persons, wanted)
    for user in users:
        client = Client(raise_request_exception=True)
        client.force_login(user, "servicedesk.people.auth.Backend")
        check_lists(client, user, cases)
        for case in cases:
            check_ticket(client, user, case)


@pytest.mark.django_db
def test_visitors_are_sent_to_the_login(client):
    ticket = make_incident(title="secret")
    for template in ADDRESSES:
        address = template.format(
            number=ticket.number,
            slug="resolve",
            name="title",
            pk=1,
            item_pk=1,
            key="task-1",
            uidb64="x",
            token="y",
            secret="z",
        )
        response = client.get(address)
        assert response.status_code < 500 or address == "/health/ready", address
        assert "secret" not in text_of(response).replace("secret=z", "") or "/welcome/" in address
        if template.startswith(("/desk/", "/portal/", "/files/", "/profile/")):
            assert response.status_code in (302, 405), address
        if template.startswith("/api/v1/") and "schema" not in template and "docs" not in template:
            assert response.status_code in (401, 405), address
