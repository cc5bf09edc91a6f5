"""Drafts, publishing, retiring, and offerings as documents."""

import pytest

from catalog import documents, versions
from catalog.models import Offering
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from tests.catalog.setups import LAPTOP_FORM, draft, offer, plan
from tests.factories import TeamFactory

pytestmark = pytest.mark.django_db


def test_a_draft_is_a_copy_that_changes_nothing_until_it_is_published():
    offering = offer(form=LAPTOP_FORM, price_once="5", fulfilment=[{"key": "a", "title": "A", "due": "4h"}])
    copy = versions.draft_of(offering)
    assert versions.draft_of(offering) == copy
    assert (copy.number, copy.price_once, copy.fields.count(), copy.tasks.get().due_seconds) == (2, 5, 4, 4 * 3600)
    copy.fields.all().delete()
    assert len(versions.definition_of(versions.published(offering)).questions) == 4
    versions.publish(copy, actor=None)
    assert versions.definition_of(versions.published(offering)).questions == {}
    assert list(offering.versions.order_by("number").values_list("state", flat=True)) == ["retired", "published"]
    with pytest.raises(NotAllowedNow):
        versions.publish(copy, actor=None)


def test_a_draft_that_cannot_work_is_not_published():
    bad = draft(form=[{"type": "choice", "label": "Size", "options": "a\nb", "show_if": "colour is red"}])
    with pytest.raises(Invalid, match="There is nothing called “colour” here"):
        versions.publish(bad, actor=None)
    assert versions.published(bad.offering) is None


def test_an_approval_plan_that_asks_about_a_missing_answer_is_noticed():
    approval = plan(("S", "answer.level is Administrator", "any", ["manager"]))
    with pytest.raises(Invalid, match="asks about “level”"):
        offer(approval_plan=approval.name)
    offer("Other", approval_plan=approval.name, form=[{"type": "text", "label": "Level", "key": "level"}])


def test_retiring_and_offering_again():
    offering = offer()
    bundle = offer("Bundle", fulfilment=[{"title": "L", "kind": "order", "offering": offering.slug}])
    with pytest.raises(NotAllowedNow, match="“Bundle” orders it"):
        versions.retire(offering)
    versions.retire(bundle)
    versions.retire(offering)
    assert versions.published(offering) is None and Offering.objects.get(pk=offering.pk).is_retired
    versions.publish(versions.draft_of(offering), actor=None)
    assert not Offering.objects.get(pk=offering.pk).is_retired


def test_the_lowest_price_is_kept_for_the_cards():
    version = versions.published(offer(form=LAPTOP_FORM, price_once="50"))
    assert (version.from_once, version.from_monthly, version.is_from) == (1250, 0, True)
    plain = versions.published(offer("Plain", price_monthly="3"))
    assert (plain.from_once, plain.from_monthly, plain.is_from) == (0, 3, False)


def test_a_document_comes_back_as_it_went():
    team = TeamFactory(name="Workplace")
    offering = offer(
        form=LAPTOP_FORM, price_once="5.50", most=3, delivery="24h", text="**Bold**", approval_plan=plan(("M", "", "any", ["manager"])).name,
        fulfilment=[{"key": "a", "title": "A", "team": team.name, "due": "1h 30m", "only_if": "model is MacBook"}],
    )  # fmt: skip
    document = documents.dump(versions.published(offering))
    again = documents.load({**document, "name": "Copy"})
    versions.publish(again, actor=None)
    assert documents.dump(again.__class__.objects.get(pk=again.pk)) == {**document, "name": "Copy"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"category": "Nowhere"}, "category"),
        ({"service": 5}, "service"),
        ({"name": ""}, "name"),
        ({"price_once": "lots"}, "price_once"),
        ({"price_once": "-1"}, "price_once"),
        ({"delivery": "3 moons"}, "delivery"),
        ({"most": 5000}, "most"),
        ({"approval_plan": "Nobody"}, "approval_plan"),
        ({"icon": "skull"}, "icon"),
        ({"form": "x"}, "form"),
        ({"form": [5]}, "form.0"),
        ({"form": [{"type": "text", "label": "A", "colour": "red"}]}, "form.0.colour"),
        ({"form": [{"type": "hologram", "label": "A"}]}, "form.0.type"),
        ({"form": [{"type": "text"}]}, "form.0.label"),
        ({"fulfilment": [{"title": "A", "team": "Nobody"}]}, "fulfilment.0.team"),
        ({"fulfilment": [{"title": "A", "kind": "webhook"}]}, "fulfilment.0.url"),
        ({"fulfilment": [{"title": "A", "kind": "order"}]}, "fulfilment.0.offering"),
        ({"fulfilment": [{"title": 5}]}, "fulfilment.0.title"),
        ({"form": [{"label": "x", "type": "text"}] * 101}, "form"),
    ],
)
def test_a_document_that_cannot_be_says_where(change, where):
    offering = offer()
    base = {"name": "New", "description": "d", "category": "Hardware", "service": "Workplace"}
    with pytest.raises(Invalid) as caught:
        documents.load({**base, **change})
    assert where in caught.value.fields, caught.value.fields
    assert list(Offering.objects.all()) == [offering]


def test_something_else_than_a_document():
    for thing in (None, 5, [], "x"):
        with pytest.raises(Invalid):
            documents.load(thing)
