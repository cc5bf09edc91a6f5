"""How an operation says no. Browser and API turn each into their own kind of answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class OperationError(Exception):
    """An operation was refused and nothing was changed."""

    status = 400  #: the HTTP status of the refusal
    title = "Refused"

    def __init__(self, message: Any):
        super().__init__(str(message))
        self.message = str(message)


class Invalid(OperationError):
    """A value cannot be taken; ``fields`` maps each field's name to its sentences."""

    status = 422
    title = "Invalid input"

    def __init__(self, fields: Mapping[str, Any]):
        self.fields = {name: [str(t) for t in (v if isinstance(v, list) else [v])] for name, v in fields.items()}
        super().__init__(" ".join(sentence for sentences in self.fields.values() for sentence in sentences))


class NotAllowedNow(OperationError):
    """The ticket's state does not allow this step."""

    status = 409
    title = "Not possible in this state"


class Conflict(OperationError):
    """Somebody changed the same field meanwhile; ``theirs`` and ``yours`` map fields to both values."""

    status = 409
    title = "Changed meanwhile"

    def __init__(self, message: Any, *, theirs: Mapping[str, Any], yours: Mapping[str, Any]):
        super().__init__(message)
        self.theirs, self.yours = dict(theirs), dict(yours)
