"""What a problem has beyond any ticket."""

from __future__ import annotations

from django.conf import settings
from django.db import models
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
