from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .configuration import Impact, Priority, Urgency

if TYPE_CHECKING:
    from ..lifecycle import State
    from ..registry import Process

#: PostgreSQL's text search configuration, made in the first migration: English stems without accents.
SEARCH_CONFIG = "desk"


class StatusCategory(models.TextChoices):
    """What clocks, queues and reports make of a status, whatever the process."""

    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")


class Channel(models.TextChoices):
    """How a ticket or message came in."""

    PORTAL = "portal", _("Portal")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    DESK = "desk", _("Desk")
    API = "api", _("API")
    SYSTEM = "system", _("System")


#: Sorts what has no due time last, by an index.
NEXT_DUE = Coalesce("due_at", Value(datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)))

#: Not over yet: what queues show. Partial indexes use the same words.
UNFINISHED = Q(status_category__in=["open", "waiting"])


class Ticket(models.Model):
    """All that a queue, a clock, a search and a permission check need of anything being worked on.

    Written by operations only (servicedesk/tickets/operations).
    """

    kind = models.CharField(max_length=20, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    description_html = models.TextField(blank=True, editable=False)
    status = models.CharField(_("status"), max_length=30)
    status_category = models.CharField(max_length=10, choices=StatusCategory.choices, editable=False)
    status_reason = models.CharField(_("reason"), max_length=500, blank=True)
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact.choices, default=Impact.MEDIUM)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices, default=Urgency.MEDIUM)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.NORMAL)
    priority_reason = models.CharField(
        _("reason for the priority"), max_length=250, blank=True, help_text=_("Set where the matrix was overridden.")
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("requester"), null=True, on_delete=models.PROTECT,
        related_name="requested_tickets",
    )  # fmt: skip
    organisation = models.ForeignKey(
        "people.Organisation", verbose_name=_("organisation"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="tickets",
    )  # fmt: skip
    team = models.ForeignKey(
        "people.Team", verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="tickets"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("assignee"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="assigned_tickets",
    )  # fmt: skip
    service = models.ForeignKey(
        "services.Service", verbose_name=_("service"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="tickets",
    )  # fmt: skip
    category = models.ForeignKey(
        "tickets.Category", verbose_name=_("category"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="tickets",
    )  # fmt: skip
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, default=Channel.PORTAL)
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list, blank=True)
    resolution = models.TextField(_("resolution"), blank=True)
    resolution_code = models.ForeignKey(
        "tickets.ResolutionCode", verbose_name=_("resolution code"), null=True, blank=True, on_delete=models.PROTECT
    )
    is_major = models.BooleanField(_("major incident"), default=False)
    external_ref = models.CharField(_("external reference"), max_length=120, blank=True, editable=False)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    activity_at = models.DateTimeField(_("last activity"), default=timezone.now, editable=False)
    resolved_at = models.DateTimeField(_("resolved"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    reopened = models.PositiveSmallIntegerField(_("times reopened"), default=0, editable=False)
    reassigned = models.PositiveSmallIntegerField(_("times reassigned"), default=0, editable=False)
    #: the next promise to keep; kept by service levels, by ``operations.core.set_due``
    due_at = models.DateTimeField(_("due next"), null=True, editable=False)
    #: working seconds that an offering or a plan promised for it, for goals that take their target from there
    planned_seconds = models.PositiveIntegerField(_("planned working time"), null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config=SEARCH_CONFIG)
        + SearchVector("description", weight="B", config=SEARCH_CONFIG)
        + SearchVector("resolution", weight="C", config=SEARCH_CONFIG),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.CheckConstraint(
                condition=~Q(status_category="resolved") | Q(resolved_at__isnull=False), name="resolved_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(status_category="closed") | Q(closed_at__isnull=False), name="closed_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(status_category__in=["open", "waiting"]) | Q(closed_at__isnull=True),
                name="open_not_closed",
            ),
            models.CheckConstraint(condition=Q(impact__range=(1, 3)), name="impact_known"),
            models.CheckConstraint(condition=Q(urgency__range=(1, 3)), name="urgency_known"),
            models.CheckConstraint(condition=Q(priority__range=(1, 4)), name="priority_known"),
            models.CheckConstraint(condition=~Q(title=""), name="title_not_empty"),
            models.UniqueConstraint(
                fields=["external_ref"], condition=~Q(external_ref=""), name="ticket_external_ref_once"
            ),
        ]
        indexes = [
            # What the queue sorts by, over the few tickets that are not over.
            models.Index(F("activity_at").desc(), F("id").desc(), condition=UNFINISHED, name="open_activity"),
            models.Index(fields=["priority", "id"], condition=UNFINISHED, name="open_priority"),
            models.Index(fields=["opened_at", "id"], condition=UNFINISHED, name="open_opened"),
            models.Index(fields=["title", "id"], condition=UNFINISHED, name="open_title"),
            models.Index(fields=["status", "id"], condition=UNFINISHED, name="open_status"),
            models.Index(NEXT_DUE, F("id"), condition=UNFINISHED, name="open_due"),
            models.Index(fields=["assignee", "activity_at", "id"], condition=UNFINISHED, name="open_assignee"),
            models.Index(fields=["team", "activity_at", "id"], condition=UNFINISHED, name="open_team"),
            models.Index(
                fields=["activity_at", "id"], condition=UNFINISHED & Q(assignee__isnull=True), name="open_unassigned"
            ),
            models.Index(fields=["activity_at", "id"], condition=Q(status_category="waiting"), name="waiting_activity"),
            # And over all of them, for the views that show finished ones too.
            models.Index(fields=["activity_at", "id"], name="all_activity"),
            models.Index(fields=["requester", "activity_at"], name="ticket_requester"),
            models.Index(fields=["organisation", "activity_at"], name="ticket_organisation"),
            models.Index(fields=["resolved_at"], condition=Q(status_category="resolved"), name="resolved_to_close"),
            models.Index(fields=["activity_at"], condition=UNFINISHED & Q(is_major=True), name="open_major"),
            GinIndex(fields=["search"], name="ticket_search"),
            GinIndex(fields=["tags"], name="ticket_tags"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def process(self) -> Process:
        """The process this ticket belongs to."""
        from ..registry import get

        return get(self.kind)

    @property
    def state(self) -> State:
        """The lifecycle state that ``status`` names."""
        return self.process.lifecycle.state(self.status)

    @property
    def is_over(self) -> bool:
        """Resolved or closed."""
        return self.status_category in (StatusCategory.RESOLVED, StatusCategory.CLOSED)
