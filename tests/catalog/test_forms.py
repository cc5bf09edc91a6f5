"""Forms built without code: every type, limits, conditions, prices; what is refused."""

import datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import strategies as st

from catalog.forms.answers import AnswersForm, Price, price_of, read_answers, to_data
from catalog.forms.definition import build
from catalog.models import FormField
from servicedesk.tickets.errors import Invalid
from tests.catalog.setups import LAPTOP_FORM
from tests.factories import AgentFactory, OrganisationFactory, ServiceFactory, UserFactory

pytestmark = pytest.mark.django_db


def form(*rows):
    return build([FormField(position=n, **row) for n, row in enumerate(rows)])


def ask(definition, answers, user=None):
    return read_answers(AnswersForm(definition, user=user or UserFactory(), data=to_data(definition, answers)))


def refused(definition, answers, user=None):
    with pytest.raises(Invalid) as caught:
        ask(definition, answers, user)
    return caught.value.fields


def test_every_type_has_its_value():
    user, other = AgentFactory(), UserFactory(email="ann@example.org")
    organisation, service = OrganisationFactory(), ServiceFactory()
    definition = form(
        {"type": "text", "label": "Room", "key": "room"}, {"type": "long", "label": "Why", "key": "why"},
        {"type": "number", "label": "Seats", "key": "seats"}, {"type": "money", "label": "Price", "key": "price"},
        {"type": "date", "label": "Day", "key": "day"}, {"type": "choice", "label": "One", "key": "one", "options": "a\nb"},
        {"type": "many", "label": "Many", "key": "many", "options": "a\nb\nc"}, {"type": "yes_no", "label": "Yes", "key": "yes"},
        {"type": "person", "label": "Who", "key": "who"}, {"type": "organisation", "label": "Unit", "key": "unit"},
        {"type": "service", "label": "What", "key": "what"},
    )  # fmt: skip
    assert definition.problems == {}
    values = ask(
        definition,
        {"room": "  2.07 ", "why": "a\nb", "seats": 2.5, "price": 9.99, "day": "2026-12-01", "one": "b", "many": ["a", "c"],
         "yes": False, "who": "ann@example.org", "unit": organisation.pk, "what": service.pk},
        user,
    )  # fmt: skip
    assert values == {
        "room": "2.07", "why": "a\nb", "seats": Decimal("2.5"), "price": Decimal("9.99"), "day": datetime.date(2026, 12, 1),
        "one": "b", "many": ["a", "c"], "yes": False, "who": other, "unit": organisation, "what": service,
    }  # fmt: skip


def test_a_hidden_question_has_no_value_and_takes_none():
    definition = form(*LAPTOP_FORM)
    assert "reason" not in ask(definition, {"model": "ThinkPad"})
    assert "not asked" in refused(definition, {"model": "ThinkPad", "reason": "Because"})["reason"][0]
    assert "required" in refused(definition, {"model": "MacBook"})["reason"][0]


def test_a_hidden_question_hides_those_that_depend_on_it():
    definition = form(
        {"type": "yes_no", "label": "A", "key": "a"}, {"type": "yes_no", "label": "B", "key": "b", "show_if": "a is yes"},
        {"type": "text", "label": "C", "key": "c", "show_if": "b is yes", "required": True},
    )  # fmt: skip
    assert ask(definition, {"a": False}) == {"a": False}
    assert "c" in refused(definition, {"a": True, "b": True})


def test_a_section_hides_all_of_its_questions():
    definition = form(
        {"type": "yes_no", "label": "Abroad?", "key": "abroad"}, {"type": "section", "label": "Roaming", "show_if": "abroad is yes"},
        {"type": "text", "label": "Country", "key": "country", "required": True},
    )  # fmt: skip
    assert ask(definition, {"abroad": False}) == {"abroad": False}
    assert "country" in refused(definition, {"abroad": True})


@pytest.mark.parametrize(
    ("row", "bad"),
    [
        ({"type": "choice", "options": "a\nb"}, "c"),
        ({"type": "many", "options": "a\nb"}, ["a", "c"]),
        ({"type": "number", "minimum": "2", "maximum": "9"}, 10),
        ({"type": "number"}, "three"),
        ({"type": "number"}, True),
        ({"type": "number"}, float("inf")),
        ({"type": "money"}, 1.999),
        ({"type": "date", "minimum": "2026-01-01"}, "2025-12-31"),
        ({"type": "date"}, "2026-02-30"),
        ({"type": "text", "pattern": r"NW-\d{5}"}, "NW-12"),
        ({"type": "text", "maximum": "3"}, "abcd"),
        ({"type": "text"}, 5),
        ({"type": "yes_no"}, "yes"),
        ({"type": "person"}, "nobody@example.org"),
        ({"type": "organisation"}, 999_999),
        ({"type": "service"}, -1),
        ({"type": "many", "options": "a\nb\nc", "maximum": "2"}, ["a", "b", "c"]),
        ({"type": "file"}, "a.txt"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(row, bad):
    definition = form({"label": "Question", "key": "question", **row})
    assert [name.removeprefix("answers.") for name in refused(definition, {"question": bad})] == ["question"]


def test_foreign_answers_are_refused():
    definition = form({"type": "text", "label": "Room", "key": "room"})
    assert "answers.price" in refused(definition, {"price": 1})
    posted = AnswersForm(definition, user=UserFactory(), data=MultiValueDict({"answer-price": ["1"]}))
    assert not posted.is_valid() and "price" in str(posted.errors)


def test_a_customer_names_only_people_around_them():
    organisation = OrganisationFactory()
    customer, colleague = UserFactory(organisation=organisation), UserFactory(organisation=organisation)
    stranger = UserFactory()
    definition = form({"type": "person", "label": "Who", "key": "who"})
    assert ask(definition, {"who": colleague.email}, customer)["who"] == colleague
    assert refused(definition, {"who": stranger.email}, customer)


def test_a_pattern_that_never_ends_is_given_up():
    definition = form({"type": "text", "label": "Evil", "key": "evil", "pattern": r"(a+)+b"})
    assert "evil" in refused(definition, {"evil": "a" * 200})


def test_files_are_checked_and_kept_ones_count():
    definition = form({"type": "file", "label": "Photo", "key": "photo", "required": True})
    user = UserFactory()
    files = MultiValueDict({"answer-photo": [SimpleUploadedFile("a.png", b"x"), SimpleUploadedFile("b.png", b"y")]})
    assert len(read_answers(AnswersForm(definition, user=user, data={}, files=files))["photo"]) == 2
    assert not AnswersForm(definition, user=user, data={}, files={}).is_valid()
    assert AnswersForm(definition, user=user, data={}, files={}, kept={"photo": ["kept"]}).is_valid()


def test_the_price_is_the_base_with_what_was_chosen():
    definition = form(*LAPTOP_FORM)
    values = ask(definition, {"model": "MacBook", "reason": "Films", "extras": ["Dock", "Insurance"]})
    assert price_of(Decimal(100), Decimal(2), definition, values, 3) == Price(Decimal(6840), Decimal(21))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"type": "choice"}, "Write the options"),
        ({"type": "choice", "options": "a\na"}, "there twice"),
        ({"type": "choice", "options": "a | lots"}, "no amount"),
        ({"type": "choice", "options": "a | -1"}, "no amount"),
        ({"type": "choice", "options": "a\nb", "default": "c"}, "none of the options"),
        ({"type": "text", "pattern": "("}, "cannot be read"),
        ({"type": "number", "pattern": "a"}, "Only a text"),
        ({"type": "number", "minimum": "9", "maximum": "2"}, "above the upper"),
        ({"type": "date", "minimum": "soon"}, "a date such as"),
        ({"type": "yes_no", "minimum": "1"}, "no such limit"),
        ({"type": "text", "show_if": "nothing is 5"}, "nothing called"),
        ({"type": "text", "key": "a", "show_if": "a is x"}, "in a circle"),
        ({"type": "person", "default": "you"}, "Only “me”"),
    ],
)
def test_a_form_that_cannot_work_says_where_and_why(row, says):
    definition = form({"type": "text", "label": "First", "key": "first"}, {"label": "Second", **row})
    assert says in " ".join(definition.problems[1])


def test_conditions_in_a_circle_are_refused():
    definition = form(
        {"type": "yes_no", "label": "A", "key": "a", "show_if": "b is yes"},
        {"type": "yes_no", "label": "B", "key": "b", "show_if": "a is yes"},
    )
    assert "in a circle" in str(definition.problems)


def test_keys_follow_from_questions_and_are_never_the_same():
    definition = form(
        {"type": "text", "label": "Où habitez-vous ?"},
        {"type": "text", "label": "Ou habitez vous"},
        {"type": "text", "label": "?"},
    )
    assert list(definition.questions) == ["ou_habitez_vous", "ou_habitez_vous_2", "question"]


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.one_of(
            st.none(),
            st.booleans(),
            st.floats(),
            st.text(max_size=20),
            st.lists(st.text(max_size=5), max_size=3),
            st.integers(),
        ),
    )
)
def test_any_json_is_read_or_refused(answers):
    definition = form(*LAPTOP_FORM)
    try:
        values = read_answers(AnswersForm(definition, user=UserFactory.build(), data=to_data(definition, answers)))
    except Invalid as error:
        assert error.fields
    else:
        assert values["model"] in ("ThinkPad", "MacBook")
