from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from servicedesk import conditions

from ..facts import ANSWER, known_facts


class ApprovalPlan(models.Model):
    """Steps in order; each process says which plan a ticket of its needs."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Inactive plans cannot be chosen."))

    class Meta:
        verbose_name = _("approval plan")
        verbose_name_plural = _("approval plans")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Mode(models.TextChoices):
    ANY = "any", _("any one of them")
    ALL = "all", _("all of them")
    SHARE = "share", _("a share of them")


class PlannedStep(models.Model):
    """One step of a plan: it is asked when its condition holds, after the steps before it."""

    plan = models.ForeignKey(ApprovalPlan, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    name = models.CharField(_("name"), max_length=80)
    condition = models.CharField(
        _("only if"), max_length=conditions.MAX_LENGTH, blank=True,
        help_text=_("Such as: price over 500. Answers are written answer.model. Empty: always."),
    )  # fmt: skip
    mode = models.CharField(_("agree"), max_length=5, choices=Mode.choices, default=Mode.ANY)
    share = models.PositiveSmallIntegerField(
        _("share"), default=50, validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Per cent that have to agree, where a share is enough."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def tree(self) -> conditions.Tree | None:
        """The condition, checked; raises ConditionError."""
        return conditions.read(self.condition, known_facts(), loose=ANSWER)

    def clean(self) -> None:
        try:
            _checked = self.tree
        except conditions.ConditionError as error:
            raise ValidationError({"condition": str(error)}) from None


class Rule(models.TextChoices):
    """How approvers are found."""

    MANAGER = "manager", _("the line manager")
    MANAGERS_MANAGER = "managers_manager", _("the line manager's manager")
    SERVICE_OWNER = "service_owner", _("the service's owner")
    COST_CENTRE_OWNER = "cost_centre_owner", _("the cost centre's owner")
    TEAM = "team", _("the members of a team")
    TEAM_LEAD = "team_lead", _("the lead of a team")
    CHANGE_MANAGERS = "change_managers", _("the change managers")
    PERSON = "person", _("a person")


class PlannedApprover(models.Model):
    """Somebody who is asked in a step, by rule or by name."""

    step = models.ForeignKey(PlannedStep, on_delete=models.CASCADE, related_name="approvers")
    rule = models.CharField(_("approver"), max_length=20, choices=Rule.choices)
    team = models.ForeignKey(
        "people.Team", verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip

    class Meta:
        verbose_name = _("approver")
        verbose_name_plural = _("approvers")
        ordering = ["pk"]

    def __str__(self) -> str:
        who = self.team if self.rule in (Rule.TEAM, Rule.TEAM_LEAD) else self.person if self.rule == Rule.PERSON else ""
        return f"{self.get_rule_display()}{f': {who}' if who else ''}"

    def clean(self) -> None:
        needs: dict[str, tuple[str, Any]] = {
            Rule.TEAM: ("team", _("Choose the team.")),
            Rule.TEAM_LEAD: ("team", _("Choose the team.")),
            Rule.PERSON: ("person", _("Choose the person.")),
        }
        if self.rule in needs:
            name, text = needs[self.rule]
            if getattr(self, f"{name}_id") is None:
                raise ValidationError({name: text})
