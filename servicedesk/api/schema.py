"""The OpenAPI schema's common parts: every operation names the errors it may answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from .errors import ProblemSerializer

_ERRORS = {
    "400": "The request cannot be read.",
    "401": "No valid token or session.",
    "403": "You may not do this.",
    "404": "There is nothing here that you may see.",
    "409": "The ticket's state does not allow it, or somebody changed the same field meanwhile.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A value cannot be taken; `errors` names the fields.",
    "429": "Too many requests; wait as Retry-After says.",
}


class Schema(AutoSchema):
    """Adds the problem+json answers that every operation shares."""

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> Any:
        bodies = super()._get_response_bodies(*args, **kwargs)  # type: ignore[no-untyped-call]
        component = self.resolve_serializer(ProblemSerializer, "response")  # type: ignore[arg-type]
        codes = dict(_ERRORS)
        if self.method == "GET":
            codes = {k: v for k, v in codes.items() if k not in {"409", "413", "415"}}
        for code, description in codes.items():
            bodies.setdefault(
                code,
                {"description": description, "content": {"application/problem+json": {"schema": component.ref}}},
            )
        return bodies
