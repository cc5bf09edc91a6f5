from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models.user import default_time_zone
from servicedesk.tickets.models import Ticket


class ChangeType(models.TextChoices):
    """The three kinds of ITIL 4."""

    STANDARD = "standard", _("Standard")
    NORMAL = "normal", _("Normal")
    EMERGENCY = "emergency", _("Emergency")


class Outcome(models.TextChoices):
    """How a change went."""

    SUCCESSFUL = "successful", _("Successful")
    WITH_ISSUES = "with_issues", _("Successful with issues")
    FAILED = "failed", _("Failed")
    BACKED_OUT = "backed_out", _("Backed out")


#: States in which a planned window counts: others must not collide with it.
HOLDING = ("assess", "authorise", "scheduled", "implementing")


class Change(Ticket):
    """The addition, modification or removal of anything that could affect services (ITIL 4)."""

    type = models.CharField(_("type"), max_length=9, choices=ChangeType.choices, default=ChangeType.NORMAL)
    model = models.ForeignKey(
        "changes.ChangeModel", verbose_name=_("model"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="changes",
    )  # fmt: skip
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("raised by"), null=True, on_delete=models.PROTECT,
        related_name="raised_changes",
    )  # fmt: skip
    services = models.ManyToManyField(
        "services.Service", verbose_name=_("affected services"), related_name="changes", blank=True
    )
    reason = models.TextField(_("reason"), blank=True)
    implementation = models.TextField(_("implementation plan"), blank=True)
    test_plan = models.TextField(_("test plan"), blank=True)
    communication = models.TextField(_("communication plan"), blank=True)
    backout = models.TextField(_("back-out plan"), blank=True)
    #: answers to the model's form: [{"key", "label", "text", "value"}]
    answers = models.JSONField(default=list)
    window = DateTimeRangeField(_("planned window"), null=True, default_bounds="[)")
    #: in which the window was planned, and is shown
    zone = models.CharField(_("time zone"), max_length=64, default=default_time_zone)
    outage = models.BooleanField(_("outage expected"), default=False)
    #: whether the window counts for others; follows from the state (HOLDING)
    holds = models.BooleanField(default=False, editable=False)
    risk_score = models.PositiveSmallIntegerField(_("risk score"), null=True, editable=False)
    risk_level = models.CharField(_("risk"), max_length=8, blank=True, editable=False)
    risk_reasons = models.JSONField(default=list, editable=False)
    #: the questionnaire as it was answered; another one asks for a new assessment
    risk_revision = models.CharField(max_length=64, blank=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    outcome = models.CharField(_("outcome"), max_length=11, choices=Outcome.choices, blank=True)
    review = models.TextField(_("review"), blank=True)
    reviewed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [
            models.CheckConstraint(
                condition=Q(window__isnull=True) | Q(window__isempty=False, window__lower_inf=False, window__upper_inf=False),
                name="change_window_whole",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(started_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="change_ends_after_start",
            ),
        ]  # fmt: skip
        indexes = [
            GistIndex(fields=["window"], condition=Q(window__isnull=False), name="change_window"),
            GistIndex(fields=["window"], condition=Q(holds=True, window__isnull=False), name="change_window_held"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="change_ended"),
        ]


#: What a person may change of a plan as text: field → most characters.
PLAN_TEXTS = ("reason", "implementation", "test_plan", "communication", "backout")
