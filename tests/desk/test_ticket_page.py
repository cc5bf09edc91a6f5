"""The ticket page: conversation, properties, composer, buttons, at a fixed number of queries."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.tickets import operations
from servicedesk.tickets.models import LinkKind
from tests.desk.test_queue import query_count
from tests.factories import AgentFactory, TeamFactory, UserFactory, code, fresh, make_incident, resolve

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def test_the_number_of_queries_does_not_depend_on_the_conversation(agent, login):
    ticket = make_incident(UserFactory())
    client = login(agent)
    few = query_count(client, f"/desk/{ticket.number}/")
    for number in range(10):
        operations.reply(ticket, actor=agent, body=f"Reply {number}")
        operations.note(ticket, actor=AgentFactory(), body=f"Note {number}")
        operations.link(ticket, actor=agent, target=make_incident(), kind=LinkKind.RELATES)
        operations.watch(ticket, actor=agent, user=UserFactory())
    assert query_count(client, f"/desk/{ticket.number}/") == few <= 14


def test_buttons_come_from_the_lifecycle(agent, login):
    ticket = make_incident()
    client = login(agent)
    page = client.get(f"/desk/{ticket.number}/").content.decode()
    for step in ticket.process.lifecycle.transitions:
        assert (f"/step/{step.slug}/" in page) == ("new" in step.sources and step.desk), step.slug


def test_replying_with_a_step(agent, login):
    ticket = make_incident()
    client = login(agent)
    response = client.post(
        f"/desk/{ticket.number}/say/", {"kind": "reply", "body": "Which one?", "then": "wait_customer"}
    )
    assert response.status_code == 302
    assert fresh(ticket).status == "waiting_customer"
    response = client.post(f"/desk/{ticket.number}/say/", {"kind": "reply", "body": "A new fuse.", "then": "resolve"})
    assert response.status_code == 422 and b"Choose how it was resolved" in response.content
    assert b"A new fuse." in response.content and fresh(ticket).status == "waiting_customer"
    fields = {"kind": "reply", "body": "A new fuse.", "then": "resolve", "resolution_code": code().pk}
    client.post(f"/desk/{ticket.number}/say/", fields)
    assert (fresh(ticket).status, fresh(ticket).resolution) == ("resolved", "A new fuse.")


def test_files_alone_need_no_words_and_nothing_at_all_is_refused(agent, customer, login):
    ticket = make_incident(customer)
    client = login(agent)
    address = f"/desk/{ticket.number}/say/"
    for kind in ("reply", "note"):
        client.post(address, {"kind": kind, "files": SimpleUploadedFile(f"{kind}.txt", b"x")})
    assert sorted(ticket.attachments.values_list("name", "is_internal")) == [("note.txt", True), ("reply.txt", False)]
    assert "note.txt" not in login(customer).get(f"/portal/{ticket.number}/").content.decode()
    refused = client.post(address, {"kind": "reply", "body": "  "})
    assert refused.status_code == 422 and b"Write something" in refused.content
    program = client.post(address, {"kind": "note", "body": "Kept", "files": SimpleUploadedFile("x.exe", b"MZ")})
    assert program.status_code == 422 and b"Kept" in program.content and b"program" in program.content
    assert not ticket.messages.exists()


def test_a_body_of_ten_megabytes_is_refused_as_a_whole(agent, login):
    ticket = make_incident()
    response = login(agent).post(f"/desk/{ticket.number}/say/", {"kind": "note", "body": "x" * 10_000_000})
    assert response.status_code in (400, 422) and not ticket.messages.exists()
    form = "kind=note&body=" + "x" * 10_000_000
    response = login(agent).post(f"/desk/{ticket.number}/say/", form, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400 and b"cannot be read" in response.content and not ticket.messages.exists()


def test_a_step_asks_for_what_it_needs_and_keeps_what_was_typed(agent, login):
    ticket = make_incident()
    client = login(agent)
    address = f"/desk/{ticket.number}/step/resolve/"
    assert b"What was done" in client.get(address, **HTMX).content
    refused = client.post(address, {"resolution": "Done it"}, **HTMX)
    assert refused.status_code == 422 and b"Done it" in refused.content and b"required" in refused.content
    assert client.post(address, {"resolution": "Done it", "resolution_code": code().pk}).status_code == 302
    assert client.get(f"/desk/{ticket.number}/step/explode/").status_code == 404
    again = client.post(f"/desk/{ticket.number}/step/start/", **HTMX)
    assert again.status_code == 409 and again["HX-Retarget"] == "#toasts"


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [("title", "New", "title"), ("tags", "vpn, mail", "tags"), ("team", "{team}", "team"),
     ("assignee", "{agent}", "assignee"), ("requester", "{agent}", "requester"), ("assignee", "", "assignee")],
)  # fmt: skip
def test_properties_are_edited_in_place(agent, login, name, value, field):
    team = TeamFactory(members=[agent])
    ticket = make_incident(actor=agent, assignee=AgentFactory())
    value = value.format(team=team.pk, agent=agent.email)
    client = login(agent)
    assert b"<form" in client.get(f"/desk/{ticket.number}/edit/{name}/", **HTMX).content
    response = client.post(f"/desk/{ticket.number}/edit/{name}/", {name: value, "version": 1}, **HTMX)
    assert response.status_code == 200 and b"hx-swap-oob" in response.content
    assert ticket.events.count() == 2


@pytest.mark.parametrize(
    ("name", "fields"),
    [("title", {"title": ""}), ("title", {"title": "x" * 201}), ("team", {"team": "999999"}), ("team", {"team": "x"}),
     ("assignee", {"assignee": "nobody@example.org"}), ("requester", {"requester": ""}),
     ("tags", {"tags": "x" * 41}), ("priority", {"impact": "9", "urgency": "1"}),
     ("priority", {"impact": "1", "urgency": "1", "priority": "4"}), ("link", {"kind": "x", "target": "y"}),
     ("link", {"kind": "relates", "target": "INC-999999"}), ("watcher", {"watcher": "?"})],
)  # fmt: skip
def test_bad_values_get_an_error_and_change_nothing(agent, login, name, fields):
    ticket = make_incident()
    for extra in (HTMX, {}):
        response = login(agent).post(f"/desk/{ticket.number}/edit/{name}/", fields, **extra)
        assert response.status_code == 422 and b"errors" in response.content, response.content
    assert ticket.events.count() == 1


def test_a_save_over_someones_change_shows_both_and_loses_neither(agent, login):
    ticket = make_incident(title="Old")
    operations.change(ticket, actor=AgentFactory(), title="Theirs")
    client = login(agent)
    address = f"/desk/{ticket.number}/edit/title/"
    response = client.post(address, {"title": "Mine", "version": "1"}, **HTMX)
    text = response.content.decode()
    assert response.status_code == 422 and "Theirs" in text and "Mine" in text and fresh(ticket).title == "Theirs"
    version = text.split('name="version" value="')[1].split('"')[0]
    assert client.post(address, {"title": "Mine", "version": version}, **HTMX).status_code == 200
    assert fresh(ticket).title == "Mine"


def test_unknown_properties_and_forged_fields(agent, login):
    ticket = make_incident()
    client = login(agent)
    for name in ("status", "resolved_at", "number", "pk", "lead"):
        assert client.post(f"/desk/{ticket.number}/edit/{name}/", {name: "x"}).status_code == 404
    client.post(f"/desk/{ticket.number}/edit/title/", {"title": "New", "status": "closed", "requester": "1"})
    assert (fresh(ticket).title, fresh(ticket).status) == ("New", "new")


def test_one_click_actions(agent, login):
    ticket, other = make_incident(), make_incident()
    client = login(agent)
    base = f"/desk/{ticket.number}/act/"
    for name in ("take", "watch"):
        assert client.post(f"{base}{name}/", **HTMX).status_code == 200
    link = operations.link(ticket, actor=agent, target=other, kind=LinkKind.RELATES)
    client.post(f"{base}unlink/", {"link": link.pk})
    client.post(f"{base}unwatch/")
    assert fresh(ticket).assignee == agent and not ticket.watchers.exists() and not ticket.links_out.exists()
    for name, fields in (("unlink", {"link": "x"}), ("unlink", {"link": 999999}), ("explode", {})):
        assert client.post(f"{base}{name}/", fields).status_code == 404
    foreign = operations.link(other, actor=agent, target=make_incident(), kind=LinkKind.RELATES)
    assert client.post(f"{base}unlink/", {"link": foreign.pk}, **HTMX).status_code == 422


def test_others_who_look_are_shown_and_news_are_fetched(agent, login):
    ticket = make_incident()
    colleague = AgentFactory(name="Grace")
    login(colleague).get(f"/desk/{ticket.number}/pulse/?version=1&typing=1")
    client = login(agent)
    assert b"Grace is typing" in client.get(f"/desk/{ticket.number}/pulse/?version=1").content
    operations.reply(ticket, actor=colleague, body="Meanwhile")
    assert b"Meanwhile" in client.get(f"/desk/{ticket.number}/pulse/?version=1").content


def test_the_preview_has_no_frame(agent, login):
    ticket = make_incident(title="Preview me")
    text = login(agent).get(f"/desk/{ticket.number}/?preview=1", **HTMX).content.decode()
    assert "Preview me" in text and "<html" not in text


def test_links_to_tickets_one_may_not_see_are_left_out(agent, login):
    hidden = make_incident(title="Hidden", team=TeamFactory(is_private=True), actor=AgentFactory())
    ticket = make_incident()
    operations.link(ticket, actor=None, target=hidden, kind=LinkKind.RELATES)
    assert "Hidden" not in login(agent).get(f"/desk/{ticket.number}/").content.decode()


def test_a_resolved_ticket_shows_its_solution(agent, login):
    ticket = make_incident()
    resolve(ticket, agent, resolution="A new fuse.")
    assert "A new fuse." in login(agent).get(f"/desk/{ticket.number}/").content.decode()


def test_whoever_asked_and_whoever_works_on_it_are_named(agent, login):
    lead = AgentFactory(name="Sigrid Holm", email="sigrid@example.org")
    ticket = make_incident(UserFactory(name="Kofi Mensah", email="kofi@example.org"), actor=agent, assignee=lead)
    page = login(agent).get(f"/desk/{ticket.number}/").content.decode()
    assert 'aria-label="Requester: KMKofi Mensah"' in page and 'aria-label="Assignee: SHSigrid Holm"' in page
    assert login(agent).get("/desk/INC-99999999/").status_code == 404
