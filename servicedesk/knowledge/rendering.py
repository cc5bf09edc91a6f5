"""An article's Markdown: its own pictures, links to other articles, nothing from elsewhere that loads by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it.token import Token

from servicedesk.tickets.markdown import cleaned, parser

_markdown = parser()
#: ``![the dialog](image:12)`` and ``[how to connect](KB-1001)``
_IMAGE = re.compile(r"^image:(\d{1,17})$")
_ARTICLE = re.compile(r"^(KB-\d{1,12})$", re.IGNORECASE)


def _inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        if token.children:
            yield from _inline(token.children)


def render(text: str) -> SafeString:
    """Safe HTML of an article's text. Headings begin at the second level: the first is the article's title."""
    tokens = _markdown.parse(text)
    for token in _inline(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + (token.tag == 'h1'), 4)}"
        elif token.type == "link_open" and (found := _ARTICLE.match(str(token.attrGet("href") or ""))):
            token.attrSet("href", reverse("knowledge:article", args=[found[1].upper()]))
        elif token.type == "image":
            found = _IMAGE.match(str(token.attrGet("src") or ""))
            if found:
                token.attrSet("src", reverse("knowledge:image", args=[int(found[1])]))
                token.attrSet("loading", "lazy")
            else:  # its words stay, it does not load
                token.type, token.tag, token.attrs = "text", "", {}
                token.content, token.children = token.content or "", None
    return mark_safe(cleaned(_markdown.renderer.render(tokens, _markdown.options, {}), images=True))  # noqa: S308


def images_in(text: str) -> tuple[set[int], list[str]]:
    """The article's own pictures that a text shows, and sources that are none of them."""
    own: set[int] = set()
    foreign: list[str] = []
    for token in _inline(_markdown.parse(text)):
        if token.type == "image":
            source = str(token.attrGet("src") or "")
            if found := _IMAGE.match(source):
                own.add(int(found[1]))
            else:
                foreign.append(source)
    return own, foreign


def articles_in(text: str) -> set[str]:
    """The numbers of articles that a text links to."""
    links = (token for token in _inline(_markdown.parse(text)) if token.type == "link_open")
    return {found[1].upper() for link in links if (found := _ARTICLE.match(str(link.attrGet("href") or "")))}


def plain(text: str) -> str:
    """The words of a text, without its Markdown: for search and for beginnings."""
    parts: list[str] = []
    for token in _inline(_markdown.parse(text)):
        if token.type in ("text", "code_inline", "fence", "code_block"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak") or token.type.endswith("_close"):
            parts.append("\n" if token.block else " ")
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"[ \t]+", " ", "".join(parts))).strip()


def outside(text: str, site: str) -> str:
    """The text for a message: pictures become words, links to articles become addresses of ``site``."""

    def link(match: re.Match[str]) -> str:
        return f"]({site}{reverse('knowledge:article', args=[match[1].upper()])})"

    text = re.sub(r"!\[([^\]\n]*)\]\(image:\d+[^)\n]*\)", lambda m: f"({m[1] or _('picture')})", text)
    return re.sub(r"\]\((KB-\d{1,12})\)", link, text, flags=re.IGNORECASE)


def first_words(text: str, length: int = 200) -> str:
    """The beginning of a text as a sentence or so."""
    words = " ".join(line for line in plain(text).split("\n") if line)
    return words if len(words) <= length else words[: length - 1].rsplit(" ", 1)[0] + "…"
