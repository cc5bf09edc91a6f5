"""From an event to the people who should hear of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils import timezone

from servicedesk.people import access
from servicedesk.people.models import User
from servicedesk.tickets.models import Event, Ticket

from .mails import send_ticket_mail
from .models import KIND_OF_EVENT, Kind, Notification, default_for, preferences


def recipients(event: Event, kind: str) -> list[User]:
    """Everybody concerned who sees the ticket, but for whoever did it.

    Requester, assignee and watchers; the team while nobody is assigned;
    customers only for public events.
    """
    ticket = event.ticket
    wanted: set[int | None] = {ticket.assignee_id, *ticket.watchers.values_list("user_id", flat=True)}
    if event.is_public:
        wanted.add(ticket.requester_id)
    if kind == Kind.PAGED:
        wanted = {event.data["user"]["id"]} if "user" in event.data else set()
    if kind == Kind.ASSIGNED:
        wanted = {ticket.assignee_id}
    if ticket.team_id and ticket.assignee_id is None and kind in (Kind.OPENED, Kind.ASSIGNED, Kind.REPLIED):
        wanted |= set(ticket.team.memberships.values_list("user_id", flat=True))  # type: ignore[union-attr]
    if kind == Kind.MAJOR and ticket.team_id:
        wanted |= set(ticket.team.memberships.values_list("user_id", flat=True))  # type: ignore[union-attr]
        wanted.add(ticket.team.lead_id)  # type: ignore[union-attr]
    # A customer is told of their own opening (the confirmation); nobody else of their own doing.
    if event.actor_id and not (kind == Kind.OPENED and event.actor_id == ticket.requester_id):
        wanted.discard(event.actor_id)
    ids = [pk for pk in wanted if pk is not None]
    people = User.objects.select_related("organisation").filter(pk__in=ids, is_active=True).order_by("pk")
    return those_who_see(ticket, [person for person in people if person.is_agent or event.is_public])


def those_who_see(ticket: Ticket, people: Iterable[User]) -> list[User]:
    """The active ones of ``people`` that may see the ticket."""
    mine = Ticket.objects.filter(pk=ticket.pk)
    return [person for person in people if person.is_active and access.visible(person, mine).exists()]


def notify(event: Event) -> None:
    """Tell each recipient once, by the channels they chose. Safe to repeat."""
    kind = KIND_OF_EVENT.get(event.kind)
    if kind is None:
        return
    tell(event, recipients(event, kind), kind)


def tell(event: Event, people: list[User], kind: str) -> list[User]:
    """Tell these people of an event once, by the channels they chose; returns those who hear of it. Safe to repeat.

    Who may not see the ticket must be left out before: see :func:`those_who_see`.
    """
    told = []
    chosen = preferences([person.pk for person in people])
    for person in people:
        in_page, by_email = chosen.get((person.pk, kind), default_for(person, kind))
        if not (in_page or by_email):
            continue
        row, _new = Notification.objects.get_or_create(
            event=event, user=person,
            defaults={"ticket_id": event.ticket_id, "kind": kind, "in_page": in_page, "by_email": by_email},
        )  # fmt: skip
        if row.by_email and row.mailed_at is None:
            send_once(row, send_ticket_mail)
        told.append(person)
    return told


def send_once(row: Notification, send: Callable[[Notification], None]) -> None:
    """Send a notification's mail and remember it in one short transaction: a repeat skips what was sent."""
    with transaction.atomic():
        locked = (
            Notification.objects.select_for_update(of=("self",))
            .select_related("user", "event__actor", "event__message", "ticket__requester")
            .get(pk=row.pk)
        )
        if locked.mailed_at is None:
            send(locked)
            locked.mailed_at = timezone.now()
            locked.save(update_fields=["mailed_at"])
