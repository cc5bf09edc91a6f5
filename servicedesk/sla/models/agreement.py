from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.language import LanguageError, Node, from_json, parse, resolve, to_json
from servicedesk.tickets.models import StatusCategory

from .calendar import Calendar

MAX_TARGET = 5 * 366 * 86_400  # seconds


class Trigger(models.TextChoices):
    """What an event can be to a clock; from kinds of events and status categories alone, whatever the process."""

    OPENED = "opened", _("the ticket is opened")
    AGENT_REPLY = "agent_reply", _("an agent replies")
    CUSTOMER_REPLY = "customer_reply", _("the customer writes")
    ASSIGNED = "assigned", _("somebody is assigned")
    UNASSIGNED = "unassigned", _("the assignee is taken away")
    TEAM_GIVEN = "team_given", _("a team is given")
    REOPENED = "reopened", _("it is reopened")
    OPEN = "enters_open", _("its status becomes one of the open ones")
    WAITING = "enters_waiting", _("its status becomes one of the waiting ones")
    RESOLVED = "enters_resolved", _("it is resolved")
    CLOSED = "enters_closed", _("it is closed or cancelled")
    APPROVAL_ASKED = "approval_requested", _("an approval is asked for")
    APPROVAL_GIVEN = "approval_decided", _("the approval is decided")
    ASSESSMENT_ASKED = "assessment_requested", _("an assessment is asked for")
    ASSESSED = "assessment_ended", _("the assessment is over")


class Metric(models.Model):
    """What a clock measures: when it starts, pauses and stops."""

    slug = models.SlugField(unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    starts = ArrayField(models.CharField(max_length=30, choices=Trigger.choices), verbose_name=_("starts when"))
    stops = ArrayField(models.CharField(max_length=30, choices=Trigger.choices), verbose_name=_("stops when"))
    pauses = ArrayField(
        models.CharField(max_length=10, choices=StatusCategory.choices), verbose_name=_("pauses while the ticket is"),
        default=list, blank=True,
    )  # fmt: skip
    promise = models.CharField(
        _("promise to the customer"), max_length=120, blank=True,
        help_text=_("In plain words, {when} stands for the time: “We answer by {when}”. Empty: customers do not see it."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what can never run: a metric without an end or a start, or one that its own start stops."""
        if both := set(self.starts or ()) & set(self.stops or ()):
            label = Trigger(sorted(both)[0]).label
            raise ValidationError({"stops": _("It cannot start and stop when %(what)s.") % {"what": label}})
        if over := set(self.pauses or ()) & {StatusCategory.RESOLVED.value, StatusCategory.CLOSED.value}:
            label = StatusCategory(sorted(over)[0]).label
            raise ValidationError(
                {"pauses": _("A clock does not pause while the ticket is %(what)s: let it stop.") % {"what": label}}
            )
        if self.promise and "{when}" not in self.promise:
            raise ValidationError({"promise": _("Say where the time goes: write {when}.")})
        try:
            self.promise.format(when="")
        except (ValueError, KeyError, IndexError, AttributeError):
            raise ValidationError({"promise": _("Only {when} may stand in braces.")}) from None


class AgreementType(models.TextChoices):
    """ITIL's three kinds of promise."""

    SLA = "sla", _("SLA: to customers")
    OLA = "ola", _("OLA: between teams")
    UC = "uc", _("UC: with a supplier")


class OnReopen(models.TextChoices):
    CONTINUE = "continue", _("continue where it stopped")
    RESTART = "restart", _("start a new cycle")


class Agreement(models.Model):
    """What is promised about one metric, to whom, for which tickets."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    type = models.CharField(_("type"), max_length=3, choices=AgreementType.choices, default=AgreementType.SLA)
    kinds = ArrayField(models.CharField(max_length=20), verbose_name=_("watches"))
    metric = models.ForeignKey(Metric, verbose_name=_("metric"), on_delete=models.PROTECT, related_name="agreements")
    on_reopen = models.CharField(
        _("when a ticket is reopened"), max_length=10, choices=OnReopen.choices, default=OnReopen.CONTINUE
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("An inactive agreement starts no clocks; those that run are taken away.")
    )
    #: of the configuration, when something that its clocks depend on last changed
    revision = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Goal(models.Model):
    """A condition, a target and a calendar; the first of an agreement's goals that matches applies."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="goals")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    condition = models.CharField(
        _("tickets"), max_length=1000, blank=True,
        help_text=_("In the search language, for example: priority:1 service:Payroll. Empty: all."),
    )  # fmt: skip
    #: the condition with names looked up: a service may be renamed without breaking a promise
    resolved = models.JSONField(default=list, editable=False)
    target = models.PositiveIntegerField(
        _("target"), validators=[MinValueValidator(1), MaxValueValidator(MAX_TARGET)], help_text=_("seconds")
    )
    by_plan = models.BooleanField(
        _("as planned"),
        default=False,
        help_text=_(
            "Where an offering or a plan says how long it takes, that is the target; the one here is for the rest."
        ),
    )
    calendar = models.ForeignKey(Calendar, verbose_name=_("calendar"), on_delete=models.PROTECT, related_name="goals")

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering = ["position", "pk"]
        constraints = [models.CheckConstraint(condition=models.Q(target__gt=0), name="target_positive")]

    def __str__(self) -> str:
        return self.condition or str(_("all tickets"))

    def clean(self) -> None:
        """Look the condition's names up; raises ValidationError with the language's sentence."""
        try:
            self.resolved = to_json(resolve(parse(self.condition), lasting=True))
        except LanguageError as error:
            raise ValidationError({"condition": error.message}) from None

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.resolved:
            self.resolved = to_json(resolve(parse(self.condition), lasting=True))
        super().save(*args, **kwargs)

    @property
    def tree(self) -> Node:
        """The condition, resolved."""
        return from_json(self.resolved)
