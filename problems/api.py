"""Problems over REST; the same operations and access rules as the screens. For agents."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from servicedesk.api.fields import Named, Number, Reference, Strict, Text
from servicedesk.api.guard import agents_only
from servicedesk.api.tickets import RELATED, NewTicket, TicketDetail, TicketViewSet
from servicedesk.people import access
from servicedesk.tickets.models import Channel, ResolutionCode

from . import candidates, known_errors, operations
from .models import Candidate, CauseCategory, Problem, Why
from .process import PROBLEM
from .showing import tree
from .views import visible_tickets


class WhyRow(serializers.Serializer[Any]):
    """One answer to why?, under the one that it explains."""

    id = serializers.IntegerField(source="why.pk")
    parent = serializers.IntegerField(source="why.parent_id", allow_null=True)  # type: ignore[assignment]
    text = serializers.CharField(source="why.text")


class ProblemDetail(TicketDetail):
    """A problem, whole."""

    root_cause = serializers.CharField()
    cause_category = Named(allow_null=True)
    workaround = serializers.CharField()
    permanent_fix = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    incidents = serializers.SerializerMethodField(help_text="Numbers of the incidents it causes.")
    whys = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_incidents(self, problem: Problem) -> list[str]:
        rows = operations.incidents_of(problem, self.context["request"].user, unfinished=False)
        return [row.number for row in rows]

    @extend_schema_field(WhyRow(many=True))
    def get_whys(self, problem: Problem) -> Any:
        return WhyRow(tree(problem), many=True).data


class NewProblem(NewTicket):
    """A new problem, perhaps from incidents and changes."""

    requester = None  # type: ignore[assignment]
    category = None  # type: ignore[assignment]
    sources = serializers.ListField(child=Text(max_length=20), required=False, max_length=operations.MOST_LINKED)

    def get_fields(self) -> Any:
        fields = serializers.Serializer.get_fields(self)
        request = self.context.get("request")
        if request is not None and not getattr(request, "swagger_fake_view", False):
            fields["assignee"].queryset = access.visible_people(request.user, fields["assignee"].queryset)  # type: ignore[attr-defined]
            fields["team"].queryset = access.visible_teams(request.user, fields["team"].queryset)  # type: ignore[attr-defined]
        return fields


class AnalysisRequest(Strict):
    root_cause = Text(max_length=20_000, required=False, allow_blank=True)
    workaround = Text(max_length=20_000, required=False, allow_blank=True)
    permanent_fix = Text(max_length=20_000, required=False, allow_blank=True)
    cause_category = Reference(queryset=CauseCategory.objects.all(), required=False, allow_null=True)


class WhyRequest(Strict):
    text = Text(max_length=500)
    parent = Number(min_value=1, max_value=2**63 - 1, required=False, allow_null=True)  # type: ignore[assignment]


class SourcesRequest(Strict):
    numbers = serializers.ListField(child=Text(max_length=20), min_length=1, max_length=operations.MOST_LINKED)


class PublishRequest(Strict):
    to_customers = serializers.BooleanField(required=False)
    knowledge_for = serializers.ChoiceField(
        [("", "nobody"), ("agents", "agents"), ("customers", "customers")], required=False,
        help_text="Who finds it in the knowledge base as a known error.",
    )  # fmt: skip


class MergeRequest(Strict):
    into = Text(max_length=20)


class CandidateRow(serializers.Serializer[Any]):
    """Incidents that may have one cause, with the evidence."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    service = Named(allow_null=True)
    category = Named(allow_null=True)
    incidents = serializers.IntegerField(source="n", help_text="How many in the last seven days that you see.")
    expected = serializers.FloatField(help_text="How many are usual in a week.")
    score = serializers.FloatField(help_text="How improbable so many are: the negative power of ten.")
    weeks = serializers.ListField(child=serializers.IntegerField(), help_text="How many in each week, oldest first.")
    words = serializers.ListField(
        child=serializers.ListField(), help_text="[word, part of the incidents that have it]."
    )
    reason = serializers.CharField(help_text="Why it was dismissed before, if it was.")
    found_at = serializers.DateTimeField()


class DismissRequest(Strict):
    reason = Text(max_length=500)


class ResolveIncidentsRequest(Strict):
    resolution = Text(max_length=50_000)
    resolution_code = Reference(queryset=ResolutionCode.objects.filter(is_active=True))


class Refusal(serializers.Serializer[Any]):
    incident = serializers.CharField()
    reason = serializers.CharField()


class ManyAnswer(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    refused = Refusal(many=True)


def _many(done: int, problems: list[Any]) -> Response:
    rows = [{"incident": ticket.number, "reason": why} for ticket, why in problems]
    return Response(ManyAnswer({"done": done, "refused": rows}).data)


class Problems(TicketViewSet):
    """Problems."""

    process = PROBLEM
    detail_class = ProblemDetail
    queryset = Problem.objects.none()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        user: Any = request.user
        if not user.is_agent:
            raise access.Forbidden(_("This is for the people of the service desk."))

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().select_related("cause_category")

    def problem(self) -> Problem:
        """The problem of the address, as the caller may see it."""
        return Problem.objects.get(pk=self.ticket().pk)

    def sent(self, request: Request, asked: type[Strict]) -> dict[str, Any]:
        """What was sent, checked."""
        body = asked(data=request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    @extend_schema(request=NewProblem, responses={201: ProblemDetail})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Raise a problem."""
        body = NewProblem(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        named = values.pop("sources", [])
        sources = visible_tickets(request.user, " ".join(named)) if named else []
        problem = operations.raise_problem(actor=request.user, sources=sources, channel=Channel.API, **values)
        return self.shown(problem.number, status.HTTP_201_CREATED)

    @extend_schema(request=AnalysisRequest, responses=ProblemDetail)
    @action(detail=True, methods=["post"])
    def analysis(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write down what was found; what is left out stays."""
        problem = operations.describe(self.problem(), actor=request.user, **self.sent(request, AnalysisRequest))
        return self.shown(problem.number)

    @extend_schema(request=WhyRequest, responses=ProblemDetail)
    @action(detail=True, methods=["post"])
    def why(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add an answer to why?."""
        problem, values = self.problem(), self.sent(request, WhyRequest)
        pk = values.get("parent")
        parent = get_object_or_404(Why, pk=pk, problem=problem) if pk else None
        operations.ask_why(problem, actor=request.user, text=values["text"], parent=parent)
        return self.shown(problem.number)

    @extend_schema(request=SourcesRequest, responses=ProblemDetail)
    @action(detail=True, methods=["post"])
    def sources(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Link incidents and changes, up to 500 at once."""
        problem = self.problem()
        rows = visible_tickets(request.user, " ".join(self.sent(request, SourcesRequest)["numbers"]))
        operations.link_sources(problem, actor=request.user, sources=rows)
        return self.shown(problem.number)

    @extend_schema(request=PublishRequest, responses=ManyAnswer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put the workaround on every open incident, once for each text."""
        problem = self.problem()
        return _many(*known_errors.publish(problem, actor=request.user, **self.sent(request, PublishRequest)))

    @extend_schema(request=ResolveIncidentsRequest, responses=ManyAnswer)
    @action(detail=True, methods=["post"], url_path="resolve-incidents")
    def resolve_incidents(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Resolve the open incidents of a resolved problem with one message."""
        problem = self.problem()
        values = self.sent(request, ResolveIncidentsRequest)
        return _many(*operations.resolve_incidents(problem, actor=request.user, **values))

    @extend_schema(request=None, responses=ManyAnswer)
    @action(detail=True, methods=["post"], url_path="undo-resolving")
    def undo_resolving(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open again what the last message resolved."""
        return _many(*operations.undo_resolving(self.problem(), actor=request.user))

    @extend_schema(request=MergeRequest, responses=ProblemDetail)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make one problem of two; answers with the other one."""
        problem = self.problem()
        named = self.sent(request, MergeRequest)["into"].upper()
        into = access.visible(request.user, Problem.objects.filter(number=named)).first()
        if into is None:
            raise serializers.ValidationError({"into": [_("There is no problem with this number that you see.")]})
        return self.shown(operations.merge(problem, actor=request.user, into=into).number)


class Candidates(viewsets.GenericViewSet):
    """Candidates for problems. For agents."""

    queryset = Candidate.objects.none()
    serializer_class = CandidateRow
    pagination_class = None
    lookup_value_regex = r"\d{1,17}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        agents_only(request)

    def candidate(self, pk: str) -> Candidate:
        """An open candidate that one sees; raises Http404."""
        row = next((row for row in candidates.visible(self.request.user) if row.pk == int(pk)), None)
        if row is None:
            raise Http404
        return row

    @extend_schema(responses=CandidateRow(many=True))
    def list(self, request: Request) -> Response:
        """Those that nobody has decided about, the most improbable first."""
        return Response(CandidateRow(candidates.visible(request.user), many=True).data)

    @extend_schema(request=None, responses={201: ProblemDetail})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Raise a problem with the incidents linked."""
        problem = candidates.accept(self.candidate(pk), actor=request.user)
        row = Problem.objects.select_related(*RELATED, "cause_category").get(pk=problem.pk)
        return Response(ProblemDetail(row, context=self.get_serializer_context()).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=DismissRequest, responses={204: None})
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """It is none, for a reason."""
        row = self.candidate(pk)
        body = DismissRequest(data=request.data)
        body.is_valid(raise_exception=True)
        candidates.dismiss(row, actor=request.user, **body.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


router = SimpleRouter()
router.register("problems", Problems, "api-problems")
router.register("problem-candidates", Candidates, "api-problem-candidates")
urlpatterns = router.urls
