from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.models import Event

from .agreement import Agreement
from .clock import Clock


class At(models.TextChoices):
    PERCENT = "percent", _("% of the target")
    BEFORE = "before", _("before it is due")
    AFTER = "after", _("after it was due")


class EscalationRule(models.Model):
    """When something is to happen with a clock of the agreement."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    at = models.CharField(_("when"), max_length=7, choices=At.choices, default=At.PERCENT)
    amount = models.PositiveIntegerField(_("amount"), help_text=_("per cent, or working seconds"))
    only_open = models.BooleanField(
        _("in opening hours only"), default=True,
        help_text=_("Outside the goal's calendar it waits for the next opening."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("escalation rule")
        verbose_name_plural = _("escalation rules")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        if self.at == At.PERCENT:
            return f"{self.amount} %"
        from ..durations import written

        return f"{written(self.amount)} {self.get_at_display()}"

    def clean(self) -> None:
        if self.at == At.PERCENT and self.amount is not None and not 1 <= self.amount <= 1000:
            raise ValidationError({"amount": _("Between 1 and 1000 per cent.")})
        if self.at == At.BEFORE and self.amount == 0:
            raise ValidationError({"amount": _("For the due time itself, choose 100 % of the target.")})


class ActionKind(models.TextChoices):
    ASSIGNEE = "assignee", _("notify the assignee")
    TEAM = "team", _("notify the team")
    LEAD = "lead", _("notify the team's lead")
    CONTACT = "contact", _("notify the contact of the requester's organisation")
    PERSON = "person", _("notify a person")
    ON_CALL = "on_call", _("notify on-call")
    REASSIGN = "reassign", _("reassign to a team")
    RAISE = "raise", _("raise the priority by one")
    NOTE = "note", _("add an internal note")
    WEBHOOK = "webhook", _("call a webhook")
    APPROVERS = "approvers", _("remind the approvers")
    EXPIRE = "expire", _("let the approval expire")


class EscalationAction(models.Model):
    """One of the things a rule does."""

    rule = models.ForeignKey(EscalationRule, on_delete=models.CASCADE, related_name="actions")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    kind = models.CharField(_("action"), max_length=10, choices=ActionKind.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    team = models.ForeignKey(
        "people.Team", verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("To reassign to; or whose on-call rota, if not the ticket's team's."),
    )  # fmt: skip
    text = models.CharField(_("note"), max_length=1000, blank=True)
    url = models.CharField(
        _("webhook address"), max_length=500, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    secret = models.CharField(
        _("webhook secret"), max_length=120, blank=True,
        help_text=_("Signs the body: X-Servicedesk-Signature is its HMAC-SHA256 with this, in hex."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def clean(self) -> None:
        """Refuse an action that would have nothing to act with."""
        needed = {
            ActionKind.PERSON: ("person", _("Choose who is told.")),
            ActionKind.REASSIGN: ("team", _("Choose the team that gets it.")),
            ActionKind.NOTE: ("text", _("Write the note.")),
            ActionKind.WEBHOOK: ("url", _("Give the address that is called.")),
        }
        if self.kind in needed:
            name, text = needed[ActionKind(self.kind)]
            if not getattr(self, name):
                raise ValidationError({name: text})


class Firing(models.Model):
    """That a rule fired for a clock: once for each clock (which is one cycle) and rule, by the database's own word."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="firings")
    rule = models.ForeignKey(EscalationRule, null=True, on_delete=models.SET_NULL, related_name="firings")
    event = models.ForeignKey(Event, null=True, on_delete=models.CASCADE, related_name="+")
    threshold_at = models.DateTimeField()
    fired_at = models.DateTimeField()

    class Meta:
        verbose_name = _("firing")
        verbose_name_plural = _("firings")
        constraints = [models.UniqueConstraint(fields=["clock", "rule"], name="firing_once")]
        indexes = [models.Index(fields=["-fired_at"], name="firing_latest")]

    def __str__(self) -> str:
        return f"rule {self.rule_id} of clock {self.clock_id}"


class Reaction(models.Model):
    """An action that a firing calls for, tried on its own until it is done or given up."""

    firing = models.ForeignKey(Firing, on_delete=models.CASCADE, related_name="reactions")
    action = models.ForeignKey(EscalationAction, on_delete=models.CASCADE, related_name="reactions")
    try_at = models.DateTimeField(null=True)  # null: done or given up
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("escalation action taken")
        verbose_name_plural = _("escalation actions taken")
        constraints = [models.UniqueConstraint(fields=["firing", "action"], name="reaction_once")]
        indexes = [models.Index(fields=["try_at"], condition=Q(try_at__isnull=False), name="reaction_due")]

    def __str__(self) -> str:
        return f"{self.action} for {self.firing_id}"
