"""Tickets over REST, for every process: the same operations and access rules as the screens.

A process gives its model, its open operation and its own serializer; see incidents/api.py.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from servicedesk.people import access
from servicedesk.people.models import Team, User
from servicedesk.services.models import Service
from servicedesk.sla.models import AgreementType, Clock, ClockState
from servicedesk.tickets import operations, registry
from servicedesk.tickets.models import (
    Category,
    Channel,
    Impact,
    Message,
    MessageKind,
    Priority,
    ResolutionCode,
    StatusCategory,
    Ticket,
    Urgency,
)
from servicedesk.tickets.search import by_number, search_query
from servicedesk.tickets.similar import similar

from .fields import Named, Number, Reference, Strict, Text
from .pagination import Cursor

RELATED = ("requester", "organisation", "team", "assignee", "service", "category", "resolution_code")


def choice_help(choices: Any) -> str:
    """1: High, 2: …"""
    return ", ".join(f"{value}: {label}" for value, label in choices.choices)


class AlikeRow(serializers.Serializer):
    """A ticket that is like another."""

    number = serializers.CharField(source="ticket.number")
    title = serializers.CharField(source="ticket.title")
    status = serializers.CharField(source="ticket.status")
    score = serializers.FloatField(help_text="From 0 to 1.")
    why = serializers.ListField(child=serializers.CharField())


class TicketRow(serializers.Serializer):
    """A ticket in a list."""

    number = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    status = serializers.CharField()
    status_category = serializers.ChoiceField(StatusCategory.choices)
    impact = serializers.IntegerField(min_value=1, max_value=3, help_text=choice_help(Impact))
    urgency = serializers.IntegerField(min_value=1, max_value=3, help_text=choice_help(Urgency))
    priority = serializers.IntegerField(min_value=1, max_value=4, help_text=choice_help(Priority))
    requester = Named(allow_null=True)
    organisation = Named(allow_null=True)
    team = Named(allow_null=True)
    assignee = Named(allow_null=True)
    service = Named(allow_null=True)
    category = serializers.SerializerMethodField()
    channel = serializers.ChoiceField(Channel.choices)
    tags = serializers.ListField(child=serializers.CharField())
    external_ref = serializers.CharField()
    is_major = serializers.BooleanField()
    opened_at = serializers.DateTimeField()
    activity_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.SerializerMethodField(help_text="When the next running promise is due; null for customers.")
    version = serializers.IntegerField(help_text="Send it back with a change to be told of others' changes.")

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_due_at(self, ticket: Ticket) -> Any:
        at = ticket.due_at if self.context["request"].user.is_agent else None
        return serializers.DateTimeField().to_representation(at) if at else None

    @extend_schema_field(Named(allow_null=True))
    def get_category(self, ticket: Ticket) -> Any:
        return {"id": ticket.category.pk, "name": ticket.category.path} if ticket.category else None


class ClockRow(serializers.Serializer):
    """One cycle of a service level agreement on a ticket."""

    agreement = serializers.CharField(source="agreement.name")
    metric = serializers.CharField(source="agreement.metric.name")
    type = serializers.ChoiceField(AgreementType.choices, source="agreement.type")
    cycle = serializers.IntegerField()
    state = serializers.ChoiceField(ClockState.choices)
    target_seconds = serializers.IntegerField(source="target", help_text="Working time of the goal's calendar.")
    elapsed_seconds = serializers.IntegerField(
        source="elapsed", allow_null=True, help_text="Working time used; null while it runs."
    )
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    breached_at = serializers.DateTimeField(allow_null=True)


class StepRow(serializers.Serializer):
    """A step that may be taken now."""

    slug = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    needs = serializers.ListField(child=serializers.CharField())


class TicketDetail(TicketRow):
    """One ticket, whole."""

    description = serializers.CharField()
    status_reason = serializers.CharField()
    priority_reason = serializers.CharField()
    resolution = serializers.CharField()
    resolution_code = Named(allow_null=True)
    reopened = serializers.IntegerField()
    reassigned = serializers.IntegerField()
    transitions = serializers.SerializerMethodField(help_text="The steps that you may take now.")
    service_levels = serializers.SerializerMethodField(help_text="Its clocks; customers get those of promises to them.")

    @extend_schema_field(ClockRow(many=True))
    def get_service_levels(self, ticket: Ticket) -> Any:
        clocks = Clock.objects.filter(ticket_id=ticket.pk, goal__isnull=False).select_related("agreement__metric")
        if not self.context["request"].user.is_agent:
            clocks = clocks.filter(agreement__type=AgreementType.SLA)
        return ClockRow(clocks.order_by("agreement", "cycle")[:100], many=True).data

    @extend_schema_field(StepRow(many=True))
    def get_transitions(self, ticket: Ticket) -> Any:
        steps = ticket.process.lifecycle.open_to(self.context["request"].user, ticket)
        return [{"slug": step.slug, "label": str(step.label), "needs": list(step.needs)} for step in steps]


class MessageRow(serializers.Serializer):
    """Something said about a ticket."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(MessageKind.choices)
    author = Named(allow_null=True)
    body = serializers.CharField()
    body_html = serializers.CharField()
    channel = serializers.ChoiceField(Channel.choices)
    is_automatic = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class NewTicket(Strict):
    """A new ticket. Only the title is needed; what is left out is as on the screens."""

    title = Text(max_length=200)
    description = Text(max_length=50_000, required=False, allow_blank=True)
    requester = Reference(queryset=User.objects.filter(is_active=True), required=False)
    service = Reference(queryset=Service.objects.filter(is_active=True), required=False, allow_null=True)
    category = Reference(queryset=Category.objects.filter(is_active=True), required=False, allow_null=True)
    impact = Number(min_value=1, max_value=3, required=False, help_text=choice_help(Impact))
    urgency = Number(min_value=1, max_value=3, required=False, help_text=choice_help(Urgency))
    team = Reference(queryset=Team.objects.filter(is_active=True), required=False, allow_null=True)
    assignee = Reference(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    tags = serializers.ListField(child=Text(max_length=40), required=False, max_length=20)

    def get_fields(self) -> Any:
        """Customers choose among what they see: an id of somebody else is one that does not exist."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and not getattr(request, "swagger_fake_view", False):
            for name in ("requester", "assignee"):
                fields[name].queryset = access.visible_people(request.user, fields[name].queryset)  # type: ignore[attr-defined]
            fields["team"].queryset = access.visible_teams(request.user, fields["team"].queryset)  # type: ignore[attr-defined]
        return fields


class TicketChange(NewTicket):
    """Fields to change; those left out stay."""

    title = Text(max_length=200, required=False)
    requester = Reference(queryset=User.objects.filter(is_active=True), required=False)
    priority = Number(
        min_value=1, max_value=4, required=False, allow_null=True,
        help_text=f"{choice_help(Priority)}; null gives it back to the matrix. Needs a priority_reason.",
    )  # fmt: skip
    priority_reason = Text(max_length=250, required=False, allow_blank=True)
    version = Number(
        min_value=1, max_value=2**31 - 1, required=False,
        help_text="The version your change starts from: a field changed since then is a conflict.",
    )  # fmt: skip


class StepRequest(Strict):
    """A step with what it needs (see the ticket's ``transitions``)."""

    transition = Text(max_length=30)
    reason = Text(max_length=500, required=False, allow_blank=True)
    resolution = Text(max_length=50_000, required=False, allow_blank=True)
    resolution_code = Reference(queryset=ResolutionCode.objects.filter(is_active=True), required=False)
    version = Number(min_value=1, max_value=2**31 - 1, required=False)


class ReplyRequest(Strict):
    """A message to everybody on the ticket, perhaps with a step."""

    body = Text(max_length=50_000)
    then = Text(max_length=30, required=False, help_text="A step to take with it.")
    resolution_code = Reference(queryset=ResolutionCode.objects.filter(is_active=True), required=False)


class NoteRequest(Strict):
    """A note for agents."""

    body = Text(max_length=50_000)


class TicketFilter(serializers.Serializer):
    """The list's parameters; a wrong one is refused rather than left out."""

    status = serializers.CharField(required=False, max_length=30)
    status_category = serializers.ChoiceField(StatusCategory.choices, required=False)
    priority = serializers.IntegerField(required=False, min_value=1, max_value=4)
    team = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    assignee = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    requester = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    organisation = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    service = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    category = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    external_ref = serializers.CharField(required=False, max_length=120)
    q = serializers.CharField(required=False, max_length=200, help_text="Words to search for, or a number.")

    def validate_status(self, value: str) -> str:
        if value not in registry.states():
            raise serializers.ValidationError("There is no such status.")
        return value


class MessageCursor(CursorPagination):
    page_size = 100
    ordering = "pk"


class TicketViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What every process offers; it names its ``process`` and opens by its own operation."""

    process: registry.Process
    pagination_class = Cursor
    lookup_field = "number"
    lookup_value_regex = "[A-Za-z0-9-]{1,40}"
    serializer_class: Any = TicketRow
    detail_class: Any = TicketDetail  #: of a whole ticket; a process adds its own fields
    queryset = Ticket.objects.none()

    def get_queryset(self) -> QuerySet[Any]:
        tickets = self.process.model.objects.defer("search").select_related(*RELATED)
        return access.visible(self.request.user, tickets)

    def get_serializer_class(self) -> Any:
        return TicketRow if self.action == "list" else self.detail_class

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.action != "list":
            return queryset
        wanted = TicketFilter(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        values = dict(wanted.validated_data)
        words = values.pop("q", None)
        queryset = queryset.filter(**values)
        if words:
            query = search_query(words)
            spoken = Message.objects.filter(search=query)
            if not access.may(self.request.user, "see_internal", Ticket()):
                spoken = spoken.filter(kind=MessageKind.REPLY)
            condition = Q(search=query) | Q(pk__in=spoken.values("ticket"))
            if (numbered := by_number(words)) is not None:
                condition |= numbered
            queryset = queryset.filter(condition)
        return queryset

    def ticket(self) -> Ticket:
        """The ticket of the address, as the caller may see it; raises Http404."""
        return get_object_or_404(self.get_queryset(), number=self.kwargs["number"].upper())

    def get_object(self) -> Ticket:
        return self.ticket()

    def shown(self, number: str, code: int = status.HTTP_200_OK) -> Response:
        """The ticket as it is now."""
        fresh = self.get_queryset().filter(number=number).first()
        if fresh is None:  # it went where the caller does not see it
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(self.detail_class(fresh, context=self.get_serializer_context()).data, status=code)

    @extend_schema(parameters=[TicketFilter], responses=TicketRow(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Tickets that you may see, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=TicketDetail)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One ticket."""
        return super().retrieve(request, *args, **kwargs)

    def opened(self, request: Request, values: dict[str, Any]) -> Ticket:
        """Open one; the process's own operation."""
        return operations.open_ticket(self.process, actor=request.user, channel=Channel.API, **values)

    @extend_schema(request=NewTicket, responses={201: TicketDetail})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open a ticket."""
        body = NewTicket(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        ticket = self.opened(request, dict(body.validated_data))
        return self.shown(ticket.number, status.HTTP_201_CREATED)

    @extend_schema(request=TicketChange, responses={200: TicketDetail, 204: None})
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change fields; all or nothing."""
        ticket = self.ticket()
        body = TicketChange(data=request.data, context=self.get_serializer_context(), partial=True)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        version = values.pop("version", None)
        given = {name: values.pop(name) for name in ("team", "assignee") if name in values}
        with transaction.atomic():
            if values or not given:
                ticket = operations.change(ticket, actor=request.user, expected_version=version, **values)
                version = version and (ticket.version if values else version)
            if given:
                operations.assign(ticket, actor=request.user, expected_version=version, **given)
        return self.shown(ticket.number)

    @extend_schema(request=StepRequest, responses={200: TicketDetail, 204: None})
    @action(detail=True, methods=["post"])
    def transition(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a step of the lifecycle."""
        ticket = self.ticket()
        body = StepRequest(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        operations.transition(
            ticket, values.pop("transition"), actor=request.user, expected_version=values.pop("version", None), **values
        )
        return self.shown(ticket.number)

    @extend_schema(request=ReplyRequest, responses={201: MessageRow})
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write to everybody on the ticket."""
        ticket = self.ticket()
        body = ReplyRequest(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        message = operations.reply(ticket, actor=request.user, channel=Channel.API, **body.validated_data)
        return Response(MessageRow(message).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=NoteRequest, responses={201: MessageRow})
    @action(detail=True, methods=["post"])
    def note(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write an internal note; agents only."""
        ticket = self.ticket()
        access.require(request.user, "note", ticket)
        body = NoteRequest(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        message = operations.note(ticket, actor=request.user, channel=Channel.API, **body.validated_data)
        return Response(MessageRow(message).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=AlikeRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def similar(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The five tickets most like it, open and solved, each with why; agents only."""
        ticket = self.ticket()
        access.require(request.user, "note", ticket)
        return Response(AlikeRow(similar(ticket, request.user), many=True).data)

    @extend_schema(
        responses=MessageRow(many=True), filters=False,
        parameters=[OpenApiParameter("cursor", OpenApiTypes.STR, description="The page, as `next` gives it.")],
    )  # fmt: skip
    @action(detail=True, methods=["get"], pagination_class=MessageCursor)
    def messages(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The conversation, oldest first; internal notes for agents only."""
        ticket = self.ticket()
        rows = Message.objects.filter(ticket_id=ticket.pk).select_related("author").defer("search")
        if not access.may(request.user, "see_internal", ticket):
            rows = rows.filter(kind=MessageKind.REPLY)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(MessageRow(page, many=True).data)
