"""Everything that can be done to a ticket. Screens, API, mail, imports and tasks call these; nothing else writes one.

Each function opens a transaction, locks the ticket's row, asks access and
lifecycle, changes it, records one event and returns the fresh ticket (or what
it made). ``actor`` None is the desk itself. Raised: ``access.Forbidden``, and
``Invalid``, ``NotAllowedNow`` or ``Conflict`` of ``tickets.errors``.
"""

from .conversation import attach, note, reply
from .flow import close_resolved, transition
from .history import Past, Step, record_history
from .opening import open_ticket
from .properties import assign, change, take
from .relations import link, mark_seen, unlink, unwatch, watch

__all__ = [
    "Past",
    "Step",
    "assign",
    "attach",
    "change",
    "close_resolved",
    "link",
    "mark_seen",
    "note",
    "open_ticket",
    "record_history",
    "reply",
    "take",
    "transition",
    "unlink",
    "unwatch",
    "watch",
]  # fmt: skip
