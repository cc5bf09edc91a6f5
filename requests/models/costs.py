from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Budget(models.Model):
    """What a cost centre may spend on requests in one month."""

    cost_centre = models.ForeignKey(
        "people.CostCentre", verbose_name=_("cost centre"), on_delete=models.CASCADE, related_name="budgets"
    )
    month = models.DateField(_("month"), help_text=_("Any day of it."))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ["-month", "cost_centre"]
        constraints = [
            models.UniqueConstraint(
                fields=["cost_centre", "month"], name="budget_once",
                violation_error_message=_("This cost centre has a budget for this month already."),
            ),
            models.CheckConstraint(condition=models.Q(month__day=1), name="budget_first_of_month"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.cost_centre} {self.month:%Y-%m}"

    def clean_fields(self, exclude: object = None) -> None:
        super().clean_fields(exclude=exclude)  # type: ignore[arg-type]
        if self.month:
            self.month = self.month.replace(day=1)
        if self.month and not 2000 <= self.month.year <= 2100:
            raise ValidationError({"month": _("This month is too far away.")})


class BudgetWarning(models.Model):
    """That the owner was told that so much is used: once for each budget and level."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="warnings")
    level = models.PositiveSmallIntegerField(help_text=_("per cent"))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "level"], name="budget_warning_once")]

    def __str__(self) -> str:
        return f"{self.budget_id}: {self.level} %"
