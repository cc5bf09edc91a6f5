"""Text from strangers, made safe to store and to show in a line."""

from __future__ import annotations

import re
import unicodedata

#: Characters that reorder or hide what a reader sees (Unicode's bidi controls), and NUL's company.
_DECEPTIVE = re.compile("[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff]")


def clean_text(value: str, *, one_line: bool = False) -> str:
    """``value`` without control characters and bidi overrides, in Unicode's composed form.

    Right-to-left text stays; only what forces a direction on its surroundings
    goes. With ``one_line`` white space folds to single spaces.
    """
    text = _DECEPTIVE.sub("", unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")))
    # A lone surrogate (from JSON's escapes) cannot be stored as UTF-8.
    text = text.encode("utf-8", "ignore").decode()
    return " ".join(text.split()) if one_line else text.strip()


def asked(value: str | None, limit: int = 200) -> str:
    """What somebody typed into a search field: one line of at most ``limit`` characters."""
    return " ".join((value or "").replace("\x00", "").split())[:limit]


def csv_cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
