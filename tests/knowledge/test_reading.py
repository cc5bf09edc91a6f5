"""The help centre: who reads what, feedback, pictures, and the way on to the desk."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.knowledge import operations, uses
from servicedesk.knowledge.models import Article, Category, Feedback
from servicedesk.people import access
from tests.examples import rolled_back
from tests.factories import OrganisationFactory, UserFactory, make_incident
from tests.people.test_nobody_sees_too_much import ADDRESSES, text_of

from .setups import article, draft, fresh, learn, picture

pytestmark = pytest.mark.django_db


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["public", "customers", "organisations", "agents"]),
            st.sampled_from(["draft", "review", "published", "changed", "retired"]), st.sampled_from([0, 1]),
        ), min_size=1, max_size=5,
    ),
    st.sampled_from(["nobody", "customer", "agent", "inactive"]), st.sampled_from([None, 0, 1]),
)  # fmt: skip
@rolled_back
def test_everybody_reads_what_is_for_them_and_nothing_else(wanted, role, place):
    admin = UserFactory(role="admin")
    organisations = [OrganisationFactory(), OrganisationFactory()]
    expected = set()
    if role == "nobody":
        user = AnonymousUser()
    else:
        user = UserFactory(
            role="agent" if role == "agent" else "customer", is_active=role != "inactive",
            organisation=organisations[place] if place is not None and role != "agent" else None,
        )  # fmt: skip
    for number, (audience, state, whose) in enumerate(wanted):
        row = draft(admin, title=f"A {number}", audience=audience, organisations=[organisations[whose]])
        if state == "review":
            operations.submit(row, actor=admin)
        elif state != "draft":
            operations.publish(row, actor=admin)
            if state == "changed":
                operations.edit(row, actor=admin, body="new")
            if state == "retired":
                operations.retire(row, actor=admin, reason="x")
        reads = {
            "public": True, "customers": role in ("customer", "agent"), "agents": role == "agent",
            "organisations": role == "agent" or (role == "customer" and place == whose),
        }[audience]  # fmt: skip
        if reads and state in ("published", "changed"):
            expected.add(row.pk)
    found = set(access.readable(user, Article.objects.all()).values_list("pk", flat=True))
    assert found == expected


def test_a_visitor_reads_public_articles_and_is_told_of_more(agent):
    row = article(agent, audience="public")
    other = article(agent, title="For customers")
    browser = Client()
    page = browser.get("/help/").content.decode()
    assert row.title in page and other.title not in page and "log in" in page
    assert browser.get(f"/help/{row.number}/").status_code == 200
    for path in (f"/help/{other.number}/", "/help/KB-1/", "/help/%00/", "/help/images/1/"):
        assert browser.get(path).status_code in (400, 404)
    assert fresh(row).views == 1


def test_a_page_shows_its_other_languages_and_the_way_on(agent, customer, login):
    row = article(agent, body="## Steps\n\n1. **Update** it.")
    german = article(agent, language="de", title="Das VPN", translation_of=row)
    page = login(customer).get(f"/help/{row.number}/?q=vpn+conection").content.decode()
    assert f"/help/{german.number}/" in page and "Deutsch" in page
    assert "?title=vpn%20conection" in page and "<strong>Update</strong>" in page


def test_shelves_show_what_one_may_read(agent, customer, login):
    shelf = Category.objects.create(name="Network")
    row = article(agent, category=shelf)
    article(agent, category=shelf, language="de", title="Das VPN", translation_of=row)
    article(agent, title="Only for agents", category=shelf, audience="agents")
    page = login(customer).get("/help/").content.decode()
    assert "Network" in page and "one article" in page
    page = login(customer).get(f"/help/shelf/{shelf.pk}/").content.decode()
    assert "The VPN does not connect" in page and "Only for agents" not in page and "Das VPN" not in page
    empty = Category.objects.create(name="Empty")
    assert login(customer).get(f"/help/shelf/{empty.pk}/").status_code == 404


def test_feedback_counts_ones_last_word(agent, customer, login):
    row = article(agent)
    browser = login(customer)
    browser.post(f"/help/{row.number}/feedback/", {"helped": "yes"})
    assert (fresh(row).helped, fresh(row).not_helped) == (1, 0)
    browser.post(f"/help/{row.number}/feedback/", {"helped": "no", "comment": "Which client?"})
    assert (fresh(row).helped, fresh(row).not_helped) == (0, 1)
    assert Feedback.objects.get().comment == "Which client?"
    assert "Which client?" in login(agent).get("/desk/knowledge/comments/").content.decode()
    assert "Which client?" in login(agent).get(f"/desk/knowledge/{row.number}/").content.decode()
    browser.post(f"/help/{row.number}/feedback/", {"helped": "perhaps"})
    browser.post(f"/help/{row.number}/feedback/", {"helped": "no", "comment": "x" * 2000})
    assert Feedback.objects.get().comment == "Which client?"


def test_a_visitors_feedback_counts_once(agent):
    row = article(agent, audience="public")
    browser = Client()
    for _turn in range(3):
        browser.post(f"/help/{row.number}/feedback/", {"helped": "yes"})
    assert fresh(row).helped == 1


def test_a_retired_article_leads_to_what_replaced_it(agent, admin, customer, login):
    old, middle, new = article(agent), article(agent, title="Between"), article(agent, title="The new way")
    operations.retire(old, actor=admin, reason="x", replaced_by=middle)
    operations.retire(middle, actor=admin, reason="x", replaced_by=new)
    answer = login(customer).get(f"/help/{old.number}/")
    assert answer.status_code == 302 and answer["Location"].endswith(f"/help/{new.number}/")
    operations.retire(new, actor=admin, reason="x")
    assert login(customer).get(f"/help/{old.number}/").status_code == 404


def test_a_picture_is_seen_by_whoever_reads_the_article(agent, customer, login):
    row = draft(agent)
    image = operations.add_images(row, actor=agent, files=[picture()])[0]
    row = operations.edit(row, actor=agent, body=f"![The dialog](image:{image.pk})")
    assert login(customer).get(f"/help/images/{image.pk}/").status_code == 404
    assert login(agent).get(f"/help/images/{image.pk}/").status_code == 200
    operations.publish(row, actor=None)
    answer = login(customer).get(f"/help/images/{image.pk}/")
    assert answer["Content-Type"] == "image/png" and answer["X-Content-Type-Options"] == "nosniff"
    assert f'src="/help/images/{image.pk}/"' in login(customer).get(f"/help/{row.number}/").content.decode()
    assert Client().get(f"/help/images/{image.pk}/").status_code == 404


def test_knowledge_on_the_portal(agent, customer, login):
    article(agent)
    learn()
    page = login(customer).get("/portal/").content.decode()
    assert "Help centre" in page and "The VPN does not connect" in page
    page = login(customer).get("/portal/find/?q=vpn+conect").content.decode()
    assert "Shown for “vpn connect”" in page and "does not" in page


def test_the_measures_count_what_helped(agent, customer):
    row = article(agent)
    uses.feedback(row, user=customer, helped=True)
    uses.deflect(row, user=customer, where="report", words="vpn")
    measured = uses.measures(7)
    assert (measured.helped, measured.deflected, measured.sent, measured.rate) == (1, 1, 0, 1.0)
    assert uses.Measures(7, 0, 0, 0, 0, 0).rate is None


def test_no_address_shows_customers_what_only_agents_read(agent, customer, login):
    secret = article(
        agent, title="The safe's combination", summary="safe-secret", body="safe-secret 4711", audience="agents"
    )
    operations.edit(secret, actor=agent, body="safe-secret 4712")
    uses.feedback(secret, user=agent, helped=True, comment="safe-secret comment")
    learn()
    for browser in (login(customer), Client()):
        for address in ADDRESSES:
            if re.search(r"{(?!number|pk|slug|name)", address) or address in (
                "/logout/",
                "/health/ready",
                "/api/v1/schema/",
            ):
                continue
            path = address.format(number=secret.number, pk=secret.pk, slug="x", name="publish")
            for query in ("", "?q=safe+combination", "?drafts=1", "?q=sfae&where=desk"):
                answer = browser.get(path + query)
                assert answer.status_code < 500 and "safe-secret" not in text_of(answer), path + query
                assert "combination</" not in text_of(answer), path + query
    assert secret.number in login(agent).get("/help/search/?q=safe+combination").content.decode()


def test_pages_cost_a_fixed_number_of_queries(agent, customer, login, django_assert_max_num_queries):
    shelf = Category.objects.create(name="Network")
    rows = [article(agent, title=f"The VPN {n}", category=shelf, tags=["vpn"]) for n in range(12)]
    ticket = make_incident(customer, title="The VPN is slow")
    pages = {
        "/help/": (customer, 12), f"/help/{rows[0].number}/": (customer, 22), f"/help/shelf/{shelf.pk}/": (customer, 8),
        "/help/search/?q=vpn": (customer, 16), "/help/suggest/?q=vpn+slow": (customer, 10), "/desk/knowledge/": (agent, 16),
        f"/desk/knowledge/{rows[0].number}/": (agent, 20), f"/desk/{ticket.number}/beside/": (agent, 20),
    }  # fmt: skip
    for path, (user, most) in pages.items():
        browser = login(user)
        assert browser.get(path).status_code == 200
        with django_assert_max_num_queries(most):
            browser.get(path)
