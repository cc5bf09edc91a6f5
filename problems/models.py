"""What a problem has beyond any ticket."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.models import Ticket


class CauseCategory(models.Model):
    """What kind of cause it was, for reports."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("cause category")
        verbose_name_plural = _("cause categories")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Problem(Ticket):
    """A cause, or potential cause, of one or more incidents (ITIL 4)."""

    root_cause = models.TextField(_("root cause"), blank=True)
    cause_category = models.ForeignKey(
        CauseCategory, verbose_name=_("cause category"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="problems",
    )  # fmt: skip
    workaround = models.TextField(_("workaround"), blank=True)
    permanent_fix = models.TextField(_("permanent fix"), blank=True)
    #: when the workaround was last put on the linked incidents
    published_at = models.DateTimeField(_("published"), null=True, editable=False)

    class Meta:
        verbose_name = _("problem")
        verbose_name_plural = _("problems")


class Why(models.Model):
    """One answer to *why?*, under the answer that it explains: five whys as a tree."""

    problem = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="whys")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="below")
    text = models.CharField(_("because"), max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class Published(models.Model):
    """That a workaround was put on an incident, so that it is there once for each text."""

    problem = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="published")
    incident = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["problem", "incident", "digest"], name="workaround_once")]

    def __str__(self) -> str:
        return f"{self.problem_id} → {self.incident_id}"


class ResolvedTogether(models.Model):
    """The incidents that one message resolved, so that it can be taken back."""

    problem = models.ForeignKey(Problem, on_delete=models.CASCADE, related_name="resolved_together")
    incidents = models.ManyToManyField(Ticket, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.problem_id} {self.at}"


class CandidateState(models.TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    DISMISSED = "dismissed", _("Dismissed")


class Candidate(models.Model):
    """Incidents that may have one cause: found by problems/clusters.py, decided about by an agent."""

    #: what the cluster is, the same from run to run
    signature = models.CharField(max_length=250, unique=True)
    state = models.CharField(max_length=10, choices=CandidateState.choices, default=CandidateState.OPEN)
    title = models.CharField(_("title"), max_length=200)
    service = models.ForeignKey("services.Service", null=True, on_delete=models.CASCADE, related_name="+")
    category = models.ForeignKey("tickets.Category", null=True, on_delete=models.CASCADE, related_name="+")
    incidents = models.ManyToManyField(Ticket, related_name="+")
    #: how many were usual in a week, and how improbable so many are (−log10)
    expected = models.FloatField()
    score = models.FloatField()
    #: how many in each week, oldest first, the last seven days last
    weeks = ArrayField(models.PositiveIntegerField())
    #: [word, part of the incidents that have it]
    words = models.JSONField(default=list)
    found_at = models.DateTimeField(default=timezone.now)
    looked_at = models.DateTimeField(default=timezone.now)
    problem = models.ForeignKey(Problem, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    n_dismissed = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["state", "-score"], name="candidate_state")]

    def __str__(self) -> str:
        return self.title
