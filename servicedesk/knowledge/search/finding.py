"""Finding articles, best first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language

from servicedesk.people import access
from servicedesk.text import clean_text
from servicedesk.tickets.search import START, STOP, highlighted

from ..languages import LANGUAGES, config
from ..models import Article, SearchedFor
from . import meaning

MOST = 20
#: So many different questions are remembered.
MOST_REMEMBERED = 20_000
#: An article must answer so much of the question: the share of what its words weigh, rare ones weighing more. A word
#: that stands in the text only answers six tenths of what it answers in the title.
LEAST = 0.27
#: The title and the words that authors gave, the summary, the text: ts_rank's weights D, C, B, A.
WEIGHTS = "{0.1, 0.3, 0.6, 1.0}"

_SCORES = """
    WITH t AS MATERIALIZED (
        SELECT u.i, u.language, u.own, u.w,
               CASE WHEN u.beginning THEN to_tsquery(u.config::regconfig, u.words || ':*')
                    ELSE phraseto_tsquery(u.config::regconfig, u.words) END AS q
        FROM unnest(%s::int[], %s::text[], %s::text[], %s::float8[], %s::bool[], %s::bool[], %s::text[])
             u(i, language, config, w, beginning, own, words)
    ), hits AS MATERIALIZED (
        SELECT a.id, t.language, t.i, max(t.w * (0.3 + 0.7 * least(1, ts_rank(%s::float4[], a.search, t.q) / 0.6079))) AS r
        FROM t JOIN knowledge_article a ON a.search @@ t.q AND a.language = t.language
        WHERE numnode(t.q) > 0 AND a.id IN ({visible})
        GROUP BY a.id, t.language, t.i
    ), counts AS (
        SELECT language, count(*)::float8 AS n FROM knowledge_article WHERE search IS NOT NULL GROUP BY language
    ), weights AS (
        SELECT asked.language, asked.i,
               CASE WHEN found.n IS NULL THEN %s * ln(1 + counts.n / 0.5) ELSE ln(1 + counts.n / found.n) END AS idf
        FROM (SELECT DISTINCT language, i FROM t WHERE own AND numnode(q) > 0) asked
        JOIN counts ON counts.language = asked.language
        LEFT JOIN (SELECT language, i, count(*) AS n FROM hits GROUP BY language, i) found
          ON found.language = asked.language AND found.i = asked.i
    ), totals AS (SELECT language, sum(idf) AS idf FROM weights GROUP BY language)
    SELECT h.id, sum(h.r * w.idf) AS score, sum(w.idf * least(1, h.r * 1.2)) / max(totals.idf) AS covered
    FROM hits h JOIN weights w ON w.language = h.language AND w.i = h.i JOIN totals ON totals.language = h.language
    GROUP BY h.id ORDER BY score DESC, h.id LIMIT 100
"""


@dataclass
class Found:
    """What a question found."""

    articles: list[Any] = field(default_factory=list)
    #: the question as it was probably meant, where a word was not known
    corrected: str = ""


def worth(article: Any, language: str) -> float:
    """What use and freshness make of an article's score, about 0.8 to 1.5; kept apart so that it can be explained.

    Use: how often it solved something or helped, by its logarithm. Freshness: half of a tenth is lost in about a year
    without publication or review. The reader's own language counts a sixth more.
    """
    used = article.solved + article.deflected + article.helped
    judged = article.helped + article.not_helped
    value = 1 + 0.05 * min(4.0, (used + 1).bit_length() - 1)
    value *= 1 - 0.2 * article.not_helped / (judged + 3)
    days = max(0.0, (timezone.now() - (article.updated_at or article.created_at)).total_seconds() / 86400)
    value *= 0.9 + 0.1 * 0.5 ** (days / 365)
    return value * (1.17 if article.language == language else 1.0)


def _missing(n: int) -> float:
    """How much a word weighs that no article has: in a whole sentence most are only the way somebody puts it."""
    return 1.0 if n <= 3 else 0.7 if n == 4 else 0.5


def find(
    user: Any, words: str, *, limit: int = 10, articles: Any = None, highlight: bool = True, least: float = LEAST
) -> Found:  # fmt: skip
    """Articles that ``user`` may read and ``words`` are about, best first; at most seven queries.

    Of an article and its translations the one in the reader's language is shown. ``articles`` narrows them further.
    """
    words = clean_text(words.replace("\x00", ""), one_line=True)[:200]
    tokens = meaning.read(words, for_agents=bool(user.is_authenticated and user.is_agent))
    languages = meaning.languages_used()
    if not tokens or not languages:
        return Found()
    rows = [
        (i, code, config(code), weight, beginning, position == 0, text.replace("'", " ").replace("\\", " "))
        for i, token in enumerate(tokens) for code in languages
        for position, (text, weight, beginning) in enumerate(token.alternatives())
    ]  # fmt: skip
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    # A beginning is one word: quoted, so that what stands in it means nothing to the parser.
    columns[6] = [f"'{text}'" if row[4] else text for row, text in zip(rows, columns[6], strict=True)]
    base = access.readable(user, articles if articles is not None else Article.objects.all())
    sql, params = base.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SCORES.replace("{visible}", sql), [*columns, WEIGHTS, *params, _missing(len(tokens))])
        scored = {pk: (score, covered) for pk, score, covered in cursor.fetchall() if covered >= least}
    shown = list(_rows(Article.objects.filter(pk__in=scored), words))
    language = (getattr(user, "language", "") or get_language() or "en")[:2]
    for row in shown:
        score, covered = scored[row.pk]
        row.score = score * (0.5 + 0.5 * covered) * (1 + 0.4 * row.alike) * worth(row, language)
        row.covered = covered
    shown.sort(key=lambda row: (-row.score, row.pk))
    shown = one_language(shown, language)[:limit]
    if highlight:
        _highlight(shown, tokens)
    return Found(shown, meaning.corrected(tokens))


def _rows(rows: Any, words: str) -> Any:
    return rows.select_related("category").defer("body", "search", "words").annotate(
        alike=TrigramWordSimilarity(words, "title")
    )  # fmt: skip


def in_language(rows: Any, language: str) -> Any:
    """Articles in ``language`` and originals: not what is only there for readers of another one."""
    return rows.filter(Q(language=language) | Q(translation_of=None))


def one_language(rows: list[Any], language: str) -> list[Any]:
    """Of an article and its translations, the one in ``language`` if it is there, else the first."""
    groups: dict[int, list[Any]] = {}
    for row in rows:
        groups.setdefault(row.translation_of_id or row.pk, []).append(row)
    chosen = {
        key: next((row for row in group if row.language == language), group[0]) for key, group in groups.items()
    }  # fmt: skip
    kept, seen = [], set()
    for row in rows:
        key = row.translation_of_id or row.pk
        if key not in seen:
            seen.add(key)
            kept.append(chosen[key])
    return kept


_HEADLINES = """
    SELECT a.id, ts_headline(x.config::regconfig, a.title, q.query, %s), ts_headline(x.config::regconfig, a.summary, q.query, %s)
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) x(id, config, words)
    JOIN knowledge_article a ON a.id = x.id, websearch_to_tsquery(x.config::regconfig, x.words) q(query)
"""


def _highlight(rows: list[Any], tokens: list[meaning.Token]) -> None:
    """Give each row ``hit_title`` and ``hit_text``, with what was found marked."""
    if not rows:
        return
    words = " or ".join(
        f'"{text}"' for token in tokens for text, _w, beginning in token.alternatives() if not beginning
    )
    words = words[:2000]
    options = f"StartSel={START}, StopSel={STOP}, HighlightAll=true"
    with connection.cursor() as cursor:
        ids, configs = [row.pk for row in rows], [config(row.language) for row in rows]
        cursor.execute(_HEADLINES, [options, options, ids, configs, [words] * len(rows)])
        texts: dict[int, tuple[str, str]] = {pk: (title, text) for pk, title, text in cursor.fetchall()}
    for row in rows:
        title, text = texts[row.pk]
        row.hit_title, row.hit_text = highlighted(title), highlighted(text)


def remember(words: str, n_found: int, language: str) -> None:
    """Count a question that was sent off, and whether anything was found; nobody's name is kept with it."""
    words = " ".join(meaning.words_of(words))[:200]
    if not words or language not in LANGUAGES:
        return
    now = timezone.now()
    row = SearchedFor.objects.filter(words=words, language=language).first()
    if row is None:
        # Strangers may search as well: what they send does not fill the table.
        if SearchedFor.objects.count() >= MOST_REMEMBERED:
            return
        row, _new = SearchedFor.objects.get_or_create(words=words, language=language, defaults={"first_at": now})
    values: dict[str, Any] = {"n": F("n") + 1, "last_at": now}
    if not n_found:
        values |= {"n_nothing": F("n_nothing") + 1, "done_at": None}
    SearchedFor.objects.filter(pk=row.pk).update(**values)


def in_vain(limit: int = 100) -> Any:
    """What was searched without finding anything and nobody has dealt with, most often first."""
    return SearchedFor.objects.filter(n_nothing__gt=0, done_at=None).order_by("-n_nothing", "-last_at")[:limit]
