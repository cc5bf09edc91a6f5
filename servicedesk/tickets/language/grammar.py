"""From text to tree."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, VisitError

from .errors import LanguageError
from .tree import EVERYTHING, All, Any_, Node, Not, Term, Words

MAX_LENGTH = 1000
MAX_TERMS = 60
MAX_DEPTH = 12

GRAMMAR = r"""
start: any
?any: all (_OR all)*
?all: one (_AND? one)*
?one: "-" one -> negated
    | _NOT one -> negated
    | "(" any ")"
    | FIELD (QUOTED | VALUE) -> term
    | QUOTED -> quoted
    | WORD -> word

FIELD.3: /[a-zA-Z_]+(<=|>=|:|<|>)/
_OR.2: /or(?=[\s(")-]|$)/i
_AND.2: /and(?=[\s(")-]|$)/i
_NOT.2: /not(?=[\s("-])/i
QUOTED: /"[^"]*"/
VALUE.-1: /[^\s()"]+/
WORD: /[^\s()"-][^\s()"]*/
%ignore /\s+/
"""

_lark = Lark(GRAMMAR, parser="lalr", propagate_positions=True)


@v_args(inline=True)
class _Build(Transformer[Token, Node]):
    def start(self, node: Node) -> Node:
        return node

    def any(self, *parts: Node) -> Node:
        return Any_(parts)

    def all(self, *parts: Node) -> Node:
        return All(parts)

    def negated(self, part: Node) -> Node:
        return Not(part)

    def term(self, field: Token, value: Token) -> Node:
        name = field.rstrip(":<>=")
        quoted = value.type == "QUOTED"
        values = (value[1:-1],) if quoted else tuple(part for part in value.split(",") if part)
        if not values or not all(part.strip() for part in values):
            raise LanguageError(_("“%(field)s” needs a value.") % {"field": field}, field.column or 0)
        return Term(name.lower(), field[len(name) :], values, field.column or 0)

    def quoted(self, text: Token) -> Node:
        if not text[1:-1].strip():
            raise LanguageError(_("There is nothing between these quotes."), text.column or 0)
        return Words(text[1:-1], quoted=True)

    def word(self, text: Token) -> Node:
        return Words(str(text))


def _size(node: Node, depth: int = 1) -> int:
    if depth > MAX_DEPTH:
        raise LanguageError(_("Too many brackets inside each other."))
    match node:
        case All(parts) | Any_(parts):
            return sum(_size(part, depth + 1) for part in parts)
        case Not(part):
            return _size(part, depth + 1)
        case Term(values=values):
            return len(values)
    return 1


def parse(text: str) -> Node:
    """The tree of a text, its names not yet looked up; nothing written means everything. Raises LanguageError."""
    if len(text) > MAX_LENGTH:
        raise LanguageError(_("At most %(limit)d characters.") % {"limit": MAX_LENGTH})
    if not text.strip():
        return EVERYTHING
    if text.count("(") + text.count("-") > 4 * MAX_TERMS:
        raise LanguageError(_("Too many brackets inside each other."))
    try:
        node: Any = _Build().transform(_lark.parse(text))
    except VisitError as error:
        if isinstance(error.orig_exc, LanguageError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise LanguageError(_explained(error, text), getattr(error, "column", 0) or 0) from None
    if _size(node) > MAX_TERMS:
        raise LanguageError(_("At most %(limit)d conditions.") % {"limit": MAX_TERMS})
    return node  # type: ignore[no-any-return]


def _explained(error: UnexpectedInput, text: str) -> str:
    token = getattr(error, "token", None)
    if text.count('"') % 2:
        return _("A quote is opened and not closed.")
    if text.count("(") > text.count(")"):
        return _("A bracket is opened and not closed.")
    if text.count(")") > text.count("("):
        return _("A bracket is closed and was not opened.")
    if isinstance(error, UnexpectedEOF) or (token is not None and token.type == "$END"):
        return _("Something is missing at the end.")
    at = error.char if isinstance(error, UnexpectedCharacters) else str(token)
    return _("“%(part)s” at column %(column)d cannot stand there.") % {"part": at[:40], "column": error.column}
