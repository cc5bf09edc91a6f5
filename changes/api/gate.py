"""The gate for pipelines over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, views
from rest_framework.request import Request
from rest_framework.response import Response

from servicedesk.api.fields import Strict, Text
from servicedesk.api.guard import agents_only
from servicedesk.people import access
from servicedesk.services.models import Service
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.models import Ticket

from .. import gate
from ..models import Change, Deployment
from .common import model_of

KEY_LENGTH = 200


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
        agents_only(request)
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
            service=_service(values.pop("service")), model=model_of(slug) if slug else None, key=key, **values
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
        agents_only(request)
        change = Change.objects.get(pk=_deployment(request, number).change_id)
        return Response(GateAnswer(gate.decision(change)).data)

    @extend_schema(operation_id="changes_gate_report", request=ReportRequest, responses=GateAnswer)
    def post(self, request: Request, number: str) -> Response:
        """The pipeline has begun, or how it ended. Safe to repeat."""
        agents_only(request)
        deployment = _deployment(request, number)
        body = ReportRequest(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        change = gate.report(deployment, actor=request.user, state=values["status"], message=values.get("message", ""))
        return Response(GateAnswer(gate.decision(change)).data)
