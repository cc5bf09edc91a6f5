"""Search over numbers, titles and messages, with highlighted hits."""

import pytest

from servicedesk.tickets import operations
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.search import search
from tests.factories import UserFactory, make_incident, resolve

pytestmark = pytest.mark.django_db


def found(user, words):
    return [ticket.number for ticket in search(user, words)]


def test_words_are_found_in_titles_descriptions_resolutions_and_messages(agent):
    ticket = make_incident(title="Printers jam", description="On the Zieliński floor")
    operations.reply(ticket, actor=agent, body="Have you tried a new cartridge?")
    resolve(ticket, agent, resolution="Replaced the fuser unit")
    for words in ("printer", "zielinski", "cartridge", "fuser", "print", '"new cartridge"', "jam -paper"):
        assert found(agent, words) == [ticket.number], words
    for words in ("jam -printers", "unicorn", '"cartridge new"'):
        assert found(agent, words) == [], words


def test_numbers_are_found_whole_short_and_by_the_external_reference(agent):
    ticket = make_incident()
    Ticket.objects.filter(pk=ticket.pk).update(external_ref="INC0000045")
    for words in (ticket.number, ticket.number.lower(), ticket.number[4:], "INC0000045", "inc0000045"):
        assert found(agent, words) == [ticket.number], words


def test_hits_are_marked_and_hostile_titles_stay_text(agent):
    make_incident(title="<script>alert(1)</script> printer")
    hit = search(agent, "printer")[0]
    assert "<mark>printer</mark>" in hit.hit_title and "&lt;script&gt;" in hit.hit_title


def test_customers_do_not_find_by_internal_notes(agent, customer):
    ticket = make_incident(customer)
    operations.note(ticket, actor=agent, body="the customer is difficult")
    operations.reply(ticket, actor=agent, body="cartridge")
    assert found(customer, "difficult") == [] and found(agent, "difficult") == [ticket.number]
    assert found(customer, "cartridge") == [ticket.number]
    assert found(UserFactory(), "cartridge") == []


@pytest.mark.parametrize(
    "words", ["", "  ", "'", '"', "a & | ! b", ":*", "\\", "((", "-", "or", "\x00", "x" * 5000, "'); --"]
)
def test_no_words_break_it(agent, words):
    make_incident()
    search(agent, words)


def test_the_page_goes_straight_to_a_known_number(agent, login):
    ticket = make_incident()
    response = login(agent).get(f"/desk/search/?q={ticket.number.lower()}")
    assert response["Location"] == f"/desk/{ticket.number}/"
    assert b"Nothing found" in login(agent).get("/desk/search/?q=unicorn").content
