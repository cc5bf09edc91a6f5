from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .agreement import Agreement


class Configuration(models.Model):
    """One row: counts up with every change of what clocks depend on, so that processes know when to read it anew."""

    revision = models.PositiveBigIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="sla_configuration_one_row")]

    def __str__(self) -> str:
        return str(self.revision)


class Recomputation(models.Model):
    """An agreement's open clocks being brought up to its new revision in the background."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="recomputations")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()
    #: thresholds that this moves into the past fire nothing before here
    quiet_until = models.DateTimeField()
    finished_too = models.BooleanField(_("finished clocks too"), default=False)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    last_id = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recomputation")
        verbose_name_plural = _("recomputations")
        ordering = ["-requested_at"]
        indexes = [
            models.Index(fields=["requested_at"], condition=models.Q(finished_at=None), name="recomputation_open")
        ]

    def __str__(self) -> str:
        return f"{self.agreement} {self.requested_at:%Y-%m-%d %H:%M}"
