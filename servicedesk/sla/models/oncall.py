from __future__ import annotations

import datetime
import secrets

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models.user import default_time_zone, validate_time_zone
from servicedesk.tickets.models import Event, Ticket


def feed_token() -> str:
    return secrets.token_urlsafe(24)


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Rota(models.Model):
    """Who of a team is on call: its members take weeks in turn."""

    team = models.OneToOneField("people.Team", verbose_name=_("team"), on_delete=models.CASCADE, related_name="rota")
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=default_time_zone, validators=[validate_time_zone]
    )
    weekday = models.PositiveSmallIntegerField(_("hand-over on"), choices=Weekday.choices, default=Weekday.MONDAY)
    time = models.TimeField(_("hand-over at"), default=datetime.time(9))
    begins = models.DateField(
        _("begins"), default=timezone.localdate, help_text=_("The first member is on call from the hand-over on or before this day.")
    )  # fmt: skip
    patience = models.PositiveSmallIntegerField(
        _("page the next after (minutes)"), default=15, validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_("Without an acknowledgement."),
    )  # fmt: skip
    token = models.CharField(max_length=64, unique=True, default=feed_token, editable=False)

    class Meta:
        verbose_name = _("on-call rota")
        verbose_name_plural = _("on-call rotas")
        ordering = ["team__name"]

    def __str__(self) -> str:
        return str(self.team)


class RotaMember(models.Model):
    """Somebody who takes turns."""

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE)
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)

    class Meta:
        verbose_name = _("member of the rota")
        verbose_name_plural = _("members of the rota")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rota", "user"],
                name="rota_member_once",
                violation_error_message=_("Everybody takes turns once."),
            )
        ]

    def __str__(self) -> str:
        return str(self.user)

    def clean(self) -> None:
        if self.user_id and not (self.user.is_active and self.user.is_agent):
            raise ValidationError({"user": _("%(name)s is not an agent.") % {"name": self.user}})


class RotaOverride(models.Model):
    """Somebody who stands in for a while: holidays, illness, a swap."""

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE)
    start = models.DateTimeField(_("from"))
    end = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        ordering = ["start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")), name="override_ends_after_start",
                violation_error_message=_("It ends before it begins."),
            ),
            ExclusionConstraint(
                name="overrides_do_not_overlap",
                expressions=[
                    ("rota", RangeOperators.EQUAL),
                    (Func("start", "end", function="TSTZRANGE", output_field=DateTimeRangeField()), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Another override covers a part of this time."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.user} {self.start:%Y-%m-%d}–{self.end:%Y-%m-%d}"

    def clean(self) -> None:
        if self.user_id and not (self.user.is_active and self.user.is_agent):
            raise ValidationError({"user": _("%(name)s is not an agent.") % {"name": self.user}})


class Page(models.Model):
    """That somebody on call was called about a ticket, and whether they answered."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="pages")
    team = models.ForeignKey("people.Team", on_delete=models.CASCADE, related_name="+")
    #: the escalation that asked for it
    cause = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pages")
    turn = models.PositiveSmallIntegerField()
    paged_at = models.DateTimeField()
    #: when the next is called; null once somebody acknowledged or everybody was called
    next_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cause", "team", "turn"], name="page_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="page_next"),
            models.Index(fields=["ticket"], condition=Q(acknowledged_at=None), name="page_open"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} about {self.ticket_id}"
