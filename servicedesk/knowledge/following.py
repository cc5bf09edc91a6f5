"""What happens to articles when something happens to the tickets they were used for."""

from __future__ import annotations

from servicedesk.tickets.models import Event

from .uses import settle

OVER = ("resolved", "closed")


def follow(event: Event) -> None:
    """A resolved ticket was solved with the articles that were used for it; one that is open again was not."""
    status = event.changes.get("status")
    if not status:
        return
    ticket = event.ticket
    if status[0] is None:
        return
    states = ticket.process.lifecycle
    before, after = (states.state(str(slug)).category in OVER for slug in status)
    if before != after:
        settle(ticket, solved=after)
