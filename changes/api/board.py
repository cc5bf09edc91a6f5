"""Meetings of the change advisory board over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from servicedesk.api.fields import Named, Reference, Strict, Text
from servicedesk.api.guard import agents_only
from servicedesk.api.pagination import Cursor
from servicedesk.people.models import User

from .. import cab
from ..models import AgendaItem, Meeting
from ..models.cab import Choice, MeetingState


class VoteRow(serializers.Serializer[Any]):
    member = serializers.IntegerField(source="member_id")
    choice = serializers.ChoiceField(Choice.choices)


class ItemRow(serializers.Serializer[Any]):
    """A change on an agenda."""

    change = serializers.CharField(source="change.number")
    title = serializers.CharField(source="change.title")
    risk_level = serializers.CharField(source="change.risk_level")
    minutes = serializers.CharField()
    votes = VoteRow(many=True)
    asked = serializers.SerializerMethodField(help_text="Ids of people whose approval is asked right now.")
    result = serializers.CharField()

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_asked(self, item: AgendaItem) -> list[int]:
        return sorted(getattr(item, "asked", ()))


class MeetingRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    place = serializers.CharField()
    state = serializers.ChoiceField(MeetingState.choices)
    chair = Named()


class MeetingDetail(MeetingRow):
    minutes = serializers.CharField()
    members = Named(many=True)
    items = serializers.SerializerMethodField()

    @extend_schema_field(ItemRow(many=True))
    def get_items(self, meeting: Meeting) -> Any:
        return ItemRow(cab.agenda(meeting, self.context["request"].user), many=True).data


class MeetingRequest(Strict):
    """A meeting; its agenda is drawn from what waits for authorisation, and its members are invited."""

    title = Text(max_length=120)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    place = Text(max_length=200, required=False, allow_blank=True)
    members = serializers.ListField(child=Reference(queryset=User.objects.filter(is_active=True)), max_length=50)


class MeetingVote(Strict):
    change = Text(max_length=20)
    member = Reference(queryset=User.objects.all(), required=False, help_text="Yourself unless given.")
    choice = serializers.ChoiceField([*Choice.choices, ("", "taken back")])


class MeetingNote(Strict):
    change = Text(max_length=20)
    minutes = Text(max_length=20_000, allow_blank=True)


class MeetingApply(Strict):
    change = Text(max_length=20)


class MeetingEnd(Strict):
    minutes = Text(max_length=50_000, required=False, allow_blank=True)


class Meetings(viewsets.GenericViewSet):
    """Meetings: agents read, change managers, admins and the chair lead."""

    queryset = Meeting.objects.select_related("chair").prefetch_related("members")
    serializer_class = MeetingDetail
    pagination_class = Cursor
    lookup_value_regex = r"\d{1,17}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        agents_only(request)

    def shown(self, meeting: Meeting, code: int = status.HTTP_200_OK) -> Response:
        """The meeting as it is now."""
        fresh = self.get_queryset().get(pk=meeting.pk)
        return Response(MeetingDetail(fresh, context=self.get_serializer_context()).data, status=code)

    def sent(self, request: Request, asked: type[Strict]) -> dict[str, Any]:
        """What was sent, checked."""
        body = asked(data=request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def item(self, meeting: Meeting, number: str) -> AgendaItem:
        """The change's item on the agenda; raises Http404."""
        seen = [item.pk for item in cab.agenda(meeting, self.request.user)]
        return get_object_or_404(meeting.items, pk__in=seen, change__number=number.upper())

    @extend_schema(responses=MeetingRow(many=True))
    def list(self, request: Request) -> Response:
        """Meetings, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(MeetingRow(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        """A meeting with its agenda and votes."""
        return self.shown(self.get_object())

    @extend_schema(request=MeetingRequest, responses={201: MeetingDetail})
    def create(self, request: Request) -> Response:
        """Plan a meeting."""
        meeting = cab.plan(actor=request.user, **self.sent(request, MeetingRequest))
        return self.shown(meeting, status.HTTP_201_CREATED)

    @extend_schema(request=MeetingRequest, responses=MeetingDetail)
    def update(self, request: Request, pk: str) -> Response:
        """Move it or change who comes; the members are told."""
        row = self.get_object()
        return self.shown(
            cab.plan(actor=request.user, meeting=row, chair=row.chair, **self.sent(request, MeetingRequest))
        )

    @extend_schema(request=None, responses=MeetingDetail)
    @action(detail=True, methods=["post"])
    def draw(self, request: Request, pk: str) -> Response:
        """Draw the agenda anew."""
        row = self.get_object()
        cab.require_lead(request.user, row)
        cab.draw(row, actor=request.user)
        return self.shown(row)

    @extend_schema(request=MeetingVote, responses=MeetingDetail)
    @action(detail=True, methods=["post"])
    def vote(self, request: Request, pk: str) -> Response:
        """Keep a vote."""
        row, values = self.get_object(), self.sent(request, MeetingVote)
        item = self.item(row, values["change"])
        cab.vote(item, member=values.get("member", request.user), choice=values["choice"], actor=request.user)
        return self.shown(row)

    @extend_schema(request=MeetingNote, responses=MeetingDetail)
    @action(detail=True, methods=["post"])
    def note(self, request: Request, pk: str) -> Response:
        """Keep the minutes of a change."""
        row, values = self.get_object(), self.sent(request, MeetingNote)
        cab.note(self.item(row, values["change"]), text=values["minutes"], actor=request.user)
        return self.shown(row)

    @extend_schema(request=MeetingApply, responses=MeetingDetail)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Turn the votes on a change into approvals."""
        row, values = self.get_object(), self.sent(request, MeetingApply)
        cab.apply(self.item(row, values["change"]), actor=request.user)
        return self.shown(row)

    @extend_schema(request=MeetingEnd, responses=MeetingDetail)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """The meeting is over."""
        return self.shown(cab.end(self.get_object(), actor=request.user, **self.sent(request, MeetingEnd)))

    @extend_schema(request=None, responses=MeetingDetail)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """It does not take place."""
        return self.shown(cab.cancel(self.get_object(), actor=request.user))
