from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from servicedesk.tickets.models import Ticket

from .agreement import Agreement, Goal
from .calendar import Calendar


class ClockState(models.TextChoices):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Clock(models.Model):
    """One cycle of an agreement on a ticket.

    Everything but ``fired`` and ``quiet_until`` follows from the ticket's events
    and the agreement (see sla/fold.py). ``spans`` are the stretches in which it
    ran, ``[start, end or null]``; ``pauses`` why it did not,
    ``[start, end or null, status, reason]``, with a null reason for the time
    between a stop and the reopening that continued it; instants are ISO 8601 in UTC.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="clocks")
    cycle = models.PositiveIntegerField()
    #: null while no goal matches any more: the past is kept, nothing is due
    goal = models.ForeignKey(Goal, null=True, on_delete=models.SET_NULL, related_name="clocks")
    calendar = models.ForeignKey(Calendar, null=True, on_delete=models.PROTECT, related_name="clocks")
    target = models.PositiveIntegerField(null=True, help_text="working seconds")
    #: since when this goal applies: nothing was late before
    goal_since = models.DateTimeField()
    state = models.CharField(max_length=7, choices=ClockState.choices)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    spans = models.JSONField(default=list)
    pauses = models.JSONField(default=list)
    #: when the target is or was reached; of a paused clock null unless that is past
    due_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    #: whether the breach was remembered under earlier rules, that today's would not find
    breach_kept = models.BooleanField(default=False)
    elapsed = models.PositiveBigIntegerField(null=True, help_text="working seconds, of a clock that does not run")
    #: the next threshold that has not fired; null takes it out of the sweep's index
    next_at = models.DateTimeField(null=True)
    #: rules that fired in this cycle, and 0 once the breach was told
    fired = ArrayField(models.BigIntegerField(), default=list)
    #: thresholds up to here fire nothing: the past of an import, an edit that moves due times back
    quiet_until = models.DateTimeField(null=True)
    #: the agreement's, when this was computed
    revision = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "agreement", "cycle"], name="clock_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="clock_next"),
            models.Index(fields=["agreement", "revision"], condition=~Q(state="stopped"), name="clock_open"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} {self.cycle} of {self.ticket_id}"
