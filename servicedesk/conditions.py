"""Conditions over named values: ``price over 500 and model is "MacBook"``.

Forms show questions by them, approval plans ask for steps by them. A condition
is read once (:func:`parse`), checked against the names it may use
(:func:`check`) and kept as JSON, which :func:`holds` here and
``static/js/conditions.js`` in the browser read alike (a test holds them equal).

The tree: ``["all", …]``, ``["any", …]``, ``["not", tree]``,
``["test", name, operator, value]`` with the operators of OPERATORS. An empty
value is never equal, larger, smaller, and has nothing.
"""

from __future__ import annotations

import datetime
import difflib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, VisitError

Tree = list[Any]

MAX_LENGTH = 500  # characters
#: Larger numbers are not exact in the browser.
MAX_DIGITS = 14
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "has", "empty")
_NUMERIC = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_WORDS = {
    "==": "=", "equals": "=", "over": ">", "above": ">", "under": "<", "below": "<", "atleast": ">=",
    "atmost": "<=", "before": "<", "after": ">", "contains": "has",
}  # fmt: skip

_GRAMMAR = r"""
?start: either
?either: both (OR both)*
?both: negated (AND negated)*
?negated: NOT negated -> negation
        | "(" either ")"
        | test
test: NAME IS NOT EMPTY -> filled
    | NAME IS EMPTY -> empty
    | NAME IS NOT value -> differs
    | NAME IS value -> equals
    | NAME operator value -> compare
operator: SIGN | WORD_OPERATOR | AT_LEAST | AT_MOST
value: STRING | WORD+
SIGN: "<=" | ">=" | "!=" | "==" | "=" | "<" | ">"
AND.5: /and\b/i
OR.5: /or\b/i
NOT.5: /not\b/i
IS.5: /is\b/i
EMPTY.5: /empty\b/i
WORD_OPERATOR.4: /(equals|over|above|under|below|before|after|has|contains)\b/i
AT_LEAST.4: /at\s+least\b/i
AT_MOST.4: /at\s+most\b/i
STRING: /"[^"]{0,200}"/ | /“[^”]{0,200}”/ | /'[^']{0,200}'/
WORD: /[^\s()"“'<>=!]+/
NAME: /[a-zA-Z_][a-zA-Z0-9_.]*/
%ignore /\s+/
"""


class ConditionError(ValueError):
    """The condition cannot be used; the text is a sentence for whoever wrote it."""


@dataclass(frozen=True)
class Kind:
    """What a name stands for."""

    type: str  #: text, number, date, choice, many, yes_no, reference
    options: tuple[str, ...] = ()


@functools.cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr")


class _Builder(Transformer[Token, Any]):
    def either(self, parts: list[Any]) -> Tree:
        return ["any", *(part for part in parts if not isinstance(part, Token))]

    def both(self, parts: list[Any]) -> Tree:
        return ["all", *(part for part in parts if not isinstance(part, Token))]

    def negation(self, parts: list[Any]) -> Tree:
        return ["not", parts[1]]

    def filled(self, parts: list[Any]) -> Tree:
        return ["not", ["test", str(parts[0]), "empty", None]]

    def empty(self, parts: list[Any]) -> Tree:
        return ["test", str(parts[0]), "empty", None]

    def differs(self, parts: list[Any]) -> Tree:
        return ["test", str(parts[0]), "!=", parts[3]]

    def equals(self, parts: list[Any]) -> Tree:
        return ["test", str(parts[0]), "=", parts[2]]

    def compare(self, parts: list[Any]) -> Tree:
        return ["test", str(parts[0]), parts[1], parts[2]]

    def operator(self, parts: list[Any]) -> str:
        word = "".join(str(parts[0]).lower().split())
        return _WORDS.get(word, word)

    def value(self, parts: list[Any]) -> Any:
        if parts[0].type == "STRING":
            return str(parts[0])[1:-1]
        text = " ".join(str(part) for part in parts)
        if _NUMERIC.fullmatch(text):
            return _number(text)
        return {"yes": True, "no": False}.get(text.lower(), text)


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if len(number.as_tuple().digits) > MAX_DIGITS:
        raise ConditionError(_("The number %(number)s is too long.") % {"number": text[:30]})
    return number


def parse(text: str) -> Tree | None:
    """The tree of a condition, its values as they were written; None for an empty one. Raises ConditionError."""
    text = text.strip()
    if not text:
        return None
    if len(text) > MAX_LENGTH:
        raise ConditionError(_("A condition has at most %(n)d characters.") % {"n": MAX_LENGTH})
    if text.count("(") > 20 or text.lower().count("not") > 20:
        raise ConditionError(_("This condition is nested too deeply."))
    try:
        return _Builder().transform(_parser().parse(text))
    except (UnexpectedEOF, UnexpectedCharacters, UnexpectedInput) as error:
        column = getattr(error, "column", -1)
        if getattr(getattr(error, "token", None), "type", "") == "$END":
            column = 0
        rest = text[max(column - 1, 0) :][:20] if column and column > 0 else ""
        if rest:
            raise ConditionError(_("I do not understand this from “%(rest)s” on.") % {"rest": rest}) from None
        raise ConditionError(_("The condition is not finished. An example: price over 500")) from None
    except VisitError as error:
        if isinstance(error.orig_exc, ConditionError):
            raise error.orig_exc from None
        raise


def names(tree: Tree | None) -> set[str]:
    """Every name the condition asks about."""
    if tree is None:
        return set()
    if tree[0] == "test":
        return {tree[1]}
    return set().union(*(names(part) for part in tree[1:]))


def check(tree: Tree | None, known: Mapping[str, Kind], *, loose: str | None = None) -> Tree | None:
    """The tree with values as JSON keeps them; raises ConditionError for a name, operator or value that cannot be.

    Names that start with ``loose`` (``"answer."``) are taken as they come.
    """
    if tree is None:
        return None
    if tree[0] != "test":
        return [tree[0], *(check(part, known, loose=loose) for part in tree[1:])]
    _test, name, operator, value = tree
    if name not in known:
        if loose and name.startswith(loose) and len(name) > len(loose):
            return ["test", name, operator, _plain(value)]
        near = difflib.get_close_matches(name, list(known), n=1)
        hint = " " + _("Did you mean “%(name)s”?") % {"name": near[0]} if near else ""
        raise ConditionError(_("There is nothing called “%(name)s” here.") % {"name": name[:60]} + hint)
    return ["test", name, operator, _fit(name, known[name], operator, value)]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _fit(name: str, kind: Kind, operator: str, value: Any) -> Any:
    if operator == "empty":
        return None
    allowed = {
        "text": ("=", "!="), "choice": ("=", "!="), "yes_no": ("=", "!="), "many": ("has",), "reference": (),
        "number": ("=", "!=", "<", "<=", ">", ">="), "date": ("=", "!=", "<", "<=", ">", ">="),
    }[kind.type]  # fmt: skip
    if operator not in allowed:
        ways = ", ".join([*allowed, "is empty"])
        raise ConditionError(_("“%(name)s” is compared by: %(ways)s.") % {"name": name, "ways": ways})
    if kind.type == "number":
        if not isinstance(value, Decimal):
            raise ConditionError(_("“%(name)s” is compared with a number.") % {"name": name})
        return _plain(value)
    if kind.type == "date":
        try:
            return datetime.date.fromisoformat(str(value)).isoformat()
        except ValueError:
            raise ConditionError(_("“%(name)s” is compared with a date such as 2026-12-31.") % {"name": name}) from None
    if kind.type == "yes_no":
        if not isinstance(value, bool):
            raise ConditionError(_("“%(name)s” is yes or no.") % {"name": name})
        return value
    text = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else None
    text = text or str(value)
    if kind.options:
        found = next((option for option in kind.options if option.lower() == text.lower()), None)
        if found is None:
            raise ConditionError(
                _("“%(name)s” is never “%(value)s”; there is: %(options)s.")
                % {"name": name, "value": text[:60], "options": ", ".join(kind.options[:20])}
            )
        return found
    return text


def read(text: str, known: Mapping[str, Kind], *, loose: str | None = None) -> Tree | None:
    """Parse and check in one go."""
    return check(parse(text), known, loose=loose)


def is_empty(value: Any) -> bool:
    """What an unanswered question is."""
    return value is None or value == "" or value == []


def holds(tree: Tree | None, facts: Mapping[str, Any]) -> bool:
    """Whether the condition is true of ``facts``: text, Decimal or number, ISO date, bool, list of text, or None.

    No condition holds always.
    """
    if tree is None:
        return True
    match tree[0]:
        case "all":
            return all(holds(part, facts) for part in tree[1:])
        case "any":
            return any(holds(part, facts) for part in tree[1:])
        case "not":
            return not holds(tree[1], facts)
    _test, name, operator, wanted = tree
    return _compare(facts.get(name), operator, wanted)


def _compare(value: Any, operator: str, wanted: Any) -> bool:
    if is_empty(value):
        return operator in ("empty", "!=")
    if operator == "empty":
        return False
    if operator == "has":
        return isinstance(value, list) and wanted in value
    if isinstance(wanted, bool) or isinstance(value, bool):
        same = isinstance(value, bool) and isinstance(wanted, bool) and value == wanted
        return same if operator == "=" else operator == "!=" and not same
    if isinstance(wanted, int | float):
        text = str(value).strip()
        if not _NUMERIC.fullmatch(text):
            return operator == "!="
        return _ordered(Decimal(text), operator, Decimal(str(wanted)))
    if not isinstance(value, str):
        return operator == "!="
    return _ordered(value, operator, wanted)


def _ordered(a: Any, operator: str, b: Any) -> bool:
    match operator:
        case "=":
            return a == b
        case "!=":
            return a != b
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
    return a >= b


def order(depends: Mapping[str, Iterable[str]]) -> list[str]:
    """The names so that each comes after what it depends on; raises ConditionError naming a circle.

    Names that are depended on but have no entry of their own count for nothing.
    """
    done: dict[str, None] = {}
    path: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in path:
            circle = " → ".join([*path[path.index(name) :], name])
            raise ConditionError(_("These depend on each other in a circle: %(circle)s.") % {"circle": circle})
        path.append(name)
        for other in depends[name]:
            if other in depends:
                visit(other)
        path.pop()
        done[name] = None

    for name in depends:
        visit(name)
    return list(done)
