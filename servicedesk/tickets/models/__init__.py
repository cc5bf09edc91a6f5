"""The table that every process shares, and what hangs on a ticket."""

from .configuration import Category, DeskSettings, Impact, Priority, PriorityRule, ResolutionCode, Urgency
from .conversation import Attachment, Message, MessageKind
from .event import Event, Outbox
from .relations import Link, LinkKind, Seen, Watcher
from .ticket import Channel, StatusCategory, Ticket

__all__ = [
    "Attachment", "Category", "Channel", "DeskSettings", "Event", "Impact", "Link", "LinkKind", "Message",
    "MessageKind", "Outbox", "Priority", "PriorityRule", "ResolutionCode", "Seen", "StatusCategory", "Ticket",
    "Urgency", "Watcher",
]  # fmt: skip
