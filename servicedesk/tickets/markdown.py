"""Markdown to safe HTML: markdown-it-py renders, nh3 cleans."""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt


def parser() -> MarkdownIt:
    """What reads Markdown here: CommonMark with tables, no HTML."""
    return MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False}).enable(
        ["table", "strikethrough"]
    )


_markdown = parser()

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def render(text: str) -> str:
    """Safe HTML of a message; images are not loaded from elsewhere, links open without a referrer."""
    return cleaned(_markdown.render(text))


def cleaned(html: str, *, images: bool = False) -> str:
    """HTML with nothing in it that could harm; pictures only where asked for."""
    own: dict[str, set[str]] = {"img": {"src", "alt", "title", "loading"}} if images else {}
    return nh3.clean(
        html,
        tags=TAGS | set(own),
        attributes={"a": {"href", "title"}, "ol": {"start"}, **own},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
