"""Requests over REST: ordering, the basket, and costs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status, views, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from catalog import versions
from catalog.entitlement import orderable
from catalog.forms.answers import Price, to_data
from catalog.models import Offering
from servicedesk.api.approvals import ApprovalRow
from servicedesk.api.fields import Named, Number, Reference, Strict, Text
from servicedesk.api.tickets import TicketDetail, TicketFilter, TicketRow, TicketViewSet
from servicedesk.approvals.operations import with_people
from servicedesk.people import access
from servicedesk.people.models import CostCentre, User
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.models import Channel, Ticket
from servicedesk.work.api import WorkStepRow
from servicedesk.work.showing import steps_of

from . import basket, costs, operations
from .models import Answer, BasketItem, Budget, ServiceRequest
from .process import REQUEST
from .showing import fact_of
from .views.costs import read_month

MONEY = {"max_digits": 12, "decimal_places": 2}


class AnswerRow(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    type = serializers.CharField()
    text = serializers.CharField(help_text="As a person reads it.")
    value = serializers.SerializerMethodField(help_text="Typed: number as text, date, true or false, list, or text.")

    @extend_schema_field(OpenApiTypes.ANY)
    def get_value(self, answer: Answer) -> Any:  # type: ignore[override]
        value = fact_of(answer)
        return value if isinstance(value, bool | list | str) or value is None else format(value.normalize(), "f")


class RequestDetail(TicketDetail):
    """A request: what was ordered, at which price, who agrees, and how far it is."""

    offering = serializers.CharField(source="offering.slug")
    offering_version = serializers.IntegerField(source="offering_version.number")
    quantity = serializers.IntegerField()
    price_once = serializers.DecimalField(**MONEY)  # type: ignore[arg-type]
    price_monthly = serializers.DecimalField(**MONEY)  # type: ignore[arg-type]
    total_once = serializers.DecimalField(**MONEY, help_text="With its parts.")  # type: ignore[arg-type]
    total_monthly = serializers.DecimalField(**MONEY)  # type: ignore[arg-type]
    monthly_until = serializers.DateField(allow_null=True)
    cost_centre = serializers.SerializerMethodField()
    ordered_by = Named()
    bundle = serializers.SerializerMethodField(help_text="The number of the request that it is part of.")
    answers = AnswerRow(many=True)
    approvals = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField(help_text="Customers get the steps that are shown to them.")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_bundle(self, request: ServiceRequest) -> str | None:
        return request.bundle.number if request.bundle is not None else None

    @extend_schema_field(Named(allow_null=True))
    def get_cost_centre(self, request: ServiceRequest) -> Any:
        centre = request.cost_centre
        return {"id": centre.pk, "name": str(centre)} if centre is not None else None

    @extend_schema_field(ApprovalRow(many=True))
    def get_approvals(self, request: ServiceRequest) -> Any:
        return ApprovalRow(with_people(request), many=True).data

    @extend_schema_field(WorkStepRow(many=True))
    def get_steps(self, request: ServiceRequest) -> Any:
        rows = steps_of(request)
        if not access.may(self.context["request"].user, "see_internal", request):
            rows = [row for row in rows if row.shown]
            shown = WorkStepRow(rows, many=True).data
            return [{**row, "title": row["shown"], "carrier": None, "remark": "", "after": []} for row in shown]
        return WorkStepRow(rows, many=True).data


class PriceField(Strict):
    once = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)
    monthly = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)


class OrderedThing(Strict):
    """One thing to order."""

    offering = Text(max_length=50, help_text="Its slug.")
    answers = serializers.DictField(required=False, help_text="Key → value; see the offering's form.")
    person = Reference(queryset=User.objects.none(), required=False, allow_null=True, help_text="Whom it is for; you.")
    quantity = Number(min_value=1, max_value=50, required=False)

    def get_fields(self) -> Any:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and not getattr(request, "swagger_fake_view", False):
            fields["person"].queryset = access.nameable_people(request.user, User.objects.all())  # type: ignore[attr-defined]
        return fields


class NewRequest(OrderedThing):
    """An order of one thing."""

    expected_price = PriceField(required=False, help_text="If the price is another, nothing is ordered (409).")
    token = serializers.UUIDField(
        required=False, help_text="The same token again gives the same order, not a second one."
    )


class ChargeRequest(Strict):
    cost_centre = Reference(queryset=CostCentre.objects.filter(is_active=True), allow_null=True)


class EndRequest(Strict):
    month = serializers.DateField(help_text="Any day of the last month that is charged.")


class RequestFilter(TicketFilter):
    offering = serializers.CharField(required=False, max_length=50)
    answer = serializers.CharField(required=False, max_length=300, help_text="key:value, as a person reads it")


def _data(offering: Offering, answers: Any) -> MultiValueDict[str, Any]:
    version = versions.published(offering)
    if version is None:
        raise Invalid({"offering": _("“%(name)s” cannot be ordered here.") % {"name": offering}})
    return to_data(versions.definition_of(version), answers)


def _offering(user: Any, slug: str, person: Any) -> Offering:
    found = (
        orderable(user, person or user).filter(slug=slug).first()
        if person is None or access.may_order_for(user, person)
        else None
    )
    if found is None:
        raise Invalid({"offering": _("There is no such offering for you.")})
    return found


class Requests(TicketViewSet):
    """Requests; the same operations and access rules as the screens."""

    process = REQUEST
    detail_class = RequestDetail
    queryset = ServiceRequest.objects.none()

    def get_queryset(self) -> QuerySet[Any]:
        return (
            super().get_queryset().select_related("offering", "offering_version", "ordered_by", "cost_centre", "bundle")
        )

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.action == "list":
            wanted = RequestFilter(data=self.request.query_params)
            wanted.is_valid(raise_exception=True)
            if slug := wanted.validated_data.get("offering"):
                queryset = queryset.filter(offering__slug=slug)
            if text := wanted.validated_data.get("answer"):
                key, sign, value = text.partition(":")
                if not sign:
                    raise Invalid({"answer": _("Write key:value.")})
                queryset = queryset.filter(pk__in=Answer.objects.filter(key=key, text__iexact=value).values("request"))
        return super().filter_queryset(queryset)

    @extend_schema(parameters=[RequestFilter], responses=TicketRow(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Requests that you may see, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewRequest, responses={201: RequestDetail})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Order something. Prices are the catalogue's; nothing sent changes them."""
        body = NewRequest(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        values = body.validated_data
        person = values.get("person")
        offering = _offering(request.user, values["offering"], person)
        expected = values.get("expected_price")
        item = operations.Item(
            offering=offering, data=_data(offering, values.get("answers", {})), person=person,
            quantity=values.get("quantity", 1),
            seen_price=Price(expected["once"], expected["monthly"]) if expected else None,
        )  # fmt: skip
        order = operations.place([item], actor=request.user, token=values.get("token"), channel=Channel.API)
        return self.shown(order.requests.get().number, status.HTTP_201_CREATED)

    @extend_schema(request=ChargeRequest, responses=RequestDetail)
    @action(detail=True, methods=["post"])
    def charge(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Charge it to another cost centre; agents only."""
        ticket = self.ticket()
        access.require(request.user, "change", ticket)
        body = ChargeRequest(data=request.data)
        body.is_valid(raise_exception=True)
        operations.charge_to(ticket, actor=request.user, **body.validated_data)
        return self.shown(ticket.number)

    @extend_schema(request=EndRequest, responses=RequestDetail)
    @action(detail=True, methods=["post"], url_path="end-monthly")
    def end_monthly(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End what it costs each month; agents only."""
        ticket = self.ticket()
        access.require(request.user, "change", ticket)
        body = EndRequest(data=request.data)
        body.is_valid(raise_exception=True)
        operations.end_monthly(ticket, actor=request.user, **body.validated_data)
        return self.shown(ticket.number)


class BasketRow(serializers.Serializer[Any]):
    """Something in your basket, or a draft."""

    id = serializers.IntegerField()
    offering = serializers.CharField(source="offering.slug")
    person = Named(allow_null=True)
    quantity = serializers.IntegerField()
    in_basket = serializers.BooleanField(help_text="False: a draft.")
    answers = serializers.DictField(source="data", child=serializers.ListField(child=serializers.CharField()))
    updated_at = serializers.DateTimeField()


class BasketRequest(OrderedThing):
    draft = serializers.BooleanField(required=False, help_text="Keep it for later instead.")


class OrderRequest(Strict):
    token = serializers.UUIDField(required=False)


class OrderAnswer(serializers.Serializer[Any]):
    token = serializers.UUIDField()
    requests = serializers.ListField(child=serializers.CharField(), help_text="Their numbers.")


class Basket(viewsets.GenericViewSet):
    """Your basket and drafts."""

    serializer_class: Any = BasketRow
    lookup_value_regex = "[0-9]{1,18}"
    pagination_class = None
    queryset = BasketItem.objects.none()

    @extend_schema(responses=BasketRow(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What lies in it, and your drafts."""
        return Response(BasketRow(basket.rows_of(request.user), many=True).data)

    @extend_schema(request=BasketRequest, responses={201: BasketRow})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put something in; answers may be unfinished in a draft."""
        body = BasketRequest(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        values = body.validated_data
        offering = _offering(request.user, values["offering"], values.get("person"))
        item = basket.save(
            offering, actor=request.user, data=_data(offering, values.get("answers", {})), person=values.get("person"),
            quantity=values.get("quantity", 1), in_basket=not values.get("draft", False),
        )  # fmt: skip
        return Response(BasketRow(item).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take something out."""
        basket.drop(get_object_or_404(basket.rows_of(request.user), pk=kwargs["pk"]))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=OrderRequest, responses={201: OrderAnswer})
    @action(detail=False, methods=["post"])
    def order(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Order everything that lies in the basket, or nothing."""
        body = OrderRequest(data=request.data)
        body.is_valid(raise_exception=True)
        rows = list(basket.rows_of(request.user).filter(in_basket=True))
        items = [basket.as_item(row, names=f"items.{n}.") for n, row in enumerate(rows)]
        order = operations.place(items, actor=request.user, channel=Channel.API, **body.validated_data)
        for row in rows:
            basket.drop(row)
        numbers = list(
            Ticket.objects.filter(servicerequest__order=order).order_by("pk").values_list("number", flat=True)
        )
        return Response(OrderAnswer({"token": order.token, "requests": numbers}).data, status=status.HTTP_201_CREATED)


class CostRow(serializers.Serializer[Any]):
    cost_centre = Named()
    month = serializers.CharField()
    used = serializers.DecimalField(**MONEY)  # type: ignore[arg-type]
    budget = serializers.DecimalField(**MONEY, allow_null=True)  # type: ignore[arg-type]


class BudgetRequest(Strict):
    cost_centre = Reference(queryset=CostCentre.objects.all())
    month = serializers.DateField(help_text="Any day of it.")
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)


class Costs(views.APIView):
    """What cost centres spend on requests."""

    def _row(self, centre: CostCentre, month: Any) -> dict[str, Any]:
        budget = Budget.objects.filter(cost_centre=centre, month=month).first()
        return {
            "cost_centre": {"id": centre.pk, "name": str(centre)}, "month": f"{month:%Y-%m}",
            "used": costs.used([centre.pk], month).get(centre.pk, costs.ZERO), "budget": budget.amount if budget else None,
        }  # fmt: skip

    @extend_schema(
        parameters=[OpenApiParameter("month", OpenApiTypes.STR, description="2026-11; this one without it.")],
        responses=CostRow(many=True),
    )
    def get(self, request: Request) -> Response:
        """The cost centres that you answer for (admins: all), with budget and use in a month."""
        month = read_month(request.query_params.get("month", ""), strict=True)
        centres = costs.centres_of(request.user)[:200]
        return Response(CostRow([self._row(centre, month) for centre in centres], many=True).data)

    @extend_schema(request=BudgetRequest, responses=CostRow)
    def put(self, request: Request) -> Response:
        """Set a cost centre's budget of a month; admins only."""
        if not request.user.is_admin:  # type: ignore[union-attr]
            raise access.Forbidden(_("Only admins may do this."))
        body = BudgetRequest(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        month = costs.first_of(values["month"])
        if not 2000 <= month.year <= 2100:
            raise Invalid({"month": _("This month is too far away.")})
        Budget.objects.update_or_create(
            cost_centre=values["cost_centre"], month=month, defaults={"amount": values["amount"]}
        )
        return Response(CostRow(self._row(values["cost_centre"], month)).data)


router = SimpleRouter()
router.register("requests", Requests, "api-requests")
router.register("basket", Basket, "api-basket")
urlpatterns = [path("costs/", Costs.as_view(), name="api-costs"), *router.urls]
