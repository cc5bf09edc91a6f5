"""Tasks over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from servicedesk.api.fields import Number, Reference, Strict, Text
from servicedesk.api.tickets import TicketDetail, TicketViewSet
from servicedesk.people import access
from servicedesk.people.models import Team, User
from servicedesk.tickets.models import Ticket

from .models import StepKind, StepState, Task, WorkStep
from .operations import add_task
from .process import TASK


class WorkStepRow(serializers.Serializer[Any]):
    """One step of a ticket's plan."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(StepKind.choices)
    title = serializers.CharField()
    shown = serializers.CharField(help_text="What the customer reads; empty: they do not see it.")
    state = serializers.ChoiceField(StepState.choices)
    after = serializers.ListField(child=serializers.CharField())
    carrier = serializers.SerializerMethodField(help_text="The number of the task or request that carries it.")
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    remark = serializers.CharField()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_carrier(self, step: WorkStep) -> str | None:
        return step.carrier.number if step.carrier is not None else None


class TaskDetail(TicketDetail):
    """A task with the ticket it is part of."""

    parent = serializers.CharField(source="parent.number")  # type: ignore[assignment]


class NewTask(Strict):
    """A task under a ticket; it begins at once."""

    parent = Text(max_length=40, help_text="The ticket's number.")  # type: ignore[assignment]
    title = Text(max_length=150)
    instructions = Text(max_length=50_000, required=False, allow_blank=True)
    team = Reference(queryset=Team.objects.filter(is_active=True), required=False, allow_null=True)
    assignee = Reference(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    planned_seconds = Number(
        min_value=1, max_value=5 * 366 * 86_400, required=False, allow_null=True, help_text="Working time it may take."
    )


class Tasks(TicketViewSet):
    """Tasks of requests; for agents."""

    process = TASK
    detail_class = TaskDetail
    queryset = Task.objects.none()

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("parent")

    @extend_schema(request=NewTask, responses={201: TaskDetail})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a task to a ticket."""
        body = NewTask(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        number = values.pop("parent").upper()
        parent = get_object_or_404(access.visible(request.user, Ticket.objects.all()), number=number)
        task = add_task(parent, actor=request.user, **values)
        return self.shown(task.number, status.HTTP_201_CREATED)


router = SimpleRouter()
router.register("tasks", Tasks, "api-tasks")
