"""Conditions: what can be written, what is refused, and that they mean what they say."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk import conditions
from servicedesk.conditions import ConditionError, Kind, holds, read

KNOWN = {
    "price": Kind("number"), "model": Kind("choice", ("ThinkPad", "MacBook Pro 14″")), "extras": Kind("many", ("Dock", "Mouse")),
    "new": Kind("yes_no"), "day": Kind("date"), "note": Kind("text"), "boss": Kind("reference"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("", {}, True),
        ("price over 500", {"price": Decimal("500.01")}, True),
        ("price over 500", {"price": Decimal(500)}, False),
        ("price at least 500", {"price": Decimal(500)}, True),
        ("price under 3", {}, False),
        ("price is not 3", {}, True),
        ("model is MacBook Pro 14″", {"model": "MacBook Pro 14″"}, True),
        ('model = "macbook pro 14″"', {"model": "MacBook Pro 14″"}, True),  # taken as the option is written
        ("model is ThinkPad or price over 5 and new is yes", {"model": "ThinkPad"}, True),
        ("(model is ThinkPad or price over 5) and new is yes", {"model": "ThinkPad"}, False),
        ("extras has Dock", {"extras": ["Mouse", "Dock"]}, True),
        ("extras has Dock", {"extras": []}, False),
        ("not extras has Dock", {}, True),
        ("new is no", {"new": False}, True),
        ("new is no", {}, False),
        ("day before 2026-12-01", {"day": "2026-11-30"}, True),
        ("day after 2026-12-01", {"day": "2026-11-30"}, False),
        ("note is empty", {"note": ""}, True),
        ("note is not empty", {"note": "x"}, True),
        ("boss is not empty", {"boss": "Ann"}, True),
    ],
)
def test_what_a_condition_means(text, facts, expected):
    assert holds(read(text, KNOWN), facts) is expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prise over 5", "Did you mean “price”?"),
        ("model is Windows", "is never “Windows”"),
        ("model over 5", "is compared by"),
        ("price over cheap", "compared with a number"),
        ("day before tomorrow", "a date such as"),
        ("new is maybe", "yes or no"),
        ("extras is Dock", "has"),
        ("boss is Ann", "is empty"),
        ("price over", "not finished"),
        ("price over 5 6 )", "do not understand"),
        ("price over 123456789012345678", "too long"),
        ("x" * 600, "at most 500"),
        ("(" * 30 + "price over 5" + ")" * 30, "too deeply"),
        ("🙂", "do not understand"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(text, says):
    with pytest.raises(ConditionError, match="."):
        try:
            read(text, KNOWN)
        except ConditionError as error:
            assert says in str(error), str(error)
            raise


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_a_sentence(text):
    try:
        tree = read(text, KNOWN, loose="answer.")
    except ConditionError as error:
        assert str(error)
    else:
        assert holds(tree, {}) in (True, False)


def trees(names):
    test = st.builds(
        lambda name, op, value: ["test", name, op, value], st.sampled_from(names), st.sampled_from(conditions.OPERATORS),
        st.one_of(st.booleans(), st.integers(-5, 5), st.sampled_from(["a", "b", "2026-01-01"])),
    )  # fmt: skip
    return st.recursive(
        test,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: ["all", *parts]),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: ["any", *parts]),
            inner.map(lambda part: ["not", part]),
        ),
        max_leaves=6,
    )


values = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "a", "b", "2", "-3.5", "2026-01-01"]),
    st.lists(st.sampled_from(["a", "b"]), max_size=2),
)  # fmt: skip


@given(trees(["x", "y"]), st.dictionaries(st.sampled_from(["x", "y"]), values))
def test_not_is_the_opposite_and_any_is_all_turned_round(tree, facts):
    assert holds(["not", tree], facts) is not holds(tree, facts)
    if tree[0] == "any":
        assert holds(tree, facts) is not holds(["all", *(["not", part] for part in tree[1:])], facts)


def test_an_order_exists_unless_there_is_a_circle():
    assert conditions.order({"a": ["b"], "b": ["c"], "c": []}) == ["c", "b", "a"]
    with pytest.raises(ConditionError, match="a → b → a"):
        conditions.order({"a": ["b"], "b": ["a"]})
