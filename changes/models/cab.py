from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class MeetingState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    OVER = "over", _("Over")
    CANCELLED = "cancelled", _("Cancelled")


class Meeting(models.Model):
    """A meeting of the change advisory board."""

    title = models.CharField(_("title"), max_length=120)
    starts_at = models.DateTimeField(_("begins"), db_index=True)
    ends_at = models.DateTimeField(_("ends"))
    place = models.CharField(_("place"), max_length=200, blank=True, help_text=_("A room, or the address of a call."))
    chair = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("chair"), on_delete=models.PROTECT, related_name="chaired_meetings"
    )
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("members"), related_name="cab_meetings")
    state = models.CharField(_("state"), max_length=9, choices=MeetingState.choices, default=MeetingState.PLANNED)
    minutes = models.TextField(_("minutes"), blank=True)
    #: counts what was sent, as iCalendar's SEQUENCE
    sequence = models.PositiveIntegerField(default=0)
    #: the sequence that members were told of last
    sent = models.IntegerField(default=-1)

    class Meta:
        verbose_name = _("CAB meeting")
        verbose_name_plural = _("CAB meetings")
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["starts_at"], condition=Q(sent__lt=F("sequence")), name="meeting_to_send")]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="meeting_has_length")]

    def __str__(self) -> str:
        return self.title


class AgendaItem(models.Model):
    """A change that is talked about in a meeting."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="items")
    change = models.ForeignKey("changes.Change", on_delete=models.CASCADE, related_name="agenda")
    position = models.PositiveIntegerField()
    minutes = models.TextField(_("minutes"), blank=True)
    applied_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["meeting", "change"], name="agenda_once")]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.change_id}"


class Choice(models.TextChoices):
    YES = "yes", _("For it")
    NO = "no", _("Against it")
    ABSTAIN = "abstain", _("Abstains")


class Vote(models.Model):
    """What a member said to a change."""

    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="votes")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    choice = models.CharField(max_length=7, choices=Choice.choices)
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.member_id} {self.choice}"
