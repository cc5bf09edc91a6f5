from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.models import Ticket

from .plan import Mode


class ApprovalState(models.TextChoices):
    ASKING = "asking", _("Waiting for a decision")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    EXPIRED = "expired", _("No decision in time")
    CANCELLED = "cancelled", _("Not needed any more")


class Approval(models.Model):
    """That a ticket needs agreement: the plan's steps as they were when it was asked for."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="approvals")
    plan_name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=ApprovalState.choices, default=ApprovalState.ASKING)
    #: who asked: neither they nor the requester decide
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="approvals_asked"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(state="asking"), name="one_open_approval"),
            models.CheckConstraint(
                condition=Q(state="asking", decided_at__isnull=True) | (~Q(state="asking") & Q(decided_at__isnull=False)),
                name="approval_decided_has_time",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.plan_name} of {self.ticket_id}"


class StepState(models.TextChoices):
    WAITING = "waiting", _("Comes later")
    ASKING = "asking", _("Waiting for a decision")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    EXPIRED = "expired", _("No decision in time")
    SKIPPED = "skipped", _("Not needed")


class Step(models.Model):
    """One step of an approval."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    mode = models.CharField(max_length=5, choices=Mode.choices)
    share = models.PositiveSmallIntegerField(default=50)
    #: rules to find approvers by when its turn comes: ``[{"rule": …, "team": id, "person": id}]``
    rules = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=StepState.choices, default=StepState.WAITING)
    #: why it was skipped, or who decides instead
    remark = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["approval", "position"], name="approval_step_once")]

    def __str__(self) -> str:
        return self.name


class Answer(models.TextChoices):
    ASKED = "asked", _("asked")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    DELEGATED = "delegated", _("passed on")
    RELEASED = "released", _("not needed any more")


class Via(models.TextChoices):
    PORTAL = "portal", _("portal")
    DESK = "desk", _("desk")
    API = "api", _("API")
    MAIL = "mail", _("link in a mail")
    MEETING = "meeting", _("meeting")


def new_nonce() -> str:
    return secrets.token_hex(8)


class Approver(models.Model):
    """One person who is asked in one step."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="approvers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approvals_to_give")
    #: in whose place, when a deputy is asked or somebody passed it on
    in_place_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="approvals_represented"
    )
    why = models.CharField(max_length=120)
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.ASKED)
    comment = models.CharField(max_length=1000, blank=True)
    via = models.CharField(max_length=7, choices=Via.choices, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    #: part of the link in the mail: a new one makes older links useless
    nonce = models.CharField(max_length=16, default=new_nonce)

    class Meta:
        verbose_name = _("approver")
        verbose_name_plural = _("approvers")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["step", "user"], name="approver_once")]
        indexes = [models.Index(fields=["user", "asked_at"], condition=Q(answer="asked"), name="approver_asked")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.answer}"
