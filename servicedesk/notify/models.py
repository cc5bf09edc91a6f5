"""Who was told of what, and who wants to be."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.models import Event, Ticket


class Kind(models.TextChoices):
    """What people choose channels for."""

    OPENED = "opened", _("A ticket is opened for me or my team")
    REPLIED = "replied", _("Somebody replies")
    NOTED = "noted", _("Somebody writes an internal note")
    ASSIGNED = "assigned", _("A ticket is assigned to me or my team")
    MOVED = "moved", _("A ticket changes its status")
    MAJOR = "major", _("A major incident is declared")
    APPROACHING = "approaching", _("Something is due soon or late")
    PAGED = "paged", _("I am on call and needed")
    APPROVAL = "approval", _("My approval is needed")
    BUDGET = "budget", _("A budget of mine is nearly used up")
    CHANGE = "change", _("A service of mine is changed")
    KNOWLEDGE = "knowledge", _("An article of mine is reviewed or commented, or waits for me")


#: Event kinds of the ticket layer → what they are to people. Others tell nobody.
KIND_OF_EVENT = {
    "opened": Kind.OPENED, "replied": Kind.REPLIED, "noted": Kind.NOTED, "assigned": Kind.ASSIGNED,
    "taken": Kind.ASSIGNED, "moved": Kind.MOVED, "declared_major": Kind.MAJOR,
    "paged": Kind.PAGED, "page_unanswered": Kind.PAGED,
}  # fmt: skip

#: kind → (in the page, by e-mail) for whoever has chosen nothing.
AGENT_DEFAULTS = {
    kind: (
        True,
        kind in {Kind.ASSIGNED, Kind.REPLIED, Kind.MAJOR, Kind.PAGED, Kind.APPROVAL, Kind.BUDGET, Kind.KNOWLEDGE},
    )
    for kind in Kind
}
CUSTOMER_DEFAULTS = dict.fromkeys(Kind, (True, True))
CUSTOMER_KINDS = (Kind.OPENED, Kind.REPLIED, Kind.MOVED, Kind.APPROVAL, Kind.BUDGET)


class Preference(models.Model):
    """One person's choice for one kind."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    in_page = models.BooleanField(default=True)
    by_email = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class Notification(models.Model):
    """That one person is told of one event: in the page, by mail, or both. Unique, so nobody is told twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    event = models.ForeignKey(Event, null=True, on_delete=models.CASCADE, related_name="notifications")
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.CASCADE, related_name="+")
    #: of what is about no ticket: the sentence, what it is about, where it leads, and what makes it the same again
    text = models.CharField(max_length=300, blank=True)
    about = models.CharField(max_length=250, blank=True)
    path = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    in_page = models.BooleanField()
    by_email = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "user"], name="notification_once"),
            models.UniqueConstraint(fields=["key", "user"], condition=~Q(key=""), name="notice_once"),
            models.CheckConstraint(
                condition=Q(event__isnull=False, ticket__isnull=False) | (~Q(text="") & ~Q(path="")),
                name="notification_leads_somewhere",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_user", condition=Q(in_page=True)),
            models.Index(fields=["user"], name="notification_unread", condition=Q(in_page=True, read_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


def preferences(user_ids: list[int]) -> dict[tuple[int, str], tuple[bool, bool]]:
    """(user, kind) → (in the page, by e-mail) for those who chose."""
    rows = Preference.objects.filter(user__in=user_ids)
    return {(row.user_id, row.kind): (row.in_page, row.by_email) for row in rows}


def default_for(user: object, kind: str) -> tuple[bool, bool]:
    """What somebody who chose nothing gets."""
    table = AGENT_DEFAULTS if getattr(user, "is_agent", False) else CUSTOMER_DEFAULTS
    return table[Kind(kind)]
