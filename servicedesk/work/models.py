"""Pieces of work under a ticket: the steps of its plan, and the tasks that carry them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.models import Ticket


class StepKind(models.TextChoices):
    TASK = "task", _("a task for a team")
    WEBHOOK = "webhook", _("a task that an outside system does")
    ORDER = "order", _("another request")


class StepState(models.TextChoices):
    WAITING = "waiting", _("Comes later")
    ACTIVE = "active", _("At work")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Not needed")
    FAILED = "failed", _("Cannot be done")


#: What lets the steps after it begin.
OVER = (StepState.DONE, StepState.SKIPPED)


class WorkStep(models.Model):
    """One step of a ticket's plan, kept as it was when the work began."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="work_steps")
    key = models.CharField(max_length=40)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=7, choices=StepKind.choices, default=StepKind.TASK)
    title = models.CharField(_("title"), max_length=150)
    #: what the customer reads; empty: they do not see it
    shown = models.CharField(max_length=150, blank=True)
    team = models.ForeignKey("people.Team", null=True, on_delete=models.PROTECT, related_name="+")
    #: who does it, where the plan names somebody
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    instructions = models.TextField(blank=True)
    after = ArrayField(models.CharField(max_length=40), default=list)
    planned_seconds = models.PositiveIntegerField(null=True)
    url = models.CharField(max_length=500, blank=True)
    secret = models.CharField(max_length=120, blank=True)
    #: what an order asks for; its process reads it
    spec = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=StepState.choices, default=StepState.WAITING)
    #: the task or request that carries it
    carrier = models.OneToOneField(Ticket, null=True, on_delete=models.SET_NULL, related_name="carries")
    remark = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["ticket", "key"], name="work_step_once")]

    def __str__(self) -> str:
        return self.title


class Task(Ticket):
    """A piece of work for a team, under a ticket. Customers see the step, not the task."""

    parent = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="tasks")

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")


class Call(models.Model):
    """That an outside system is to be told of its task: tried until it answers, or given up."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="call")
    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=120, blank=True)
    body = models.JSONField()
    try_at = models.DateTimeField(null=True, default=timezone.now)  # null: done or given up
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("call of an outside system")
        verbose_name_plural = _("calls of outside systems")
        indexes = [models.Index(fields=["try_at"], condition=Q(try_at__isnull=False), name="call_due")]

    def __str__(self) -> str:
        return f"{self.task_id} → {self.url}"
