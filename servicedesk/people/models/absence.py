from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Absence(models.Model):
    """That somebody is away, and who decides in their place. Both days are included, by the desk's time zone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="absences"
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("deputy"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="deputises", help_text=_("Is asked for approvals meanwhile."),
    )  # fmt: skip
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="absence_ends_after_start",
                violation_error_message=_("It ends before it begins."),
            ),
            models.CheckConstraint(
                condition=~Q(user=F("deputy")), name="absence_deputy_other",
                violation_error_message=_("Nobody is their own deputy."),
            ),
            ExclusionConstraint(
                name="absence_no_overlap",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (Func(F("first_day"), F("last_day"), Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Another absence covers some of these days."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.user}: {self.first_day} – {self.last_day}"

    def clean(self) -> None:
        if self.deputy_id and self.deputy is not None and not self.deputy.is_active:
            raise ValidationError({"deputy": _("%(name)s has left.") % {"name": self.deputy}})


def deputies(user_ids: Any, day: datetime.date | None = None) -> dict[int, int | None]:
    """Person → deputy (or None for nobody) of those among ``user_ids`` who are away on ``day``, today unless given."""
    day = day or timezone.localdate()
    rows = Absence.objects.filter(user__in=list(user_ids), first_day__lte=day, last_day__gte=day)
    return dict(rows.values_list("user_id", "deputy_id"))
