"""What customers do: report, read, answer, confirm, reopen; and see their organisation's tickets where it shares."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import strip_tags

from servicedesk.tickets import operations
from servicedesk.tickets.models import Ticket
from tests.desk.test_queue import query_count
from tests.factories import OrganisationFactory, TeamFactory, UserFactory, fresh, make_incident, resolve

pytestmark = pytest.mark.django_db


def test_from_the_front_page_to_a_report_in_two_clicks(customer, login):
    client = login(customer)
    assert "/portal/report/problem/" in client.get("/portal/").content.decode()
    page = client.get("/portal/report/problem/?title=VPN").content.decode()
    text = strip_tags(page)
    assert "Who is affected?" in text and "impact" not in text.lower() and "urgency" not in text.lower()
    fields = {"title": "VPN is down", "description": "Since 9", "impact": "3", "urgency": "1", "service": ""}
    response = client.post("/portal/report/problem/", fields)
    ticket = Ticket.objects.get()
    assert response["Location"] == f"/portal/{ticket.number}/"
    assert (ticket.channel, ticket.requester, ticket.priority) == ("portal", customer, 3)


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"impact": "9"}, {"urgency": ""}, {"service": "1"}, {"title": "x" * 999}]
)
def test_a_bad_report_keeps_what_was_typed(customer, login, wrong):
    fields = {"title": "VPN is down", "description": "Kept text", "impact": "3", "urgency": "1", **wrong}
    response = login(customer).post("/portal/report/problem/", fields)
    assert response.status_code == 422 and b"Kept text" in response.content and not Ticket.objects.exists()


def test_forged_fields_of_a_report_do_nothing(customer, login):
    fields = {"title": "VPN", "impact": "3", "urgency": "1", "team": TeamFactory().pk, "requester": UserFactory().pk,
              "priority": "1", "status": "closed"}  # fmt: skip
    login(customer).post("/portal/report/problem/", fields)
    ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.team, ticket.priority, ticket.status) == (customer, None, 3, "new")


def test_the_conversation_without_what_is_internal(agent, customer, login):
    ticket = make_incident(customer)
    operations.note(ticket, actor=agent, body="he is difficult")
    operations.reply(ticket, actor=agent, body="Hello there")
    client = login(customer)
    page = client.get(f"/portal/{ticket.number}/").content.decode()
    assert "Hello there" in page and "difficult" not in page
    file = SimpleUploadedFile("photo.txt", b"hello")
    client.post(f"/portal/{ticket.number}/answer/", {"body": "Thanks", "files": file})
    client.post(f"/portal/{ticket.number}/answer/", {"files": SimpleUploadedFile("alone.txt", b"x")})
    page = client.get(f"/portal/{ticket.number}/").content.decode()
    assert "Thanks" in page and "photo.txt" in page and "alone.txt" in page
    assert client.post(f"/portal/{ticket.number}/answer/", {"body": " "}).status_code == 422
    bad = {"body": "Kept", "files": SimpleUploadedFile("x.exe", b"MZ")}
    refused = client.post(f"/portal/{ticket.number}/answer/", bad)
    assert refused.status_code == 422 and b"Kept" in refused.content and b"program" in refused.content


def test_confirming_reopening_and_withdrawing(agent, customer, login):
    client = login(customer)
    ticket = make_incident(customer)
    assert b"it is solved" not in client.get(f"/portal/{ticket.number}/").content
    resolve(ticket, agent)
    assert client.post(f"/portal/{ticket.number}/reopen/", {"reason": ""}).status_code == 422
    client.post(f"/portal/{ticket.number}/reopen/", {"reason": "Still burning"})
    assert fresh(ticket).status == "in_progress"
    resolve(ticket, agent)
    client.post(f"/portal/{ticket.number}/confirm/")
    assert fresh(ticket).status == "closed"
    client.post(f"/portal/{ticket.number}/confirm/")  # again: a message, not an error
    other = make_incident(customer)
    client.post(f"/portal/{other.number}/withdraw/", {"reason": "Works again"})
    assert fresh(other).status == "cancelled"
    assert client.get(f"/portal/{other.number}/resolve/").status_code == 404


def test_an_organisations_tickets_where_it_shares(login):
    for shared in (True, False):
        organisation = OrganisationFactory(shared_tickets=shared)
        me, colleague = UserFactory(organisation=organisation), UserFactory(organisation=organisation)
        ticket = make_incident(colleague, title=f"Colleague {shared}")
        client = login(me)
        listed = f"Colleague {shared}" in client.get("/portal/tickets/?whose=organisation").content.decode()
        page = client.get(f"/portal/{ticket.number}/")
        assert listed == shared and page.status_code == (200 if shared else 404)
        if shared:
            client.post(f"/portal/{ticket.number}/watch/")
            assert ticket.watchers.filter(user=me).exists()
            client.post(f"/portal/{ticket.number}/watch/", {"stop": "1"})
            assert not ticket.watchers.exists()


def test_asking_in_ones_own_words(customer, login):
    ticket = make_incident(customer, title="Printer jams")
    client = login(customer)
    page = client.get("/portal/find/", {"q": "printer"}).content.decode()
    assert ticket.number in page and "title=printer" in page
    assert client.get("/portal/find/", {"q": " "})["Location"] == "/portal/"


def test_lists_are_paged_at_a_fixed_number_of_queries(agent, customer, login):
    client = login(customer)
    make_incident(customer)
    few = query_count(client, "/portal/tickets/")
    for _ in range(24):
        operations.take(make_incident(customer), actor=agent)
    assert query_count(client, "/portal/tickets/") <= few + 1
    assert b"Older" in client.get("/portal/tickets/").content
    for page in ("2", "999", "-1", "x"):
        assert client.get(f"/portal/tickets/?page={page}").status_code == 200
