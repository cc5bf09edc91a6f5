"""The desk's search language: one text, one tree, two readings.

``priority<=2 (service:payroll or tag:vip) -is:waiting "cannot log in"``: terms
stand for *and*; ``or``, ``and``, ``not``, ``-`` and brackets do what they say;
``field:value`` with ``:`` ``<`` ``<=`` ``>`` ``>=``, several values with
commas; quotes hold words together. :func:`parse` makes the tree, :func:`resolve`
turns names into what the database has, and then :func:`condition` reads it as an
indexed query and :func:`holds` as the truth for one ticket. A property test
holds the two equal.
"""

from .errors import LanguageError
from .explaining import why_not
from .fields import FACTS, facts_of
from .grammar import parse
from .possible import can_hold
from .readings import condition, holds
from .resolving import resolve, words
from .tree import EVERYTHING, Node, from_json, to_json

__all__ = [
    "EVERYTHING", "FACTS", "LanguageError", "Node", "can_hold", "condition", "facts_of", "from_json", "holds", "parse",
    "resolve", "to_json", "why_not", "words",
]  # fmt: skip
