"""What people write is shown with its formatting and without its dangers."""

import re

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.text import clean_text
from servicedesk.tickets.markdown import TAGS, render


def test_the_usual_formatting_works():
    html = render("# Title\n\n**bold** `code`\n\n- one\n- two\n\n|a|b|\n|-|-|\n|1|2|\n\nline\nbreak")
    for tag in ("h1", "strong", "code", "ul", "li", "table", "br"):
        assert f"<{tag}" in html


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://evil.example/pixel.png)",
     '<a href="x" onclick="alert(1)">x</a>', "[x](data:text/html,<script>)", "<iframe src=x>", "<style>*{}</style>"],
)  # fmt: skip
def test_hostile_text_does_no_harm(text):
    html = render(text)
    assert not re.search(r"<(script|iframe|style|img|svg)|href=\"(javascript|data):", html, re.IGNORECASE)
    assert not re.search(r"<[^>]*\son\w+=", html)


@given(st.text(alphabet=st.sampled_from(list("<>[]()!*_`#\"'=/&;:\\ \nabjs")) | st.characters(), max_size=200))
def test_rendering_never_yields_more_than_the_allowed_tags(text):
    html = render(clean_text(text))
    assert nh3.clean(html, tags=TAGS, attributes={"a": {"href", "title"}, "ol": {"start"}},
                     url_schemes={"http", "https", "mailto", "tel"}, link_rel="noopener noreferrer nofollow") == html  # fmt: skip


@given(st.text(max_size=300))
def test_clean_text_is_safe_to_store_and_stable(text):
    clean = clean_text(text)
    assert clean == clean_text(clean)
    clean.encode()
    assert not set(clean) & set("\x00\u202e\u2066\r")
    assert "\n" not in clean_text(text, one_line=True)


def test_right_to_left_text_stays():
    assert clean_text("سارة الحسن\u202e") == "سارة الحسن"
