"""People, teams, organisations and what tickets refer to; read only."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets

from servicedesk.people import access
from servicedesk.people.models import Organisation, Role, Team, User
from servicedesk.services.models import Health, Service, Stage
from servicedesk.tickets.models import Category, ResolutionCode

from .fields import Named
from .pagination import Cursor

SEARCH = OpenApiParameter("q", OpenApiTypes.STR, description="Part of the name or address; at most 80 characters.")


class PersonRow(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    organisation = Named(allow_null=True)
    time_zone = serializers.CharField()
    is_active = serializers.BooleanField()


class TeamRow(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    lead = Named(allow_null=True)
    is_active = serializers.BooleanField()


class OrganisationRow(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    domains = serializers.ListField(child=serializers.CharField())
    shared_tickets = serializers.BooleanField()


class ServiceRow(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    criticality = serializers.IntegerField()
    team = Named(allow_null=True)
    owner = Named(allow_null=True)
    status = serializers.ChoiceField(Health.choices, help_text="How it does right now.")
    stage = serializers.ChoiceField(Stage.choices)
    is_active = serializers.BooleanField()


class CategoryRow(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    path = serializers.CharField()
    is_active = serializers.BooleanField()


class ResolutionCodeRow(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()


class Readable(viewsets.ReadOnlyModelViewSet):
    """A list with ``q``, and one row by its id."""

    pagination_class = Cursor
    lookup_value_regex = "[0-9]{1,18}"
    search: tuple[str, ...] = ("name",)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        words = " ".join(self.request.query_params.get("q", "").replace("\x00", "").split())
        if len(words) > 80:
            raise serializers.ValidationError({"q": ["At most 80 characters."]})
        if self.action == "list" and words:
            condition = Q()
            for field in self.search:
                condition |= Q(**{f"{field}__icontains": words})
            queryset = queryset.filter(condition)
        return queryset

    @extend_schema(parameters=[SEARCH])
    def list(self, *args: Any, **kwargs: Any) -> Any:
        return super().list(*args, **kwargs)


class People(Readable):
    """People: agents see everybody, customers themselves and colleagues where their organisation shares."""

    serializer_class = PersonRow
    queryset = User.objects.select_related("organisation")
    search = ("name", "email")

    def get_queryset(self) -> QuerySet[User]:
        return access.visible_people(self.request.user, super().get_queryset())


class Teams(Readable):
    """Teams; for agents."""

    serializer_class = TeamRow
    queryset = Team.objects.select_related("lead")

    def get_queryset(self) -> QuerySet[Team]:
        return access.visible_teams(self.request.user, super().get_queryset())


class Organisations(Readable):
    """Organisations: agents see all, customers their own."""

    serializer_class = OrganisationRow
    queryset = Organisation.objects.all()

    def get_queryset(self) -> QuerySet[Organisation]:
        return access.visible_organisations(self.request.user, super().get_queryset())


class Services(Readable):
    """Services that tickets are about."""

    serializer_class = ServiceRow
    queryset = Service.objects.select_related("team", "owner")


class Categories(Readable):
    """The category tree, each with its path."""

    serializer_class = CategoryRow
    queryset = Category.objects.all()
    search = ("path",)


class ResolutionCodes(Readable):
    """How tickets can be resolved."""

    serializer_class = ResolutionCodeRow
    queryset = ResolutionCode.objects.all()
