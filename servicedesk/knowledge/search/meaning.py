"""What the words of a question may mean: themselves, what they were meant to be, and what means the same."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import regex
from django.core.cache import caches
from django.db import connection
from rapidfuzz.distance import OSA

from servicedesk.text import clean_text

from ..languages import config
from ..models import Synonyms, Word

MOST_TOKENS = 12
MOST_CORRECTIONS = 3
#: How much an alternative counts beside the word itself.
CORRECTED, SAME, JOINED = 0.8, 0.85, 0.9
_TOKEN = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}'’+#.-]*")


@dataclass
class Token:
    """One word of a question."""

    word: str
    is_last: bool
    known: bool = False
    corrections: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)

    def alternatives(self) -> list[tuple[str, float, bool]]:
        """(words, weight, as a beginning) of everything it may mean, itself first."""
        beginning = len(self.word) >= 3 and (self.is_last or len(self.word) >= 5)
        found = [(self.word, 1.0, False)]
        if beginning:
            found.append((self.word, 0.9 if self.is_last else 0.7, True))
        found += [(word, CORRECTED, False) for word in self.corrections]
        found += [(phrase, SAME, False) for phrase in self.same]
        return found + [(word, JOINED, False) for word in self.joined]


def words_of(text: str) -> list[str]:
    """The words of a question in lower case, at most MOST_TOKENS, each once."""
    found = (
        match.group().strip(".'’-").lower()[:40] for match in _TOKEN.finditer(clean_text(text, one_line=True)[:400])
    )
    return list(dict.fromkeys(word for word in found if word))[:MOST_TOKENS]


def languages_used() -> list[str]:
    """The languages that the word list has; looked up once a minute."""
    near = caches["near"]
    known: list[str] | None = near.get("knowledge:languages")
    if not known:
        known = list(Word.objects.order_by("language").values_list("language", flat=True).distinct())
        near.set("knowledge:languages", known, 60)
    return known


def groups() -> list[list[str]]:
    """The admin's synonyms."""
    return [row.phrases for row in Synonyms.objects.all()[:2000]]


_KNOWN = """
    SELECT DISTINCT t.word FROM unnest(%(words)s::text[]) t(word)
    CROSS JOIN unnest(%(languages)s::text[], %(configs)s::text[]) l(code, config)
    WHERE cardinality(tsvector_to_array(to_tsvector(l.config::regconfig, t.word))) = 0
       OR EXISTS (SELECT 1 FROM knowledge_word w WHERE w.language = l.code
                  AND w.stem = (tsvector_to_array(to_tsvector(l.config::regconfig, t.word)))[1])
       OR (t.word = %(last)s AND length(t.word) >= 3 AND EXISTS
           (SELECT 1 FROM knowledge_word w WHERE w.word LIKE replace(replace(unaccent(t.word), '%%', ''), '_', '') || '%%'))
"""
_NEAR = """
    SELECT t.word, w.word, sum(w.n)::int FROM unnest(%(words)s::text[]) t(word) JOIN knowledge_word w
      ON (w.word %% unaccent(t.word) OR (left(w.word, 1) = left(unaccent(t.word), 1) AND abs(length(w.word) - length(t.word)) <= 1))
    WHERE (%(all)s OR w.n_open > 0) AND abs(length(w.word) - length(t.word)) <= 3
    GROUP BY t.word, w.word
"""


def allowed(length: int) -> int:
    """How many letters of a word may be wrong."""
    return 0 if length < 3 else 1 if length <= 5 else 2 if length <= 9 else 3


def read(text: str, *, for_agents: bool) -> list[Token]:
    """The question's words with what they may mean; at most three queries.

    A word is corrected when no article has it; customers get only words of articles that every customer reads.
    """
    words = words_of(text)
    if not words:
        return []
    tokens = [Token(word, word == words[-1] and not text.endswith(" ")) for word in words]
    languages = languages_used()
    pairs = {f"{a}{b}": (a, b) for a, b in itertools.pairwise(words) if len(a + b) <= 40}
    if languages:
        with connection.cursor() as cursor:
            cursor.execute(
                _KNOWN,
                {"words": [*words, *pairs], "languages": languages, "configs": [config(c) for c in languages], "last": words[-1]},
            )  # fmt: skip
            known = {row[0] for row in cursor.fetchall()}
        whole = set(Word.objects.filter(word__in=list(pairs)).values_list("word", flat=True)) if pairs else set()
        for token in tokens:
            token.known = token.word in known
            token.joined = [pair for pair, parts in pairs.items() if pair in whole and token.word in parts]
        unknown = [token for token in tokens if not token.known and len(token.word) >= 3]
        if unknown:
            _correct(unknown, for_agents)
    _same(tokens, words)
    return tokens


def _correct(tokens: list[Token], for_agents: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, {"words": [token.word for token in tokens], "all": for_agents})
        rows = cursor.fetchall()
    near: dict[str, list[tuple[int, int, str]]] = {}
    for word, other, n in rows:
        distance = OSA.distance(word, other, score_cutoff=allowed(len(word)))
        if distance <= allowed(len(word)):
            near.setdefault(word, []).append((distance, -n, other))
    for token in tokens:
        found = sorted(near.get(token.word, []))
        best = found[0][0] if found else 0
        token.corrections = [other for distance, _n, other in found if distance <= best + 1][:MOST_CORRECTIONS]


def _same(tokens: list[Token], words: list[str]) -> None:
    """Add synonyms: of a word, of a phrase, of what a word was corrected to."""
    text = f" {' '.join(words)} "
    for phrases in groups():
        for phrase in phrases:
            parts = phrase.split()
            if len(parts) > 1 and f" {phrase} " in text:
                meant = [token for token in tokens if token.word in parts]
            else:
                meant = [token for token in tokens if phrase == token.word or phrase in token.corrections]
            for token in meant:
                token.same += [other for other in phrases if other != phrase and other not in token.same]


def corrected(tokens: list[Token]) -> str:
    """The question as it was probably meant, or nothing where every word is known."""
    if not any(token.corrections for token in tokens):
        return ""
    return " ".join(token.corrections[0] if token.corrections else token.word for token in tokens)
