"""Freezes and maintenance windows over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from servicedesk.api.fields import Named, Number, Reference, Strict, Text
from servicedesk.api.guard import agents_only
from servicedesk.api.pagination import Cursor
from servicedesk.services.models import Service

from ..models import Freeze, MaintenanceWindow
from ..operations import times


class FreezeRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    reason = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    services = Named(many=True)


class FreezeRequest(Strict):
    """A time in which nothing is changed but emergencies. No services: all of them."""

    name = Text(max_length=120)
    reason = Text(max_length=250, required=False, allow_blank=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    services = serializers.ListField(child=Reference(queryset=Service.objects.all()), required=False, max_length=500)


class MaintenanceRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    weekdays = serializers.ListField(child=serializers.IntegerField(), help_text="0 is Monday.")
    begins = serializers.TimeField()
    minutes = serializers.IntegerField()
    zone = serializers.CharField()
    is_active = serializers.BooleanField()
    services = Named(many=True)


class MaintenanceRequest(Strict):
    """The same hours each week, by the clock of a time zone."""

    name = Text(max_length=120)
    weekdays = serializers.ListField(child=Number(min_value=0, max_value=6), min_length=1, max_length=7)
    begins = serializers.TimeField()
    minutes = Number(min_value=15, max_value=7 * 1440, required=False)
    zone = Text(max_length=64, required=False)
    is_active = serializers.BooleanField(required=False)
    services = serializers.ListField(child=Reference(queryset=Service.objects.all()), max_length=500)


class Times(viewsets.GenericViewSet):
    """What both have: agents read, change managers and admins write."""

    pagination_class = Cursor
    asked: type[Strict]
    operation: Callable[..., Any]  #: makes one, or changes the row it gets
    lookup_value_regex = r"\d{1,17}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        agents_only(request)

    def keep(self, request: Request, row: Any) -> Any:
        """Make or change one."""
        return self.operation(row, actor=request.user, **self.values(request, partial=row is not None))

    def values(self, request: Request, partial: bool = False) -> dict[str, Any]:
        """What was sent, checked."""
        body = self.asked(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def list(self, request: Request) -> Response:
        """All of them, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One of them."""
        return Response(self.get_serializer(self.get_object()).data)

    def create(self, request: Request) -> Response:
        """Make one."""
        return Response(self.get_serializer(self.keep(request, None)).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change one; what is left out stays."""
        return Response(self.get_serializer(self.keep(request, self.get_object())).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Take one away."""
        times.drop(self.get_object(), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Freezes(Times):
    """Times in which nothing is changed but emergencies."""

    queryset = Freeze.objects.prefetch_related("services")
    serializer_class = FreezeRow
    asked = FreezeRequest
    operation = staticmethod(times.freeze)

    @extend_schema(request=FreezeRequest, responses={201: FreezeRow})
    def create(self, request: Request) -> Response:
        """Make a freeze."""
        return super().create(request)

    @extend_schema(request=FreezeRequest, responses=FreezeRow)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a freeze."""
        return super().partial_update(request, pk)


class MaintenanceWindows(Times):
    """When services are changed, week by week."""

    queryset = MaintenanceWindow.objects.prefetch_related("services")
    serializer_class = MaintenanceRow
    asked = MaintenanceRequest
    operation = staticmethod(times.maintenance)

    @extend_schema(request=MaintenanceRequest, responses={201: MaintenanceRow})
    def create(self, request: Request) -> Response:
        """Make a maintenance window."""
        return super().create(request)

    @extend_schema(request=MaintenanceRequest, responses=MaintenanceRow)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a maintenance window."""
        return super().partial_update(request, pk)
