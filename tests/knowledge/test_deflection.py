"""An article instead of a ticket, and an article in a ticket: what is offered, used, counted."""

from __future__ import annotations

import pytest
from django.test import Client

from servicedesk.knowledge import operations, uses
from servicedesk.knowledge.following import follow
from servicedesk.knowledge.models import Deflection, Use
from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Event
from tests.factories import TeamFactory, UserFactory, make_incident, resolve

from .setups import article, draft, fresh, learn

pytestmark = pytest.mark.django_db


def follow_all(ticket):
    for event in Event.objects.filter(ticket=ticket).order_by("pk"):
        follow(event)


def test_articles_appear_while_a_title_is_typed(agent, customer, login):
    row = article(agent, body="**Update** the client.")
    article(agent, title="The VPN for agents", audience="agents")
    learn()
    browser = login(customer)
    text = browser.get("/help/suggest/?q=vpn+does+not+conect&where=report").content.decode()
    assert row.title in text and "<strong>Update</strong>" in text and "for agents" not in text
    assert browser.get("/help/suggest/?q=vp").content.decode().strip() == ""
    assert browser.get("/help/suggest/?q=holiday+in+spain").content.decode().strip() == ""
    assert "The VPN for agents" in login(agent).get("/help/suggest/?q=vpn&where=desk").content.decode()


def test_this_solved_it_is_counted_once_for_one_trouble(agent, customer, login):
    row = article(agent)
    browser = login(customer)
    for _turn in range(2):
        answer = browser.post(f"/help/{row.number}/solved/", {"where": "report", "words": "vpn broken"})
        assert answer["Location"] == "/help/thanks/"
    assert "Nothing was sent" in browser.get("/help/thanks/").content.decode()
    one = Deflection.objects.get()
    assert (one.user, one.where, one.words, fresh(row).deflected) == (customer, "report", "vpn broken", 1)
    make_incident(customer, channel="portal")
    assert uses.measures(7).rate == 0.5
    page = login(agent).get("/desk/knowledge/measures/").content.decode()
    assert "50.0 %" in page and "vpn broken" in page


def test_a_visitor_counts_once_for_each_article(agent):
    row = article(agent, audience="public")
    browser = Client()
    for _turn in range(3):
        assert browser.post(f"/help/{row.number}/solved/", {"where": "search"})["Location"] == "/help/thanks/"
    assert fresh(row).deflected == 1


def test_what_one_cannot_read_solves_nothing(agent, customer):
    row = article(agent, audience="agents")
    with pytest.raises(NotAllowedNow):
        uses.deflect(row, user=customer, where="report")
    with pytest.raises(Invalid):
        uses.deflect(row, user=agent, where="moon")
    assert Client().post(f"/help/{row.number}/solved/", {"where": "report"}).status_code == 404


def test_a_ticket_that_is_resolved_was_solved_with_what_was_used(agent, login):
    row, ticket = article(agent), make_incident(title="VPN fails")
    answer = login(agent).post(
        f"/desk/{ticket.number}/articles/use/", {"article": row.number, "how": "link", "kind": "reply"}
    )
    assert answer.json()["text"].startswith("[The VPN does not connect](http") and row.number in answer.json()["text"]
    assert not Use.objects.get().solved
    resolve(ticket, agent)
    follow_all(ticket)
    follow_all(ticket)
    assert Use.objects.get().solved and fresh(row).solved == 1
    tickets.transition(ticket, "reopen", actor=agent, reason="No.")
    follow(Event.objects.filter(ticket=ticket).order_by("-pk")[0])
    assert not Use.objects.get().solved and fresh(row).solved == 0


def test_the_text_of_an_article_goes_into_a_reply_without_what_only_works_here(agent, login):
    other = article(agent, title="Other")
    row = article(agent, body=f"Do **this**, see [that]({other.number}).")
    ticket = make_incident()
    text = (
        login(agent)
        .post(f"/desk/{ticket.number}/articles/use/", {"article": row.number, "how": "text", "kind": "reply"})
        .json()["text"]
    )
    assert "**this**" in text and f"/help/{other.number}/)" in text


def test_what_the_requester_may_not_read_goes_into_notes_only(agent, login):
    row, ticket = article(agent, audience="agents"), make_incident()
    browser = login(agent)
    path = f"/desk/{ticket.number}/articles/use/"
    answer = browser.post(path, {"article": row.number, "how": "text", "kind": "reply"})
    assert answer.status_code == 409 and "Put it into a note" in answer.json()["detail"]
    assert browser.post(path, {"article": row.number, "how": "text", "kind": "note"}).status_code == 200
    draft_row = draft(agent, title="Unpublished")
    assert browser.post(path, {"article": draft_row.number, "how": "link", "kind": "note"}).status_code == 404


def test_articles_stand_beside_a_ticket_that_they_are_about(agent, login):
    row = article(agent)
    learn()
    ticket = make_incident(title="VPN does not connect from home since today")
    page = login(agent).get(f"/desk/{ticket.number}/beside/").content.decode()
    assert row.number in page
    page = login(agent).get(f"/desk/{ticket.number}/articles/?q=holiday").content.decode()
    assert "No article is about this" in page


def test_solved_with_it_and_not_used_after_all(agent, login):
    row, ticket = article(agent), make_incident()
    browser = login(agent)
    path = f"/desk/{ticket.number}/articles/use/"
    page = browser.post(path, {"article": row.number, "how": "solved"}, headers={"HX-Request": "true"}).content.decode()
    assert "solved with it" in page and fresh(row).solved == 1
    browser.post(path, {"article": row.number, "how": "drop"}, headers={"HX-Request": "true"})
    assert fresh(row).solved == 0 and not Use.objects.exists()
    assert browser.post(path, {"article": row.number, "how": "nonsense"}).status_code == 404


def test_a_private_ticket_keeps_its_uses_to_itself(agent, login):
    team = TeamFactory(is_private=True, members=[agent])
    row, ticket = article(agent), make_incident(title="Secret case", team=team, actor=agent)
    uses.use(row, ticket, actor=agent, solved=True)
    other = UserFactory(role="agent")
    assert "Secret case" not in login(other).get(f"/desk/knowledge/{row.number}/").content.decode()
    assert "Secret case" in login(agent).get(f"/desk/knowledge/{row.number}/").content.decode()
    with pytest.raises(access.Forbidden):
        uses.use(row, ticket, actor=UserFactory())


def test_a_new_request_shows_articles_about_what_is_ordered(agent, customer, login):
    from tests.catalog.setups import offer

    operations.publish(draft(agent, title="Laptop: which one"), actor=None)
    offer("Laptop")
    page = login(customer).get("/portal/order/laptop/").content.decode()
    assert 'data-about="Laptop"' in page and 'data-where="request"' in page


def test_the_desks_search_shows_articles_as_well(agent, login):
    row = article(agent)
    learn()
    page = login(agent).get("/desk/search/?q=vpn").content.decode()
    assert 'hx-get="/desk/search/beside/?q=vpn"' in page
    assert row.number in login(agent).get("/desk/search/beside/?q=vpn").content.decode()
    assert login(agent).get("/desk/search/beside/").content == b""
