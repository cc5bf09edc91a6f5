"""Changes and their models over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.forms.answers import to_data
from servicedesk.api.approvals import ApprovalRow
from servicedesk.api.fields import Named, Number, Reference, Strict, Text
from servicedesk.api.guard import agents_only
from servicedesk.api.tickets import NewTicket, TicketDetail, TicketFilter, TicketRow, TicketViewSet
from servicedesk.approvals.operations import with_people
from servicedesk.people import access
from servicedesk.people.models import Team, User
from servicedesk.services.models import Service
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.models import Channel
from servicedesk.work.api import WorkStepRow
from servicedesk.work.models import WorkStep
from servicedesk.work.showing import steps_of

from .. import collisions, operations
from ..forms import active_models
from ..models import Change, ChangeModel, ChangeType, Level, Outcome
from ..models.risk import questionnaire, revision_of
from ..operations.opening import definition_of
from ..process import CHANGE
from ..records import Record, of_models
from .common import model_of


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


class PlannedTask(Strict):
    """A task of the plan."""

    title = Text(max_length=150)
    instructions = Text(max_length=50_000, required=False, allow_blank=True)
    team = Reference(queryset=Team.objects.filter(is_active=True), required=False, allow_null=True)
    assignee = Reference(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    planned_seconds = Number(min_value=1, max_value=5 * 366 * 86_400, required=False, allow_null=True)
    at_once = serializers.BooleanField(required=False, help_text="At the same time as the one before.")


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
        agents_only(request)

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
        model = model_of(slug) if slug else None
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
        change = Change.objects.get(pk=self.ticket().pk)
        body = asked(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        if "version" in values:
            values["expected_version"] = values.pop("version")
        operation(change, actor=request.user, **values)
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

    @extend_schema(request=PlannedTask, responses={201: WorkStepRow})
    @action(detail=True, methods=["post"], url_path="tasks")
    def add_task(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Plan a task; it begins with the implementation."""
        change = Change.objects.get(pk=self.ticket().pk)
        body = PlannedTask(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        step = operations.plan_task(change, actor=request.user, **body.validated_data)
        return Response(WorkStepRow(step, context=self.get_serializer_context()).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["delete"], url_path="tasks/(?P<key>[a-z0-9-]{1,40})")
    def drop_task(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a task that has not begun out of the plan."""
        change = Change.objects.get(pk=self.ticket().pk)
        step = get_object_or_404(WorkStep, ticket=change.pk, key=self.kwargs["key"])
        operations.drop_task(change, actor=request.user, step=step)
        return Response(status=status.HTTP_204_NO_CONTENT)

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
        agents_only(request)

    def get_queryset(self) -> QuerySet[ChangeModel]:
        return active_models().order_by("pk")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "records": of_models()}
