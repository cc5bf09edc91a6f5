"""How an article begins that is written from a ticket."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from servicedesk.tickets.models import Message, Ticket


def from_ticket(ticket: Ticket) -> dict[str, Any]:
    """Title, text and tags from a ticket's resolution, or from the desk's last public answer where there is none yet.

    The requester's own words are the symptoms; names are for the author to take out, who is reminded of it.
    """
    answer = ticket.resolution
    if not answer:
        last = Message.objects.filter(
            ticket=ticket, kind="reply", author__role__in=["agent", "team_lead", "change_manager", "admin"]
        )
        answer = last.order_by("-pk").values_list("body", flat=True).first() or ""
    parts = [f"## {_('What happens')}\n\n{ticket.description or ticket.title}", f"## {_('What helps')}\n\n{answer}"]
    return {
        "title": ticket.title, "body": "\n\n".join(parts), "tags": ", ".join(ticket.tags),
        "keywords": ticket.service.name if ticket.service else "",
    }  # fmt: skip
