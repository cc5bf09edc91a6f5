"""Search that forgives: stems of each language, typing errors, synonyms, use and freshness; what it finds and what not."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.knowledge import operations
from servicedesk.knowledge.models import Article, SearchedFor, Synonyms, Word
from servicedesk.knowledge.search import finding
from tests.examples import rolled_back
from tests.factories import UserFactory

from .setups import article, learn

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(agent):
    rows = {
        "vpn": article(agent, title="The VPN does not connect", body="Update the client. Try another network."),
        "printer": article(agent, title="Nothing comes out of the printer", keywords="cannot print, print job missing", body="Hold your card to it."),
        "mailbox": article(agent, title="Your mailbox is full", summary="Five gigabytes are gone in minutes.", body="Sort by size and delete the large attachments."),
        "password": article(agent, title="Reset a password you have forgotten", body="Choose Forgotten your password on the log-in page."),
    }  # fmt: skip
    learn()
    return rows


def titles(user, words, **values):
    return [row.title for row in finding.find(user, words, **values).articles]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("printing", "printer"), ("i forgot my passwords", "password"), ("attachment too large", "mailbox"),
        ("vnp", "vpn"), ("printr", "printer"), ("mialbox ful", "mailbox"), ("pasword forgoten", "password"),
        ("connecting vpn clients", "vpn"), ("PRINTER!!!", "printer"), ("mail box full", "mailbox"),
    ],
)  # fmt: skip
def test_stems_and_typing_errors(shelf, customer, words, first):
    assert titles(customer, words)[0] == shelf[first].title


def test_what_was_meant_is_said(shelf, customer):
    assert finding.find(customer, "pasword").corrected == "password"
    assert finding.find(customer, "password").corrected == ""


def test_each_language_has_its_own_stems(agent, customer):
    article(agent, language="de", title="Drucker und Zugänge einrichten", body="Die Häuser haben Drucker.")
    article(agent, language="fr", title="Les imprimantes réseau", body="Choisir une imprimante.")
    learn()
    assert titles(customer, "zugang haus") == ["Drucker und Zugänge einrichten"]
    assert titles(customer, "imprimante reseau") == ["Les imprimantes réseau"]


def test_of_a_translation_the_readers_language_is_shown(shelf, agent):
    article(
        agent,
        language="de",
        title="Das VPN verbindet sich nicht",
        body="Client aktualisieren.",
        translation_of=shelf["vpn"],
    )
    learn()
    assert titles(UserFactory(language="de"), "vpn") == ["Das VPN verbindet sich nicht"]
    assert titles(UserFactory(language="en"), "vpn") == ["The VPN does not connect"]


def test_synonyms_that_the_admin_keeps(shelf, customer):
    assert titles(customer, "remote access") == []
    row = Synonyms(words="VPN, remote access,  tunnel ")
    row.full_clean()
    row.save()
    assert row.words == "vpn, remote access, tunnel"
    assert titles(customer, "remote access")[0] == titles(customer, "tunnel")[0] == "The VPN does not connect"
    for words in ("vpn", "vpn,", ",".join("abcdefghijklmnopqrstuvw"), "x" * 70 + ",y"):
        with pytest.raises(ValidationError):
            Synonyms(words=words).full_clean()


def test_the_title_weighs_more_than_the_text_and_use_more_than_none(agent, customer):
    article(agent, title="Other things", body="Somewhere the scanner is mentioned.")
    about = article(agent, title="The scanner", body="Press start.")
    used = article(agent, title="The scanner", body="Press start.")
    Article.objects.filter(pk=used.pk).update(solved=30, helped=20)
    learn()
    assert [row.pk for row in finding.find(customer, "scanner").articles][:2] == [used.pk, about.pk]


def test_what_is_fresh_comes_before_what_is_old(agent, customer):
    old, new = article(agent, title="The badge", body="x"), article(agent, title="The badge", body="x")
    Article.objects.filter(pk=new.pk).update(updated_at=timezone.now())
    Article.objects.filter(pk=old.pk).update(updated_at=timezone.now() - datetime.timedelta(days=900))
    learn()
    assert [row.pk for row in finding.find(customer, "badge").articles] == [new.pk, old.pk]


def test_hits_are_marked_and_escaped(agent, customer):
    article(agent, title="The <b>printer</b> & you", body="x")
    learn()
    row = finding.find(customer, "printer").articles[0]
    assert row.hit_title == "The &lt;b&gt;<mark>printer</mark>&lt;/b&gt; &amp; you"


def test_words_of_what_one_may_not_read_are_not_offered(agent, customer):
    article(agent, title="Layoffs next spring", body="Secret.", audience="agents")
    article(agent, title="Something else", body="Open.")
    learn()
    assert Word.objects.get(word="layoffs").n_open == 0
    assert finding.find(customer, "layofs").corrected == ""
    assert finding.find(agent, "layofs").corrected == "layoffs"
    assert titles(customer, "layoffs") == [] and titles(agent, "layoffs") == ["Layoffs next spring"]
    assert titles(AnonymousUser(), "something else") == []


def test_a_retired_article_is_found_no_more(shelf, customer, admin):
    operations.retire(shelf["vpn"], actor=admin, reason="Gone.")
    learn()
    assert titles(customer, "vpn") == [] and not Word.objects.filter(word="vpn").exists()


def test_what_was_searched_in_vain_is_listed_until_somebody_has_dealt_with_it(shelf, customer, agent, login):
    browser = login(customer)
    for _turn in range(2):
        assert "We have noted" in browser.get("/help/search/?q=Bicycle+leasing").content.decode()
    browser.get("/portal/find/?q=printer")
    assert [(row.words, row.n_nothing) for row in finding.in_vain()] == [("bicycle leasing", 2)]
    desk = login(agent)
    assert "bicycle leasing" in desk.get("/desk/knowledge/in-vain/").content.decode()
    desk.post("/desk/knowledge/in-vain/", {"pk": SearchedFor.objects.get(n_nothing=2).pk})
    assert not finding.in_vain()
    browser.get("/help/search/?q=bicycle+leasing")
    assert finding.in_vain()[0].n_nothing == 3


def test_strangers_do_not_fill_the_list_of_searches(shelf, monkeypatch):
    monkeypatch.setattr(finding, "MOST_REMEMBERED", 2)
    for words in ("one thing", "another thing", "a third thing", "one thing"):
        finding.remember(words, 0, "en")
    finding.remember("", 0, "en")
    finding.remember("x", 0, "klingon")
    assert dict(SearchedFor.objects.values_list("words", "n")) == {"one thing": 2, "another thing": 1}


def test_a_search_costs_a_fixed_number_of_queries(shelf, customer, django_assert_max_num_queries):
    finding.find(customer, "vpn")
    with django_assert_max_num_queries(7):
        finding.find(customer, "mialbox ful of atachments")


@settings(max_examples=60)
@given(
    st.text(max_size=250)
    | st.lists(
        st.sampled_from(["'", "\\", ":*", "&", "|", "!", "(", "vpn", "%", "_", "<->", "vpn's", "a" * 60]), max_size=12
    ).map(" ".join)
)
@rolled_back
def test_whatever_is_typed_there_is_an_answer(words):
    article()
    learn()
    finding.find(UserFactory(), words.replace("\ud800", ""))
