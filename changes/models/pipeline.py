from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DeploymentState(models.TextChoices):
    ASKED = "asked", _("Asked")
    STARTED = "started", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")


class Deployment(models.Model):
    """What a pipeline brings to an environment, and the change that carries it."""

    change = models.OneToOneField("changes.Change", on_delete=models.CASCADE, related_name="deployment")
    #: the pipeline's own name for this run: the same again is the same deployment
    key = models.CharField(max_length=200, unique=True)
    #: what was asked, so that a key with something else is noticed
    fingerprint = models.CharField(max_length=64)
    version = models.CharField(_("version"), max_length=100)
    commit = models.CharField(_("commit"), max_length=64, blank=True)
    committed_at = models.DateTimeField(_("committed"), null=True)
    environment = models.CharField(_("environment"), max_length=60)
    pipeline_url = models.CharField(_("pipeline"), max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=DeploymentState.choices, default=DeploymentState.ASKED)
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")

    def __str__(self) -> str:
        return f"{self.version} → {self.environment}"
