"""What an admin sets once and every ticket uses."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Impact(models.IntegerChoices):
    """How many are affected; 1 is the most."""

    HIGH = 1, _("High")
    MEDIUM = 2, _("Medium")
    LOW = 3, _("Low")


class Urgency(models.IntegerChoices):
    """How long it can wait; 1 is the least."""

    HIGH = 1, _("High")
    MEDIUM = 2, _("Medium")
    LOW = 3, _("Low")


class Priority(models.IntegerChoices):
    """The order of work; 1 is first."""

    CRITICAL = 1, _("Critical")
    HIGH = 2, _("High")
    NORMAL = 3, _("Normal")
    LOW = 4, _("Low")


class PriorityRule(models.Model):
    """One cell of the matrix impact × urgency → priority (ITIL's usual 3×3 at first)."""

    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact.choices)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices)

    class Meta:
        verbose_name = _("priority rule")
        verbose_name_plural = _("priority matrix")
        ordering = ["impact", "urgency"]
        constraints = [models.UniqueConstraint(fields=["impact", "urgency"], name="priority_rule_once")]

    def __str__(self) -> str:
        return f"{self.get_impact_display()} × {self.get_urgency_display()} → {self.get_priority_display()}"

    @classmethod
    def usual(cls, impact: int, urgency: int) -> int:
        """The priority where the matrix has no cell: the usual 3×3."""
        return min(max(impact + urgency - 1, 1), 4)

    @classmethod
    def matrix(cls) -> dict[tuple[int, int], int]:
        """The whole matrix by (impact, urgency)."""
        usual = {(i, u): cls.usual(i, u) for i in Impact.values for u in Urgency.values}
        return usual | {(row.impact, row.urgency): row.priority for row in cls.objects.all()}


class Category(models.Model):
    """A branch of the tree that says what a ticket is about."""

    name = models.CharField(_("name"), max_length=120)
    parent = models.ForeignKey(
        "self", verbose_name=_("parent"), null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )
    path = models.CharField(_("path"), max_length=500, editable=False, db_index=True)
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Inactive categories cannot be chosen."))

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["parent", "name"], name="category_once", nulls_distinct=False)]

    def __str__(self) -> str:
        return self.path or self.name

    def clean(self) -> None:
        above, depth = self.parent, 0
        while above is not None:
            depth += 1
            if above.pk == self.pk and self.pk:
                raise ValidationError({"parent": _("A category cannot lie below itself.")})
            if depth > 4:
                raise ValidationError({"parent": _("The tree has at most five levels.")})
            above = above.parent

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.path = f"{self.parent.path} › {self.name}" if self.parent else self.name
        super().save(*args, **kwargs)
        for child in self.children.all():
            child.save()


class ResolutionCode(models.Model):
    """In which way a ticket was resolved."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Inactive codes cannot be chosen."))

    class Meta:
        verbose_name = _("resolution code")
        verbose_name_plural = _("resolution codes")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class DeskSettings(models.Model):
    """The one row of settings that an admin changes without a restart."""

    auto_close_days = models.PositiveSmallIntegerField(
        _("close resolved tickets after (days)"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("A resolved ticket that nobody reopens closes by itself after this many days."),
    )
    default_team = models.ForeignKey(
        "people.Team", verbose_name=_("team for new tickets"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", help_text=_("Gets tickets whose service names no team."),
    )  # fmt: skip
    currency = models.CharField(
        _("currency"), max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as EUR."))],
        help_text=_("Of all prices and budgets: EUR, CHF, USD, …"),
    )  # fmt: skip
    status_line = models.CharField(
        _("status line"), max_length=200, blank=True, help_text=_("Shown to customers under the portal's question.")
    )

    class Meta:
        verbose_name = _("desk settings")
        verbose_name_plural = _("desk settings")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="desk_settings_one_row")]

    def __str__(self) -> str:
        return str(_("Desk settings"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def get(cls) -> DeskSettings:
        """The settings; made with their defaults when there are none."""
        return cls.objects.get_or_create(pk=1)[0]
