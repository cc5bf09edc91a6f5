"""Tickets alike: the five most, with why, and none that one may not see."""

from __future__ import annotations

import pytest

from servicedesk.tickets.similar import naming, similar
from tests.factories import ServiceFactory, TeamFactory, UserFactory, make_incident, resolve

pytestmark = pytest.mark.django_db


def numbers(found):
    return [alike.ticket.number for alike in found]


def test_the_most_alike_first_open_and_solved_each_with_why(agent):
    vpn = ServiceFactory(name="VPN")
    same = resolve(make_incident(title="VPN drops every ten minutes", service=vpn), agent)
    near = make_incident(title="VPN tunnel drops after rekey", description="The gateway closes the tunnel.")
    make_incident(title="Printer is empty")
    ticket = make_incident(title="VPN drops each ten minutes", description="gateway says rekey", service=vpn)
    found = similar(ticket, agent)
    assert numbers(found) == [same.number, near.number]
    assert "same service" in found[0].why and any("drops" in why for why in found[0].why)
    assert found[0].score > found[1].score


def test_at_most_five_and_never_itself(agent):
    rows = [make_incident(title=f"Scanner {n} shows a red light") for n in range(8)]
    found = similar(rows[0], agent)
    assert len(found) == 5 and rows[0].number not in numbers(found)


def test_private_tickets_are_not_shown(agent):
    team = TeamFactory(is_private=True)
    make_incident(title="Salary of the director leaked", team=team, actor=UserFactory(role="admin"))
    ticket = make_incident(title="Salary of the director wrong")
    assert similar(ticket, agent) == []
    assert len(similar(ticket, UserFactory(role="admin"))) == 1


def test_an_odd_title_breaks_nothing(agent):
    for title in (
        "'; DROP TABLE x; --",
        "!!!",
        "a",
        "\\ ' : & | !",
        "日本語のタイトル",
        "x" * 200,
        "O'Brien's \\printer",
    ):
        ticket = make_incident(title=title)
        similar(ticket, agent)


def test_the_page_fetches_them_afterwards(agent, login):
    other = make_incident(title="Beamer stays dark")
    ticket = make_incident(title="Beamer stays dark again")
    assert f'hx-get="/desk/{ticket.number}/beside/"' in login(agent).get(f"/desk/{ticket.number}/").content.decode()
    page = login(agent).get(f"/desk/{ticket.number}/beside/").content.decode()
    assert other.number in page and "nearly the same title" in page


def test_a_fixed_number_of_queries(agent, django_assert_max_num_queries):
    for n in range(6):
        make_incident(title=f"Beamer {n} stays dark")
    ticket = make_incident(title="Beamer stays dark", description="black picture")
    similar(ticket, agent)
    with django_assert_max_num_queries(5):
        similar(ticket, agent)


def test_common_words_are_asked_together_and_rare_ones_each():
    assert naming({"rare": 0.0001, "common": 0.5}, 200_000).startswith("'rare'")
    together = naming({"printer": 0.05, "paper": 0.04, "empti": 0.03}, 200_000)
    assert "&" in together and "|" not in together
    assert naming({}, 100) == ""
