"""Articles: from a draft to readers and back, versions that nobody loses, and what is refused."""

from __future__ import annotations

import html
import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.knowledge import operations
from servicedesk.knowledge.models import Article, Category
from servicedesk.knowledge.rendering import plain, render
from servicedesk.people import access
from servicedesk.tickets.errors import Conflict, Invalid, NotAllowedNow
from tests.examples import rolled_back
from tests.factories import AgentFactory, OrganisationFactory, UserFactory, make_incident, resolve

from .setups import article, draft, fresh, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return UserFactory(role="team_lead", name="Lead")


def test_from_a_draft_to_its_readers(agent, lead, customer):
    row = draft(agent)
    assert row.number.startswith("KB-") and row.state == "draft" and row.owner == agent
    everything = Article.objects.all()
    assert not access.readable(customer, everything).exists()
    row = operations.submit(row, actor=agent)
    with pytest.raises(access.Forbidden, match="Team leads"):
        operations.publish(row, actor=agent)
    row = operations.send_back(row, actor=lead, reason="Which client?")
    row = operations.edit(row, actor=agent, base=1, body="Update the client to 5.4.")
    row = operations.publish(operations.submit(row, actor=agent), actor=lead)
    assert access.readable(customer, everything).get().body == "Update the client to 5.4."
    assert row.review_on is not None
    assert [event.kind for event in row.events.order_by("pk")] == [
        "written", "submitted", "sent_back", "edited", "submitted", "published",
    ]  # fmt: skip


def test_what_only_agents_read_every_agent_publishes(agent):
    row = operations.publish(draft(agent, audience="agents"), actor=agent)
    assert row.is_readable
    with pytest.raises(access.Forbidden):
        operations.edit(row, actor=agent, audience="public")
    assert fresh(row).audience == "agents"


def test_customers_write_nothing(customer):
    with pytest.raises(access.Forbidden):
        draft(customer)
    row = article()
    for operation in (operations.submit, operations.publish, operations.discard, operations.reviewed):
        with pytest.raises(access.Forbidden):
            operation(row, actor=customer)


def test_readers_keep_the_live_version_while_a_new_one_is_written(agent, lead, customer):
    row = article(agent, body="First.")
    row = operations.edit(row, actor=agent, body="Second.", title="Another title")
    assert row.state == "draft" and row.has_changes
    shown = access.readable(customer, Article.objects.all()).get()
    assert (shown.title, shown.body) == ("The VPN does not connect", "First.")
    row = operations.discard(row, actor=agent)
    assert (row.state, row.body, row.latest) == ("published", "First.", 3)
    assert [version.body for version in row.versions.all()] == ["First.", "Second.", "First."]


def test_an_old_version_is_restored_as_the_newest_draft(agent, lead):
    row = draft(agent, body="One")
    row = operations.edit(row, actor=agent, body="Two")
    row = operations.restore(row, actor=agent, number=1)
    assert (row.latest, row.body, row.state) == (3, "One", "draft")
    assert row.versions.get(number=3).note == "Restored from version 1"
    with pytest.raises(Invalid, match="never had the version 9"):
        operations.restore(row, actor=agent, number=9)
    with pytest.raises(NotAllowedNow, match="newest version already"):
        operations.restore(row, actor=agent, number=3)


def test_editing_an_old_version_loses_neither_text(agent):
    row = draft(agent, body="One", summary="Short")
    operations.edit(row, actor=agent, base=1, body="Theirs")
    with pytest.raises(Conflict) as caught:
        operations.edit(row, actor=agent, base=1, body="Mine", title="My title")
    assert (caught.value.theirs, caught.value.yours) == ({"body": "Theirs"}, {"body": "Mine"})
    assert fresh(row).body == "Theirs" and fresh(row).latest == 2
    # Who changed something else meanwhile is in nobody's way.
    row = operations.edit(row, actor=agent, base=1, body="One", summary="Shorter")
    assert (fresh(row).body, fresh(row).summary) == ("Theirs", "Shorter")
    with pytest.raises(Invalid, match="never had the version 7"):
        operations.edit(row, actor=agent, base=7, body="x")


def test_saving_what_is_there_already_makes_no_version(agent):
    row = draft(agent, body="One")
    row = operations.edit(row, actor=agent, body="One", title=row.title)
    assert row.latest == 1 and row.events.count() == 1


def test_a_retired_article_sends_its_readers_on_but_not_in_a_circle(agent, lead):
    old, middle, new = article(agent), article(agent), article(agent)
    operations.retire(old, actor=lead, reason="Old.", replaced_by=middle)
    operations.retire(middle, actor=lead, reason="Old too.", replaced_by=new)
    with pytest.raises(Invalid, match="in a circle"):
        operations.retire(new, actor=lead, reason="x", replaced_by=old)
    with pytest.raises(Invalid, match="in a circle"):
        operations.retire(new, actor=lead, reason="x", replaced_by=new)
    assert fresh(new).state == "published"
    with pytest.raises(NotAllowedNow, match="retired already"):
        operations.retire(old, actor=lead, reason="again")
    with pytest.raises(NotAllowedNow, match="Bring it back"):
        operations.edit(old, actor=agent, body="x")
    back = operations.bring_back(old, actor=agent)
    assert back.state == "draft" and not back.is_readable


def test_translations_point_to_one_original_each_language_once(agent):
    row = article(agent)
    german = draft(agent, language="de", title="Das VPN verbindet sich nicht", translation_of=row)
    # The translation of a translation is one of the original.
    french = draft(agent, language="fr", title="Le VPN", translation_of=german)
    assert french.translation_of == row
    with pytest.raises(Invalid, match="into this language already"):
        draft(agent, language="de", title="Noch eine", translation_of=row)
    with pytest.raises(Invalid, match="another language"):
        draft(agent, language="en", translation_of=row)
    with pytest.raises(Invalid, match="no translation of itself|translations of this one"):
        operations.edit(row, actor=agent, translation_of=german)
    assert Article.objects.count() == 3


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"title": ""}, "title", "Write something"),
        ({"body": "  "}, "body", "Write something"),
        ({"title": "x" * 201}, "title", "At most 200"),
        ({"body": "x" * 100_001}, "body", "At most 100000"),
        ({"language": "xx"}, "language", "not known"),
        ({"audience": "everybody"}, "audience", "Choose"),
        ({"audience": "organisations"}, "organisations", "at least one"),
        ({"tags": ["x" * 41]}, "tags", "40 characters"),
        ({"body": "![track](https://evil.example/t.png)"}, "body", "not loaded from elsewhere"),
        ({"body": "![x](data:image/png;base64,AAAA)"}, "body", "not loaded from elsewhere"),
        ({"body": "![x](image:999)"}, "body", "no picture 999"),
        ({"body": "[x](KB-99)"}, "body", "no article KB-99"),
        ({"colour": "red"}, "colour", "no such field"),
    ],
)
def test_what_cannot_be_kept_is_named(agent, values, field, words):
    with pytest.raises(Invalid) as caught:
        draft(agent, **values)
    assert words in " ".join(caught.value.fields[field])
    assert not Article.objects.exists()


def test_an_article_that_links_to_itself_or_shows_anothers_picture(agent):
    row, other = draft(agent), draft(agent)
    image = operations.add_images(other, actor=agent, files=[picture()])[0]
    with pytest.raises(Invalid, match="links to itself"):
        operations.edit(row, actor=agent, body=f"[me]({row.number})")
    with pytest.raises(Invalid, match="no picture"):
        operations.edit(row, actor=agent, body=f"![x](image:{image.pk})")
    operations.edit(other, actor=agent, body=f"![x](image:{image.pk}) and [that]({row.number})")
    assert fresh(row).latest == 1


def test_only_pictures_are_pictures(agent):
    row = draft(agent)
    for name, content in (
        ("x.png", b"<svg onload=alert(1)>"),
        ("x.svg", b"<svg xmlns='x'/>"),
        ("x.png", b"MZ\x90\x00"),
    ):
        with pytest.raises(Invalid):
            operations.add_images(row, actor=agent, files=[picture(name, content)])
    assert not row.images.exists()


def test_an_owner_is_of_the_desk_and_a_closed_category_is_not_chosen(agent, customer):
    with pytest.raises(Invalid, match="service desk"):
        draft(agent, owner=customer)
    closed = Category.objects.create(name="Old", is_active=False)
    with pytest.raises(Invalid, match="cannot be chosen"):
        draft(agent, category=closed)


def test_written_from_a_resolution_in_one_click(agent, login):
    ticket = resolve(
        make_incident(title="Toner is empty", description="Grey pages"), agent, resolution="Shake the toner."
    )
    page = login(agent).get(f"/desk/knowledge/new/?from={ticket.number}").content.decode()
    assert "Shake the toner." in page and "Grey pages" in page and 'value="Toner is empty"' in page
    answer = login(agent).post(
        f"/desk/knowledge/new/?from={ticket.number}",
        {"title": "Toner is empty", "body": "Shake it.", "audience": "agents", "language": "en"},
    )
    row = Article.objects.get()
    assert answer.status_code == 302 and row.source_id == ticket.pk


def test_an_icon_is_one_of_ours(db):
    shelf = Category(name="x", icon='"><script>')
    with pytest.raises(ValidationError):
        shelf.full_clean()


def test_what_somebody_else_set_meanwhile_stays(admin, login):
    row = article(admin, audience="customers", tags=["vpn"])
    browser = login(admin)
    page = browser.get(f"/desk/knowledge/{row.number}/edit/").content.decode()
    seen = html.unescape(re.search(r'name="seen" value="([^"]*)"', page)[1])
    operations.edit(row, actor=admin, audience="agents")  # meanwhile
    sent = {
        "title": row.title,
        "body": "New.",
        "audience": "customers",
        "language": "en",
        "tags": "vpn, client",
        "base": 1,
        "seen": seen,
    }
    sent["owner"], sent["review_on"] = f"{admin.name} <{admin.email}>", row.review_on
    assert browser.post(f"/desk/knowledge/{row.number}/edit/", {**sent, "title": ""}).status_code == 422
    assert browser.post(f"/desk/knowledge/{row.number}/edit/", sent).status_code == 302
    row = fresh(row)
    assert (row.audience, row.tags, row.latest) == ("agents", ["vpn", "client"], 2)


HOSTILE = [
    "<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](javascript:alert(1))", "<img src=x onerror=alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)", "![x](//evil.example/a.png)", "<a href='x' onclick='y'>z</a>",
    "[x](vbscript:x)", "<iframe src=x></iframe>", "![](image:1\" onerror=\"x)", "[a]: javascript:alert(1)\n[a]",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_does_nothing(text):
    tags = " ".join(re.findall(r"<[^>]*>", str(render(text)))).lower()
    assert not re.search(r"<(script|iframe)|javascript:|data:|vbscript:| on\w+=|evil", tags)


@settings(max_examples=150)
@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from([*HOSTILE, "# x", "* y", "`", "![", "](image:3)", "[[", "|a|\n|-|\n"]), max_size=8).map(
        "\n".join
    )
)
def test_whatever_is_written_renders_without_harm(text):
    html = str(render(text)).lower()
    for bad in ("<script", "<iframe", "<object", "<style", 'href="javascript', 'src="http', 'src="data', 'src="//'):
        assert bad not in html
    plain(text)


@settings(max_examples=15)
@given(
    st.lists(
        st.sampled_from(
            ["edit", "submit", "send_back", "publish", "discard", "retire", "bring_back", "restore", "reviewed"]
        ),
        max_size=12,
    )
)
@rolled_back
def test_whatever_is_done_in_whatever_order_readers_see_a_version_that_was_published(steps):
    admin = UserFactory(role="admin")
    row = draft(admin, body="0")
    published: str | None = None
    for number, step in enumerate(steps, 1):
        values = {
            "edit": {"body": str(number)}, "send_back": {"reason": "x"}, "retire": {"reason": "x"}, "restore": {"number": 1},
        }.get(step, {})  # fmt: skip
        before = fresh(row)
        try:
            row = getattr(operations, step)(before, actor=admin, **values)
        except NotAllowedNow:
            assert fresh(row).state == before.state and fresh(row).latest == before.latest
            continue
        if step == "publish":
            published = row.versions.get(number=row.latest).body
        elif step in ("retire", "bring_back"):
            published = None
        now = fresh(row)
        assert now.is_readable == (published is not None)
        if published is not None:
            assert now.body == published == now.live.body
        assert sorted(now.versions.values_list("number", flat=True)) == list(range(1, now.latest + 1))


def test_an_article_for_one_organisation(agent, lead):
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    article(agent, audience="organisations", organisations=[ours])
    assert access.readable(UserFactory(organisation=ours), Article.objects.all()).count() == 1
    assert access.readable(UserFactory(organisation=theirs), Article.objects.all()).count() == 0
    assert access.readable(UserFactory(), Article.objects.all()).count() == 0
    assert access.readable(AgentFactory(), Article.objects.all()).count() == 1
