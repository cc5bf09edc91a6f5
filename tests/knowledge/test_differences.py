"""Two texts side by side: nothing is lost and nothing is taken for HTML."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.knowledge.differences import side_by_side

lines = st.lists(st.sampled_from(["", "a", "a b", "a <b>", "c & d", "long line of words", "ü"]), max_size=14).map(
    "\n".join
)


def text(cell):
    return html.unescape(re.sub(r"</?(ins|del)>", "", str(cell)))


@given(lines, lines)
def test_both_texts_can_be_read_from_the_rows(old, new):
    rows = [row for row in side_by_side(old, new, context=10_000) if row is not None]
    if old == new:
        assert rows == []
        return
    assert "\n".join(text(row.left) for row in rows if row.left_number) == old
    assert "\n".join(text(row.right) for row in rows if row.right_number) == new
    assert all(row.kind != "same" or str(row.left) == str(row.right) for row in rows)


def test_changed_words_are_marked():
    row = side_by_side("Press the <red> button", "Press the green button")[0]
    assert str(row.left) == "Press the <del>&lt;red&gt;</del> button"
    assert str(row.right) == "Press the <ins>green</ins> button"


def test_what_is_far_from_a_change_is_left_out():
    old = "\n".join(str(n) for n in range(100))
    rows = side_by_side(old, old.replace("50", "fifty"))
    assert rows[0] is None and len(rows) == 8
