"""The languages that articles are written in, each with PostgreSQL's stems for it (made in the first migration)."""

from __future__ import annotations

#: code → (its own name, PostgreSQL's dictionary)
LANGUAGES = {
    "en": ("English", "english"),
    "de": ("Deutsch", "german"),
    "fr": ("Français", "french"),
    "da": ("Dansk", "danish"),
    "es": ("Español", "spanish"),
    "fi": ("Suomi", "finnish"),
    "hu": ("Magyar", "hungarian"),
    "it": ("Italiano", "italian"),
    "nb": ("Norsk bokmål", "norwegian"),
    "nl": ("Nederlands", "dutch"),
    "pt": ("Português", "portuguese"),
    "ro": ("Română", "romanian"),
    "ru": ("Русский", "russian"),
    "sv": ("Svenska", "swedish"),
    "tr": ("Türkçe", "turkish"),
    # Without stems of their own.
    "cs": ("Čeština", "simple"),
    "pl": ("Polski", "simple"),
    "uk": ("Українська", "simple"),
}
CHOICES = [(code, name) for code, (name, _dictionary) in LANGUAGES.items()]


def config(code: str) -> str:
    """The text search configuration of a language; raises KeyError for one that is not known."""
    LANGUAGES[code]
    return f"knowledge_{code}"
