"""Two texts side by side, line by line, with the changed words marked."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

MOST_LINES = 4000


@dataclass
class Row:
    """One line of each side; ``kind`` is same, changed, added or removed."""

    kind: str
    left: SafeString
    right: SafeString
    left_number: int | None
    right_number: int | None


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\w+|[^\w\s]", text)


def _marked(parts: list[str], others: list[str], tag: str) -> SafeString:
    """``parts`` escaped, with what ``others`` does not have in ``tag``."""
    out = []
    for op, i1, i2, _j1, _j2 in difflib.SequenceMatcher(None, parts, others, autojunk=False).get_opcodes():
        text = escape("".join(parts[i1:i2]))
        out.append(f"<{tag}>{text}</{tag}>" if op != "equal" and text else str(text))
    return mark_safe("".join(out))  # noqa: S308 (every part is escaped)


def _pair(left: str | None, right: str | None, i: int | None, j: int | None) -> Row:
    if left is None or right is None:
        kind = "added" if left is None else "removed"
        return Row(kind, escape(left or ""), escape(right or ""), i, j)
    if len(left) + len(right) > 4000:  # word by word costs too much
        return Row("changed", escape(left), escape(right), i, j)
    a, b = _words(left), _words(right)
    return Row("changed", _marked(a, b, "del"), _marked(b, a, "ins"), i, j)


def side_by_side(old: str, new: str, *, context: int = 3) -> list[Row | None]:
    """The lines of both, with ``context`` same ones around each change; None stands for lines left out."""
    a, b = old.split("\n")[:MOST_LINES], new.split("\n")[:MOST_LINES]
    rows: list[Row | None] = []
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(context)):
        if number or group[0][1] > 0 or group[0][3] > 0:
            rows.append(None)
        for op, i1, i2, j1, j2 in group:
            if op == "equal":
                rows += [
                    Row("same", escape(a[i]), escape(b[j]), i + 1, j + 1)
                    for i, j in zip(range(i1, i2), range(j1, j2), strict=True)
                ]
                continue
            for k in range(max(i2 - i1, j2 - j1)):
                i, j = i1 + k, j1 + k
                rows.append(
                    _pair(
                        a[i] if i < i2 else None, b[j] if j < j2 else None, i + 1 if i < i2 else None,
                        j + 1 if j < j2 else None,
                    )
                )  # fmt: skip
    return rows
