"""What articles are found by, and the list of their words."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from servicedesk.tickets.outbox import is_silent

from ..languages import LANGUAGES, config
from ..models import Article, Word

#: PostgreSQL's configuration for words as they are: lower case, no accents, no stems.
PLAIN = "knowledge_plain"
_LOCK = 5_110_601  # of the word list, for pg_advisory_xact_lock

_INDEX = """
    UPDATE knowledge_article a SET
        search = setweight(to_tsvector(%(config)s::regconfig, a.title), 'A')
            || setweight(to_tsvector(%(config)s::regconfig, a.keywords || ' ' || array_to_string(a.tags, ' ')), 'A')
            || setweight(to_tsvector(%(config)s::regconfig, a.summary), 'B')
            || setweight(to_tsvector(%(config)s::regconfig, left(%(body)s, 200000)), 'C'),
        words = to_tsvector(%(plain)s::regconfig, a.title || ' ' || a.keywords || ' ' || array_to_string(a.tags, ' ')
            || ' ' || a.summary || ' ' || left(%(body)s, 200000))
    WHERE a.id = %(pk)s
"""


def index(article: Article) -> None:
    """Make the article found by its live version, or by nothing when it is not readable; the word list follows, but for silent history."""
    from ..rendering import plain

    if article.is_readable:
        with connection.cursor() as cursor:
            values: dict[str, Any] = {
                "config": config(article.language),
                "plain": PLAIN,
                "body": plain(article.body),
                "pk": article.pk,
            }
            cursor.execute(_INDEX, values)
    else:
        Article.objects.filter(pk=article.pk).update(search=None, words=None)
    if not is_silent():
        from ..tasks import keep_words

        transaction.on_commit(lambda: keep_words.delay(), robust=True)


_STATS = "SELECT words FROM knowledge_article WHERE words IS NOT NULL AND language = '{language}'{only}"
_WORDS = """
    INSERT INTO knowledge_word (language, word, stem, n, n_open)
    SELECT %(language)s, s.word, left(coalesce((tsvector_to_array(to_tsvector(%(config)s::regconfig, s.word)))[1], s.word), 60),
           s.ndoc, coalesce(o.ndoc, 0)
    FROM ts_stat(%(all)s) s LEFT JOIN ts_stat(%(open)s) o ON o.word = s.word
    WHERE length(s.word) BETWEEN 2 AND 40 AND s.word ~ '[[:alpha:]]'
"""


@transaction.atomic
def rebuild() -> int:
    """Write the word list anew from the articles; returns how many words there are. One at a time."""
    used = set(Article.objects.filter(words__isnull=False).order_by().values_list("language", flat=True).distinct())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        Word.objects.all().delete()
        for language in sorted(used & set(LANGUAGES)):
            cursor.execute(
                _WORDS,
                {
                    "language": language, "config": config(language), "all": _STATS.format(language=language, only=""),
                    "open": _STATS.format(language=language, only=" AND audience IN ('public', 'customers')"),
                },
            )  # fmt: skip
    return Word.objects.count()
