from __future__ import annotations

import hashlib
import json

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class Level(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Very high")


class RiskQuestion(models.Model):
    """A question of the questionnaire."""

    text = models.CharField(_("question"), max_length=200)
    help = models.CharField(_("help"), max_length=300, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=10, validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("How much it counts beside the others."),
    )  # fmt: skip
    is_active = models.BooleanField(_("asked"), default=True)

    class Meta:
        verbose_name = _("risk question")
        verbose_name_plural = _("risk questionnaire")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text


class RiskOption(models.Model):
    """An answer and how risky it is."""

    question = models.ForeignKey(RiskQuestion, on_delete=models.CASCADE, related_name="options")
    label = models.CharField(_("answer"), max_length=150)
    points = models.PositiveSmallIntegerField(
        _("risk"), default=0, validators=PERCENT, help_text=_("0: none, 100: as risky as it gets.")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label


class RiskAnswer(models.Model):
    """What was answered for a change, kept as it was asked."""

    change = models.ForeignKey("changes.Change", on_delete=models.CASCADE, related_name="risk_answers")
    question = models.ForeignKey(RiskQuestion, null=True, on_delete=models.SET_NULL, related_name="+")
    option = models.ForeignKey(RiskOption, null=True, on_delete=models.SET_NULL, related_name="+")
    position = models.PositiveIntegerField()
    text = models.CharField(max_length=200)
    label = models.CharField(max_length=150)
    points = models.PositiveSmallIntegerField()
    weight = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.text} {self.label}"


class RiskLevel(models.Model):
    """From which score on a change is how risky, and who then has to approve it."""

    level = models.CharField(_("level"), max_length=8, choices=Level.choices, unique=True)
    from_score = models.PositiveSmallIntegerField(_("from score"), validators=PERCENT, unique=True)
    plan = models.ForeignKey(
        "approvals.ApprovalPlan", verbose_name=_("approval plan"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="risk_levels", help_text=_("None: such changes need no approval."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("risk level")
        verbose_name_plural = _("risk levels")
        ordering = ["from_score"]

    def __str__(self) -> str:
        return self.get_level_display()

    def clean(self) -> None:
        others = RiskLevel.objects.exclude(pk=self.pk)
        if self.from_score and not others.filter(from_score=0).exists():
            raise ValidationError({"from_score": _("One level has to begin at 0.")})


class ChangeSettings(models.Model):
    """How risk is put together, and what emergencies need."""

    of_questions = models.PositiveSmallIntegerField(_("questionnaire"), default=50, validators=PERCENT)
    of_services = models.PositiveSmallIntegerField(_("affected services"), default=25, validators=PERCENT)
    of_record = models.PositiveSmallIntegerField(_("record of the last 12 months"), default=15, validators=PERCENT)
    of_collisions = models.PositiveSmallIntegerField(_("collisions"), default=10, validators=PERCENT)
    emergency_plan = models.ForeignKey(
        "approvals.ApprovalPlan", verbose_name=_("approval of emergencies"), null=True, blank=True,
        on_delete=models.PROTECT, related_name="+", help_text=_("Asked for emergency changes: the ECAB."),
    )  # fmt: skip
    board = models.ForeignKey(
        "people.Team", verbose_name=_("change advisory board"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", help_text=_("Invited to meetings unless others are chosen."),
    )  # fmt: skip
    watch_hours = models.PositiveSmallIntegerField(
        _("hours after which"), default=48, validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text=_("Incidents on affected services so long after a change are suggested as caused by it."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("change settings")
        verbose_name_plural = _("change settings")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_change_settings")]

    def __str__(self) -> str:
        return str(_("Change settings"))

    def clean(self) -> None:
        if self.of_questions + self.of_services + self.of_record + self.of_collisions != 100:
            raise ValidationError(_("The four parts have to make 100 together."))

    @classmethod
    def get(cls) -> ChangeSettings:
        """The one row."""
        return cls.objects.select_related("emergency_plan", "board").get_or_create(pk=1)[0]


def questionnaire() -> list[RiskQuestion]:
    """The questions that are asked, each with its options."""
    rows = RiskQuestion.objects.filter(is_active=True).prefetch_related("options")
    return [row for row in rows if row.options.all()]


def revision_of(questions: list[RiskQuestion]) -> str:
    """What tells this questionnaire from another: changes with any word or weight."""
    words = [
        [q.pk, q.text, q.weight, [[o.pk, o.label, o.points] for o in q.options.all()]] for q in questions
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()
