from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class CostCentre(models.Model):
    """Who pays: the unit of the organisation that costs are charged to."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="owned_cost_centres", help_text=_("Answers for its budget, and may be asked to approve."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Nothing new is charged to inactive ones."))

    class Meta:
        verbose_name = _("cost centre")
        verbose_name_plural = _("cost centres")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
