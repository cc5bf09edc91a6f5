"""The catalogue over REST: what can be ordered, and for admins what it is made of."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from servicedesk.api.fields import Named
from servicedesk.api.pagination import Cursor
from servicedesk.people import access
from servicedesk.text import asked
from servicedesk.tickets.money import currency

from . import documents, versions
from .entitlement import orderable
from .front import matching
from .models import Category, FieldType, Offering
from .views import cards

DECIMAL = {"max_digits": 12, "decimal_places": 2}


class ShelfRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    icon = serializers.CharField()


class OfferingRow(serializers.Serializer[Any]):
    """Something you may order."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    icon = serializers.CharField()
    category = Named()
    from_once = serializers.DecimalField(**DECIMAL, help_text="The least it costs once.")  # type: ignore[arg-type]
    from_monthly = serializers.DecimalField(**DECIMAL)  # type: ignore[arg-type]


class OptionRow(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    once = serializers.DecimalField(**DECIMAL)  # type: ignore[arg-type]
    monthly = serializers.DecimalField(**DECIMAL)  # type: ignore[arg-type]


class QuestionRow(serializers.Serializer[Any]):
    """One question of a form."""

    key = serializers.CharField()
    type = serializers.ChoiceField([c for c in FieldType.choices if c[0] != "section"])
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    default = serializers.CharField()  # type: ignore[assignment]
    options = OptionRow(many=True)
    pattern = serializers.CharField()
    minimum = serializers.SerializerMethodField()
    maximum = serializers.SerializerMethodField()
    show_if = serializers.JSONField(help_text="The condition as a tree, or null; see docs/requests.md.")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_minimum(self, question: Any) -> str | None:
        return None if question.minimum is None else str(question.minimum)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_maximum(self, question: Any) -> str | None:
        return None if question.maximum is None else str(question.maximum)


class OfferingDetail(serializers.Serializer[Any]):
    """An offering with the form of the version that is offered now."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    text = serializers.CharField()
    category = Named()
    service = Named()
    version = serializers.IntegerField()
    currency = serializers.CharField()
    price_once = serializers.DecimalField(**DECIMAL)  # type: ignore[arg-type]
    price_monthly = serializers.DecimalField(**DECIMAL)  # type: ignore[arg-type]
    delivery_seconds = serializers.IntegerField(allow_null=True, help_text="Working time.")
    most = serializers.IntegerField(help_text="The largest quantity.")
    form = QuestionRow(many=True)


class DocumentAnswer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.CharField()
    problems = serializers.ListField(child=serializers.CharField(), help_text="What keeps it from being published.")


class Shelves(viewsets.ReadOnlyModelViewSet):
    """The shelves of the catalogue."""

    serializer_class = ShelfRow
    pagination_class = Cursor
    lookup_value_regex = "[0-9]{1,18}"
    queryset = Category.objects.all()


class Offerings(viewsets.GenericViewSet):
    """What can be ordered."""

    serializer_class: Any = OfferingRow
    pagination_class = Cursor
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9-]{1,50}"
    queryset = Offering.objects.none()

    def get_queryset(self) -> QuerySet[Offering]:
        return orderable(self.request.user)

    def _admin(self) -> None:
        if not self.request.user.is_admin:  # type: ignore[union-attr]
            raise access.Forbidden(_("Only admins may do this."))

    def _found(self) -> Offering:
        rows = Offering.objects.select_related("category", "service")
        return get_object_or_404(rows, slug=self.kwargs["slug"])

    @extend_schema(
        parameters=[OpenApiParameter("q", OpenApiTypes.STR), OpenApiParameter("category", OpenApiTypes.INT)],
        responses=OfferingRow(many=True),
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What you may order; with `q` the best matches."""
        words = asked(request.query_params.get("q"))
        rows: Any = cards(self.get_queryset())
        category = request.query_params.get("category", "")
        if category:
            if not (category.isdigit() and len(category) < 18):
                raise serializers.ValidationError({"category": ["This must be an id."]})
            rows = rows.filter(category=int(category))
        if words:
            rows = rows.filter(pk__in=[found.pk for found in matching(request.user, words)])
        page = self.paginate_queryset(rows.order_by())
        return self.get_paginated_response(OfferingRow(page, many=True).data)

    @extend_schema(responses=OfferingDetail)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One offering, with its form."""
        offering = get_object_or_404(self.get_queryset().select_related("category", "service"), slug=kwargs["slug"])
        version = versions.published(offering)
        assert version is not None  # noqa: S101 (only what is published can be ordered)
        shown = {
            **{name: getattr(offering, name) for name in ("slug", "name", "description", "category", "service")},
            **{name: getattr(version, name) for name in ("text", "price_once", "price_monthly", "delivery_seconds", "most")},
            "version": version.number, "currency": currency(),
            "form": list(versions.definition_of(version).questions.values()),
        }  # fmt: skip
        return Response(OfferingDetail(shown).data)

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: DocumentAnswer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make an offering from a document (docs/requests.md); admins only. It is a draft until it is published."""
        self._admin()
        return Response(self._state(documents.load(request.data)), status=status.HTTP_201_CREATED)

    @extend_schema(methods=["GET"], responses=OpenApiTypes.OBJECT)
    @extend_schema(methods=["PUT"], request=OpenApiTypes.OBJECT, responses=DocumentAnswer)
    @action(detail=True, methods=["get", "put"])
    def document(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The offering as a document, to keep or to take elsewhere; PUT replaces the draft. Admins only."""
        self._admin()
        offering = self._found()
        if request.method == "PUT":
            return Response(self._state(documents.load(request.data, slug=offering.slug)))
        version = offering.versions.exclude(state="draft").order_by("-number").first() or versions.draft_of(offering)
        return Response(documents.dump(version))

    @extend_schema(request=None, responses=DocumentAnswer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Offer the draft from now on; admins only."""
        self._admin()
        return Response(self._state(versions.publish(versions.draft_of(self._found()), actor=request.user)))

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Offer it no longer; admins only."""
        self._admin()
        versions.retire(self._found())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _state(self, version: Any) -> Any:
        problems = versions.problems_of(version) if version.state == "draft" else []
        shown = {"slug": version.offering.slug, "version": version.number, "state": version.state, "problems": problems}
        return DocumentAnswer(shown).data


router = SimpleRouter()
router.register("catalog/categories", Shelves, "api-catalog-categories")
router.register("catalog/offerings", Offerings, "api-catalog-offerings")
urlpatterns = router.urls
