"""Every refusal as application/problem+json (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from servicedesk.tickets.errors import Conflict, Invalid, OperationError


class ProblemSerializer(serializers.Serializer[Any]):
    """The shape of every error, for the schema."""

    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False, help_text="Field name → what is wrong with it.",
    )  # fmt: skip
    theirs = serializers.DictField(required=False, help_text="On a conflict: the values saved meanwhile.")
    yours = serializers.DictField(required=False, help_text="On a conflict: the values you sent.")


def _answer(code: int, title: str, detail: str, headers: Any = None, **more: Any) -> Response:
    response = Response({"title": title, "status": code, "detail": detail, **more}, status=code, headers=headers)
    response.content_type = "application/problem+json"
    return response


def _sentences(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """DRF's nested error details flattened to field → sentences."""
    if isinstance(detail, dict):
        flat: dict[str, list[str]] = {}
        for key, value in detail.items():
            name = f"{prefix}.{key}" if prefix else str(key)
            flat |= _sentences(value, name)
        return flat
    items = detail if isinstance(detail, list) else [detail]
    if any(isinstance(item, dict | list) for item in items):
        flat = {}
        for index, item in enumerate(items):
            flat |= _sentences(item, f"{prefix}.{index}" if prefix else str(index))
        return flat
    return {prefix or "body": [str(item) for item in items]}


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler."""
    if isinstance(error, OperationError):
        set_rollback()
        more: dict[str, Any] = {}
        if isinstance(error, Invalid):
            more["errors"] = error.fields
        if isinstance(error, Conflict):
            more |= {"theirs": error.theirs, "yours": error.yours}
        return _answer(error.status, error.title, error.message, **more)
    if isinstance(error, RequestDataTooBig):
        return _answer(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "Too large", "The body is too large.")
    if isinstance(error, exceptions.ValidationError):
        fields = _sentences(error.detail)
        return _answer(422, "Invalid input", " ".join(s for found in fields.values() for s in found), errors=fields)
    if isinstance(error, Http404):
        return _answer(404, "Not found", "There is nothing here that you may see.")
    if isinstance(error, PermissionDenied):
        return _answer(403, "Forbidden", str(error) or "You may not do this.")
    response = exception_handler(error, context)
    if response is None:
        return None
    detail = response.data.get("detail", "") if isinstance(response.data, dict) else response.data
    names = {400: "Bad request", 401: "Not logged in", 403: "Forbidden", 404: "Not found", 405: "Method not allowed",
             406: "Not acceptable", 415: "Unsupported media type", 429: "Too many requests"}  # fmt: skip
    kept = {k: v for k, v in response.headers.items() if k in ("WWW-Authenticate", "Allow", "Retry-After")}
    title = names.get(response.status_code, "Error")
    return _answer(response.status_code, title, str(detail), headers=kept)
