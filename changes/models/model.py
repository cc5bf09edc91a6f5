from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import QuestionRow

from .change import ChangeType

DAY = 86_400


class ChangeModel(models.Model):
    """How a kind of change is always done: form, plan, tasks. A standard one is approved in advance."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    slug = models.SlugField(_("slug"), unique=True, help_text=_("Its name for pipelines and the API."))
    description = models.CharField(_("description"), max_length=250, blank=True)
    type = models.CharField(
        _("type"), max_length=9, choices=[c for c in ChangeType.choices if c[0] != ChangeType.EMERGENCY],
        default=ChangeType.STANDARD,
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)
    is_preapproved = models.BooleanField(
        _("approved in advance"), default=True,
        help_text=_("Lost after a failure; tick it again when the model has been looked through."),
    )  # fmt: skip
    lost_because = models.ForeignKey(
        "changes.Change", verbose_name=_("lost because of"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", editable=False,
    )  # fmt: skip
    service = models.ForeignKey(
        "services.Service", verbose_name=_("service"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="change_models", help_text=_("Left empty, it is chosen with the change."),
    )  # fmt: skip
    team = models.ForeignKey(
        "people.Team", verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    implementation = models.TextField(_("implementation plan"), blank=True, max_length=20_000)
    test_plan = models.TextField(_("test plan"), blank=True, max_length=20_000)
    communication = models.TextField(_("communication plan"), blank=True, max_length=20_000)
    backout = models.TextField(_("back-out plan"), blank=True, max_length=20_000)
    duration_seconds = models.PositiveIntegerField(
        _("usual length"), default=3600, validators=[MinValueValidator(60), MaxValueValidator(60 * DAY)],
        help_text=_("Seconds from beginning to end, when nothing else is said."),
    )  # fmt: skip
    outage = models.BooleanField(_("outage expected"), default=False)

    class Meta:
        verbose_name = _("change model")
        verbose_name_plural = _("change models")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.is_preapproved:
            self.lost_because = None
        super().save(*args, **kwargs)


class ModelQuestion(QuestionRow):
    """One question of a model's form."""

    model = models.ForeignKey(ChangeModel, on_delete=models.CASCADE, related_name="questions")

    class Meta(QuestionRow.Meta):
        pass


class ModelTask(models.Model):
    """One piece of work of a model."""

    model = models.ForeignKey(ChangeModel, on_delete=models.CASCADE, related_name="tasks")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    title = models.CharField(_("title"), max_length=150)
    instructions = models.TextField(_("instructions"), max_length=5000, blank=True)
    team = models.ForeignKey(
        "people.Team", verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at_once = models.BooleanField(
        _("with the one before"), default=False, help_text=_("Otherwise it begins when the one before is over.")
    )
    due_seconds = models.PositiveIntegerField(
        _("due"), null=True, blank=True, help_text=_("Working seconds that it may take.")
    )

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title
