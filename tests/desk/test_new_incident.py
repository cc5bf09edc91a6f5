"""An agent opens an incident for somebody who called."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.tickets.models import Ticket
from tests.factories import ServiceFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def form(**values):
    return {"title": "No dial tone", "channel": "phone", "impact": "2", "urgency": "1", **values}


def test_opening_on_behalf(agent, login):
    caller, service = UserFactory(name="Kofi Mensah"), ServiceFactory(team=TeamFactory())
    file = SimpleUploadedFile("photo.txt", b"hello")
    fields = form(requester=f"Kofi Mensah <{caller.email}>", service=service.pk, files=file)
    response = login(agent).post("/desk/new/incident/", fields)
    ticket = Ticket.objects.get()
    assert response["Location"] == f"/desk/{ticket.number}/"
    assert (ticket.requester, ticket.channel, ticket.priority, ticket.team) == (caller, "phone", 2, service.team)
    assert ticket.attachments.get().name == "photo.txt"


def test_the_type_ahead_finds_people_by_name_and_address(agent, customer, login):
    UserFactory(name="Zoë Quartz", email="z@quartz.example")
    client = login(agent)
    for words in ("zoë", "Quar", "z@quartz"):
        assert client.get("/desk/people/", {"q": words}).json()["people"][0]["value"] == "Zoë Quartz <z@quartz.example>"
    assert client.get("/desk/people/", {"q": "z"}).json() == {"people": []}
    assert client.get("/desk/people/", {"q": "Quartz", "agents": 1}).json() == {"people": []}
    assert login(customer).get("/desk/people/", {"q": "Quartz"}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"requester": "nobody"}, {"requester": ""}, {"title": ""}, {"title": "x" * 201}, {"channel": "fax"},
     {"impact": "7"}, {"service": "9999"}, {"category": "x"}, {"title": "\u202e"}, {"description": "x" * 50001},
     {"team": "-1"}, {"title": "a\x00b"}],
)  # fmt: skip
def test_bad_values_get_an_error_and_keep_what_was_typed(agent, login, wrong):
    caller = UserFactory()
    fields = form(requester=caller.email, description="Kept text")
    response = login(agent).post("/desk/new/incident/", {**fields, **wrong})
    text = response.content.decode()
    assert response.status_code == 422 and "problem-summary" in text
    if "description" not in wrong:
        assert "Kept text" in text
    assert not Ticket.objects.exists()


def test_hostile_text_is_shown_as_text(agent, login):
    caller = UserFactory(name="<img src=x onerror=alert(1)>")
    client = login(agent)
    title = "<script>alert(1)</script>"
    response = client.post("/desk/new/incident/", form(requester=caller.email, title=title, description=title))
    for address in ("/desk/", response["Location"], "/desk/search/?q=alert"):
        text = client.get(address).content.decode()
        assert "<script>alert" not in text and "<img src=x" not in text
