from __future__ import annotations


class LanguageError(ValueError):
    """A text that cannot be read; ``message`` says what and where, ``column`` counts from 1 (0: unknown)."""

    def __init__(self, message: str, column: int = 0):
        super().__init__(message)
        self.message = message
        self.column = column
