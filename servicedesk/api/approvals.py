"""Approvals over REST: what waits for the caller, and deciding."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from servicedesk.approvals import operations
from servicedesk.approvals.models import Answer, ApprovalState, Approver, StepState, Via
from servicedesk.people import access
from servicedesk.people.models import User
from servicedesk.tickets.errors import Invalid

from .fields import Named, Reference, Strict, Text
from .pagination import Cursor


class AskedRow(serializers.Serializer[Any]):
    """That somebody is asked, in one step of a ticket's approval."""

    id = serializers.IntegerField()
    ticket = serializers.CharField(source="step.approval.ticket.number")
    title = serializers.CharField(source="step.approval.ticket.title")
    step = serializers.CharField(source="step.name")
    person = Named(source="user")
    in_place_of = Named(allow_null=True)
    why = serializers.CharField(help_text="The rule by which they are asked.")
    answer = serializers.ChoiceField(Answer.choices)
    comment = serializers.CharField()
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)


class ApprovalStepRow(serializers.Serializer[Any]):
    name = serializers.CharField()
    mode = serializers.CharField(help_text="any, all, or share (per cent in `share`)")
    share = serializers.IntegerField()
    state = serializers.ChoiceField(StepState.choices)
    remark = serializers.CharField()
    people = AskedRow(source="approvers", many=True)


class ApprovalRow(serializers.Serializer[Any]):
    """A ticket's approval, with its steps."""

    plan = serializers.CharField(source="plan_name")
    state = serializers.ChoiceField(ApprovalState.choices)
    asked_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    steps = ApprovalStepRow(many=True)


class DecisionRequest(Strict):
    """The decision. A rejection needs a comment."""

    approve = serializers.BooleanField()
    comment = Text(max_length=1000, required=False, allow_blank=True)


class DelegateRequest(Strict):
    """Who decides instead."""

    to = Reference(queryset=User.objects.filter(is_active=True))
    comment = Text(max_length=1000, required=False, allow_blank=True)

    def get_fields(self) -> Any:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and not getattr(request, "swagger_fake_view", False):
            fields["to"].queryset = access.nameable_people(request.user, User.objects.all())  # type: ignore[attr-defined]
        return fields


class Approvals(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What you are asked to approve: waiting ones with `?answer=asked`."""

    serializer_class = AskedRow
    pagination_class = Cursor
    lookup_value_regex = "[0-9]{1,18}"
    queryset = Approver.objects.none()

    def get_queryset(self) -> QuerySet[Approver]:
        if not self.request.user.is_authenticated:
            return Approver.objects.none()
        rows = Approver.objects.filter(user=self.request.user)
        wanted = self.request.query_params.get("answer", "")
        if wanted and self.action == "list":
            if wanted not in Answer.values:
                raise Invalid({"answer": "One of: " + ", ".join(Answer.values)})
            rows = rows.filter(answer=wanted)
        return rows.select_related("step__approval__ticket__requester", "user", "in_place_of")

    @extend_schema(request=DecisionRequest, responses=AskedRow)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Approve or reject."""
        approver = self.get_object()
        body = DecisionRequest(data=request.data)
        body.is_valid(raise_exception=True)
        operations.decide(approver, actor=request.user, via=Via.API, **body.validated_data)
        return Response(AskedRow(self.get_object()).data)

    @extend_schema(request=DelegateRequest, responses=AskedRow)
    @action(detail=True, methods=["post"])
    def delegate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Pass it on; answers with your own row as it is then."""
        approver = self.get_object()
        body = DelegateRequest(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        operations.delegate(approver, actor=request.user, **body.validated_data)
        return Response(AskedRow(self.get_object()).data)
