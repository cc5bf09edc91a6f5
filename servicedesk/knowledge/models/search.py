"""What search needs beside the articles."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.text import clean_text


class Word(models.Model):
    """A word of the published articles: what a misspelt one may have meant. Kept by search/words.py."""

    language = models.CharField(max_length=5)
    word = models.CharField(max_length=60)
    stem = models.CharField(max_length=60)
    #: in how many articles, and in how many of those that every customer reads
    n = models.PositiveIntegerField()
    n_open = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["language", "word"], name="word_once")]
        indexes = [
            GinIndex(fields=["word"], name="word_trigrams", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["stem"], name="word_stem"),
        ]

    def __str__(self) -> str:
        return self.word


class Synonyms(models.Model):
    """Words that mean the same: who searches for one finds the others."""

    words = models.CharField(
        _("words"), max_length=400, unique=True, help_text=_("With commas between them: vpn, remote access, tunnel")
    )

    class Meta:
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ["words"]

    def __str__(self) -> str:
        return self.words

    @property
    def phrases(self) -> list[str]:
        """The words, each once, in lower case."""
        found = (clean_text(part, one_line=True).lower() for part in self.words.split(","))
        return list(dict.fromkeys(part for part in found if part))

    def clean(self) -> None:
        phrases = self.phrases
        if len(phrases) < 2:
            raise ValidationError({"words": _("At least two words, with a comma between them.")})
        if len(phrases) > 20 or any(len(phrase) > 60 for phrase in phrases):
            raise ValidationError({"words": _("At most 20 words of 60 characters.")})
        self.words = ", ".join(phrases)

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)


class SearchedFor(models.Model):
    """What was searched for, by nobody in particular; authors see what found nothing."""

    words = models.CharField(max_length=200)
    language = models.CharField(max_length=5)
    n = models.PositiveIntegerField(default=0)
    #: how often nothing was found
    n_nothing = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    #: an author has dealt with it: hidden until it is searched in vain again
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["words", "language"], name="searched_once")]
        indexes = [
            models.Index(fields=["-n_nothing"], name="searched_nothing"),
            models.Index(fields=["last_at"], name="searched_last"),
        ]

    def __str__(self) -> str:
        return self.words
