"""Attachments, served to whoever may see their ticket."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from servicedesk.people import access

from .models import Attachment


def visible_attachments(user: Any) -> Any:
    """The attachments that ``user`` may fetch: those of visible tickets, internal ones for agents only."""
    rows = access.visible(user, Attachment.objects.all(), "ticket__")
    return rows if user.is_agent else rows.filter(is_internal=False)


@login_required
@require_safe
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file; a raster image in place, everything else as a download that no browser renders."""
    row = get_object_or_404(visible_attachments(request.user), pk=pk)
    try:
        file = row.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(
        file, as_attachment=not row.is_image, filename=row.name,
        content_type=row.content_type if row.is_image else "application/octet-stream",
    )  # fmt: skip
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=3600"
    return response
