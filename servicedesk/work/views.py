"""Adding a task by hand, and the address that outside systems answer at."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from servicedesk.api.fields import Strict, Text
from servicedesk.desk.dialogs import ask
from servicedesk.desk.guard import agents_only, find_ticket
from servicedesk.desk.views.ticket import RELATED

from . import calls
from .forms import TaskForm
from .operations import add_task


@agents_only
@require_http_methods(["GET", "POST"])
def task(request: HttpRequest, number: str) -> HttpResponse:
    """Add a task to a ticket."""
    ticket = find_ticket(request.user, number, RELATED)
    form = TaskForm(request.POST if request.method == "POST" else None, user=request.user)
    return ask(
        request, ticket, form, lambda values: add_task(ticket, actor=request.user, **values),
        title=_("Add a task"), button=_("Add"), done=_("Task added."),
    )  # fmt: skip


class CallbackRequest(Strict):
    """How the task went."""

    status = serializers.ChoiceField(["done", "failed"])
    message = Text(max_length=500, required=False, allow_blank=True)


class CallbackAnswer(serializers.Serializer[Any]):
    task = serializers.CharField()
    status = serializers.CharField()


@extend_schema(request=CallbackRequest, responses=CallbackAnswer, auth=[])
@api_view(["POST"])
@authentication_classes([])
@permission_classes([])
def callback(request: Request, token: str) -> Response:
    """An outside system says that its task is done, or failed. The address is the key; it works again and again."""
    body = CallbackRequest(data=request.data)
    body.is_valid(raise_exception=True)
    try:
        task = calls.answered(token, **body.validated_data)
    except signing.BadSignature:
        return Response(
            {"title": "Not found", "status": 404, "detail": "This address is not one of ours."},
            status=status.HTTP_404_NOT_FOUND, content_type="application/problem+json",
        )  # fmt: skip
    return Response({"task": task.number, "status": task.status})
