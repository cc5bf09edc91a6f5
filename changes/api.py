"""Changes over REST, the pipeline's gate, and DORA's measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status, views, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from catalog.forms.answers import to_data
from servicedesk.api.approvals import ApprovalRow
from servicedesk.api.fields import Named, Number, Reference, Strict, Text
from servicedesk.api.tickets import NewTicket, TicketDetail, TicketFilter, TicketRow, TicketViewSet
from servicedesk.approvals.operations import with_people
from servicedesk.people import access
from servicedesk.services.models import Service
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.models import Channel, Ticket
from servicedesk.work.api import WorkStepRow
from servicedesk.work.showing import steps_of

from . import collisions, gate, measures, operations
from .forms import active_models
from .models import Change, ChangeModel, ChangeType, Deployment, Level, Outcome
from .models.risk import questionnaire, revision_of
from .operations.opening import definition_of
from .process import CHANGE
from .records import Record, of_models

KEY_LENGTH = 200


class CollisionRow(serializers.Serializer[Any]):
    """Something that the planned window meets."""

    kind = serializers.ChoiceField(["service", "dependency", "freeze", "maintenance"])
    text = serializers.CharField(source="words")
    blocks = serializers.BooleanField(help_text="Only an emergency gets past it.")
    change = serializers.CharField(source="number", help_text="The other change's number, if you may see it.")
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)


class ChangeDetail(TicketDetail):
    """A change, whole."""

    type = serializers.ChoiceField(ChangeType.choices)
    model = serializers.SerializerMethodField()
    raised_by = Named(allow_null=True)
    services = Named(many=True)
    reason = serializers.CharField()
    implementation = serializers.CharField()
    test_plan = serializers.CharField()
    communication = serializers.CharField()
    backout = serializers.CharField()
    answers = serializers.ListField(child=serializers.DictField())
    start = serializers.SerializerMethodField()
    end = serializers.SerializerMethodField()
    zone = serializers.CharField()
    outage = serializers.BooleanField()
    risk_score = serializers.IntegerField(allow_null=True)
    risk_level = serializers.CharField(allow_blank=True)
    risk_reasons = serializers.ListField(child=serializers.CharField())
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField(allow_blank=True)
    review = serializers.CharField()
    collisions = serializers.SerializerMethodField()
    approvals = serializers.SerializerMethodField()
    tasks = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.STR)
    def get_model(self, change: Change) -> str | None:
        return change.model.slug if change.model is not None else None

    def _end_of_window(self, change: Change, end: str) -> Any:
        at = getattr(change.window, end) if change.window is not None else None
        return serializers.DateTimeField().to_representation(at) if at is not None else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_start(self, change: Change) -> Any:
        return self._end_of_window(change, "lower")

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_end(self, change: Change) -> Any:
        return self._end_of_window(change, "upper")

    @extend_schema_field(CollisionRow(many=True))
    def get_collisions(self, change: Change) -> Any:
        return CollisionRow(collisions.of(change, self.context["request"].user), many=True).data

    @extend_schema_field(ApprovalRow(many=True))
    def get_approvals(self, change: Change) -> Any:
        return ApprovalRow(with_people(change), many=True, context=self.context).data

    @extend_schema_field(WorkStepRow(many=True))
    def get_tasks(self, change: Change) -> Any:
        return WorkStepRow(steps_of(change), many=True, context=self.context).data


class Moment(serializers.DateTimeField):
    """A time with an offset, or by the clock of a zone that is given beside it."""

    def enforce_timezone(self, value: Any) -> Any:
        return value


class PlanFields(Strict):
    reason = Text(max_length=20_000, required=False, allow_blank=True)
    implementation = Text(max_length=20_000, required=False, allow_blank=True)
    test_plan = Text(max_length=20_000, required=False, allow_blank=True)
    communication = Text(max_length=20_000, required=False, allow_blank=True)
    backout = Text(max_length=20_000, required=False, allow_blank=True)
    services = serializers.ListField(child=Reference(queryset=Service.objects.all()), required=False, max_length=50)
    outage = serializers.BooleanField(required=False)
    type = serializers.ChoiceField(ChangeType.choices, required=False)


class NewChange(NewTicket):
    """A new change. Times with an offset, or by the clock of ``zone``."""

    requester = None  # type: ignore[assignment]
    category = None  # type: ignore[assignment]
    service = None  # type: ignore[assignment]
    type = serializers.ChoiceField(ChangeType.choices, required=False)
    model = Text(max_length=50, required=False, help_text="A model's slug.")
    answers = serializers.DictField(required=False, help_text="To the model's form: key → value.")
    start = Moment(required=False)
    end = Moment(required=False)
    zone = Text(max_length=64, required=False)
    reason = Text(max_length=20_000, required=False, allow_blank=True)
    implementation = Text(max_length=20_000, required=False, allow_blank=True)
    test_plan = Text(max_length=20_000, required=False, allow_blank=True)
    communication = Text(max_length=20_000, required=False, allow_blank=True)
    backout = Text(max_length=20_000, required=False, allow_blank=True)
    services = serializers.ListField(child=Reference(queryset=Service.objects.all()), required=False, max_length=50)
    outage = serializers.BooleanField(required=False)

    def get_fields(self) -> Any:
        fields = serializers.Serializer.get_fields(self)
        request = self.context.get("request")
        if request is not None and not getattr(request, "swagger_fake_view", False):
            fields["assignee"].queryset = access.visible_people(request.user, fields["assignee"].queryset)  # type: ignore[attr-defined]
            fields["team"].queryset = access.visible_teams(request.user, fields["team"].queryset)  # type: ignore[attr-defined]
        return fields


class PlanRequest(PlanFields):
    version = Number(min_value=1, max_value=2**31 - 1, required=False)


class MoveRequest(Strict):
    """A window: times with an offset, or by the clock of ``zone`` (left out: the change's own)."""

    start = Moment()
    end = Moment()
    zone = Text(max_length=64, required=False)
    version = Number(min_value=1, max_value=2**31 - 1, required=False)


class AssessRequest(Strict):
    """Answers to every question: question id → option id (see /changes/questionnaire)."""

    answers = serializers.DictField(child=Number(min_value=1, max_value=2**63 - 1))
    revision = Text(max_length=64)

    def validate_answers(self, value: dict[str, int]) -> dict[int, int]:
        if wrong := [key for key in value if not key.isdigit() or len(key) > 18]:
            raise serializers.ValidationError(_("“%(key)s” is no question's id.") % {"key": wrong[0][:40]})
        return {int(key): option for key, option in value.items()}


class FinishRequest(Strict):
    outcome = serializers.ChoiceField(Outcome.choices)
    remark = Text(max_length=20_000, required=False, allow_blank=True)
    ended_at = serializers.DateTimeField(required=False)


class ReviewRequest(Strict):
    text = Text(max_length=50_000)
    outcome = serializers.ChoiceField(Outcome.choices, required=False)


class ChangeFilter(TicketFilter):
    type = serializers.ChoiceField(ChangeType.choices, required=False)
    risk = serializers.ChoiceField(Level.choices, required=False)
    affects = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="A service's id.")
    overlaps_from = serializers.DateTimeField(required=False)
    overlaps_until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("overlaps_from" in attrs) != ("overlaps_until" in attrs):
            raise serializers.ValidationError({"overlaps_from": _("Give both ends, or none.")})
        if "overlaps_from" in attrs and attrs["overlaps_from"] >= attrs["overlaps_until"]:
            raise serializers.ValidationError({"overlaps_until": _("It has to end after it begins.")})
        return attrs


class CollisionQuery(serializers.Serializer[Any]):
    """A window on services: what would it meet?"""

    service = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=50, min_length=1
    )
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["start"] >= attrs["end"]:
            raise serializers.ValidationError({"end": _("It has to end after it begins.")})
        return attrs


class RiskOptionRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]


class RiskQuestionRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    text = serializers.CharField()
    help = serializers.CharField()
    options = RiskOptionRow(many=True)


class Questionnaire(serializers.Serializer[Any]):
    """The risk questionnaire as it is now; send the revision back with the answers."""

    revision = serializers.CharField()
    questions = RiskQuestionRow(many=True)


class Changes(TicketViewSet):
    """Changes; the same operations and access rules as the screens. For agents."""

    process = CHANGE
    detail_class = ChangeDetail
    queryset = Change.objects.none()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _agents(request)

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().select_related("model", "raised_by").prefetch_related("services")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.action == "list":
            wanted = ChangeFilter(data=self.request.query_params)
            wanted.is_valid(raise_exception=True)
            values = wanted.validated_data
            if "type" in values:
                queryset = queryset.filter(type=values["type"])
            if "risk" in values:
                queryset = queryset.filter(risk_level=values["risk"])
            if "affects" in values:
                links = Change.services.through.objects.filter(service=values["affects"])
                queryset = queryset.filter(pk__in=links.values("change"))
            if "overlaps_from" in values:
                queryset = queryset.filter(window__overlap=(values["overlaps_from"], values["overlaps_until"]))
        return super().filter_queryset(queryset)

    @extend_schema(parameters=[ChangeFilter], responses=TicketRow(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Changes that you may see, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewChange, responses={201: ChangeDetail})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Raise a change: a draft."""
        body = NewChange(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        slug, given = values.pop("model", None), values.pop("answers", {})
        model = _model(slug) if slug else None
        if model is None and given:
            raise Invalid({"answers": _("Answers are to a model's form; name the model.")})
        answers = to_data(definition_of(model), given) if model is not None else None
        if "type" not in values:
            standard = model is not None and model.type == ChangeType.STANDARD and model.is_preapproved
            values["type"] = ChangeType.STANDARD if standard else ChangeType.NORMAL
        change = operations.raise_change(
            actor=request.user, model=model, answers=answers, channel=Channel.API, **values
        )
        return self.shown(change.number, status.HTTP_201_CREATED)

    def did(self, request: Request, asked: type[Strict], operation: Callable[..., Change]) -> Response:
        """Do an operation with what was sent, and answer with the change as it is then."""
        body = asked(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        if "version" in values:
            values["expected_version"] = values.pop("version")
        operation(Change.objects.get(pk=self.ticket().pk), actor=request.user, **values)
        return self.shown(self.kwargs["number"].upper())

    @extend_schema(request=PlanRequest, responses=ChangeDetail)
    @action(detail=True, methods=["post"])
    def plan(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is planned; what is left out stays."""
        return self.did(request, PlanRequest, operations.plan)

    @extend_schema(request=MoveRequest, responses=ChangeDetail)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Plan the window anew."""
        return self.did(request, MoveRequest, operations.move)

    @extend_schema(request=AssessRequest, responses=ChangeDetail)
    @action(detail=True, methods=["post"])
    def assess(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer the questionnaire and have the risk worked out."""
        return self.did(request, AssessRequest, operations.assess)

    @extend_schema(request=FinishRequest, responses=ChangeDetail)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The implementation is over."""
        return self.did(request, FinishRequest, operations.finish)

    @extend_schema(request=ReviewRequest, responses=ChangeDetail)
    @action(detail=True, methods=["post"])
    def review(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Close it with what was learnt."""
        return self.did(request, ReviewRequest, operations.review)

    @extend_schema(responses=Questionnaire)
    @action(detail=False, methods=["get"], pagination_class=None)
    def questionnaire(self, request: Request) -> Response:
        """The risk questionnaire as it is now."""
        questions = questionnaire()
        rows = [
            {
                "id": q.pk,
                "text": q.text,
                "help": q.help,
                "options": [{"id": o.pk, "label": o.label} for o in q.options.all()],
            }
            for q in questions
        ]
        return Response({"revision": revision_of(questions), "questions": rows})

    @extend_schema(parameters=[CollisionQuery], responses=CollisionRow(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def collisions(self, request: Request) -> Response:
        """What a window on these services would meet, before anything is planned."""
        query = CollisionQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        values = query.validated_data
        found = collisions.find(values["service"], DateTimeTZRange(values["start"], values["end"], "[)"))
        return Response(CollisionRow(collisions.named(found, request.user), many=True).data)


def _agents(request: Request) -> None:
    user: Any = request.user
    if not user.is_agent:
        raise access.Forbidden(_("This is for the people of the service desk."))


def _model(slug: str) -> ChangeModel:
    found = active_models().filter(slug=slug).first()
    if found is None:
        raise Invalid({"model": _("There is no such model.")})
    return found


class ModelRow(serializers.Serializer[Any]):
    """A change model with how its changes went in the last 12 months."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    type = serializers.ChoiceField(ChangeType.choices)
    is_preapproved = serializers.BooleanField()
    service = Named(allow_null=True)
    done = serializers.SerializerMethodField()
    went_well = serializers.SerializerMethodField()

    def _record(self, model: ChangeModel) -> Record:
        found: Record = self.context["records"].get(model.pk, Record())
        return found

    def get_done(self, model: ChangeModel) -> int:
        return self._record(model).done

    def get_went_well(self, model: ChangeModel) -> int:
        return self._record(model).well


class Models(viewsets.ReadOnlyModelViewSet):
    """Models that changes are made from."""

    serializer_class = ModelRow
    queryset = ChangeModel.objects.none()
    lookup_field = "slug"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _agents(request)

    def get_queryset(self) -> QuerySet[ChangeModel]:
        return active_models().order_by("pk")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "records": of_models()}


class GateRequest(Strict):
    """What a pipeline wants to bring where. ``key`` names this run: the same again is the same question."""

    service = Text(max_length=120, help_text="A service's name, or its id.")
    version = Text(max_length=100)
    environment = Text(max_length=60)
    key = Text(max_length=KEY_LENGTH, required=False, help_text="Or the header Idempotency-Key.")
    commit = Text(max_length=64, required=False, allow_blank=True)
    committed_at = serializers.DateTimeField(required=False)
    pipeline_url = serializers.URLField(max_length=500, required=False, allow_blank=True)
    model = Text(max_length=50, required=False)


class GateAnswer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField([gate.ALLOWED, gate.WAITING, gate.REFUSED])
    reasons = serializers.ListField(child=serializers.CharField())
    change = serializers.CharField(source="change.number")
    status = serializers.CharField(source="change.status")


class ReportRequest(Strict):
    """What became of it."""

    status = serializers.ChoiceField(["started", "succeeded", "failed"])
    message = Text(max_length=2000, required=False, allow_blank=True)


def _service(text: str) -> Service:
    rows = Service.objects.filter(is_active=True)
    found = rows.filter(name__iexact=text).first()
    if found is None and text.isdigit() and len(text) < 18:
        found = rows.filter(pk=int(text)).first()
    if found is None:
        raise Invalid({"service": _("There is no active service “%(name)s”.") % {"name": text[:60]}})
    return found


class Gate(views.APIView):
    """The gate for pipelines."""

    @extend_schema(operation_id="changes_gate_ask", request=GateRequest, responses={200: GateAnswer}, parameters=[
        OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=False),
    ])  # fmt: skip
    def post(self, request: Request) -> Response:
        """May this version go there now? Makes the change, or finds it by its key. Safe to repeat."""
        _agents(request)
        body = GateRequest(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        key = values.pop("key", "") or request.headers.get("Idempotency-Key", "").strip()
        if not key or len(key) > KEY_LENGTH or not key.isprintable():
            raise Invalid(
                {"key": _("Name this run of the pipeline by a key of at most %(n)d characters.") % {"n": KEY_LENGTH}}
            )
        slug = values.pop("model", None)
        asked = gate.Asked(
            service=_service(values.pop("service")), model=_model(slug) if slug else None, key=key, **values
        )
        return Response(GateAnswer(gate.ask(asked, actor=request.user)).data)


def _deployment(request: Request, number: str) -> Deployment:
    visible = access.visible(request.user, Ticket.objects.filter(number=number.upper()))
    return get_object_or_404(Deployment.objects.select_related("change"), change__in=visible.values("pk"))


class GateState(views.APIView):
    """A change of the gate's."""

    @extend_schema(responses=GateAnswer)
    def get(self, request: Request, number: str) -> Response:
        """What the gate says now: for pipelines that wait."""
        _agents(request)
        change = Change.objects.get(pk=_deployment(request, number).change_id)
        return Response(GateAnswer(gate.decision(change)).data)

    @extend_schema(operation_id="changes_gate_report", request=ReportRequest, responses=GateAnswer)
    def post(self, request: Request, number: str) -> Response:
        """The pipeline has begun, or how it ended. Safe to repeat."""
        _agents(request)
        body = ReportRequest(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        change = gate.report(
            _deployment(request, number), actor=request.user, state=values["status"], message=values.get("message", "")
        )
        return Response(GateAnswer(gate.decision(change)).data)


class MeasureRow(serializers.Serializer[Any]):
    """DORA's measures of a service in a month. Times in seconds, null where there is nothing to measure."""

    service = serializers.CharField()
    month = serializers.CharField(help_text="2026-11")
    deployments = serializers.IntegerField()
    lead_time = serializers.FloatField(allow_null=True)
    failure_rate = serializers.IntegerField(allow_null=True, help_text="Per cent.")
    time_to_restore = serializers.FloatField(allow_null=True)


class MeasuresQuery(serializers.Serializer[Any]):
    service = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    months = serializers.IntegerField(required=False, min_value=1, max_value=24)


class Measures(views.APIView):
    """DORA's four measures."""

    @extend_schema(parameters=[MeasuresQuery], responses=MeasureRow(many=True))
    def get(self, request: Request) -> Response:
        """Per service and month, from changes and the incidents they caused."""
        _agents(request)
        query = MeasuresQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        values = query.validated_data
        _months, found = measures.measure(request.user, service=values.get("service"), count=values.get("months", 6))
        rows = [
            {
                "service": name, "month": month, "deployments": cell.done, "lead_time": cell.lead,
                "failure_rate": cell.failure_rate, "time_to_restore": cell.restore,
            }
            for name, cells in found.items() for month, cell in sorted(cells.items())
        ]  # fmt: skip
        return Response(MeasureRow(rows, many=True).data)


router = SimpleRouter()
router.register("changes", Changes, "api-changes")
router.register("change-models", Models, "api-change-models")
urlpatterns = [
    path("changes/gate/", Gate.as_view(), name="api-gate"),
    path("changes/gate", Gate.as_view(schema=None), name="api-gate-bare"),
    path("changes/gate/<str:number>/", GateState.as_view(), name="api-gate-state"),
    path("changes/measures/", Measures.as_view(), name="api-measures"),
    *router.urls,
]
