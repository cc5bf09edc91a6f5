"""What every page shares: context, static bundling, and two small middlewares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from whitenoise.storage import CompressedManifestStaticFilesStorage

Get = Callable[[HttpRequest], HttpResponse]


def site(request: HttpRequest) -> dict[str, Any]:
    """Template context of every page; ``base`` is the frame of whoever looks, for pages that all share."""
    user = getattr(request, "user", None)
    base = "desk/base.html" if user is not None and user.is_authenticated and user.is_agent else "portal/base.html"
    return {"site_name": settings.SITE_NAME, "demo": settings.DEMO, "base": base}


def problem_json(status: int, title: str, detail: str) -> JsonResponse:
    """RFC 9457, for answers that come before or after the API's own."""
    body = {"title": title, "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")


class RefuseNullBytes:
    """PostgreSQL's text cannot hold NUL: say so before a query does (400, not 500)."""

    def __init__(self, get_response: Get):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            text = "The address contains a null byte."
            if request.path_info.startswith("/api/"):
                return problem_json(400, "Bad request", text)
            return HttpResponseBadRequest(text, content_type="text/plain")
        return self.get_response(request)


class AdminPolicy:
    """The admin's theme needs inline script, inline style and eval (Alpine.js); only staff get there."""

    RELAXED = {
        "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
    }

    def __init__(self, get_response: Get):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            response._csp_update = self.RELAXED  # type: ignore[attr-defined]
        return response


IMPORT = re.compile(r'@import url\("(?P<name>[^"]+)"\)(?: layer\((?P<layer>[\w-]+)\))?;\n?')


class BundledStorage(CompressedManifestStaticFilesStorage):
    """Manifest storage that writes each stylesheet's imports into it.

    The folder static/css/ stays one file per component; a browser fetches one
    file. This is all the build there is.
    """

    support_js_module_import_aggregation = True
    manifest_strict = False
    BUNDLES = ("css/desk.css", "css/portal.css")

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        for name in self.BUNDLES:
            if name in paths and not dry_run:
                text = self._inline(name)
                self.delete(name)
                self._save(name, ContentFile(text.encode()))
                # From here on the bundle is read from where it was collected.
                paths[name] = (self, name)
        yield from super().post_process(paths, dry_run, **options)

    def _inline(self, name: str) -> str:
        from django.contrib.staticfiles import finders

        def read(path: str) -> str:
            with open(str(finders.find(path)), encoding="utf-8") as file:
                return file.read()

        def replace(match: re.Match[str]) -> str:
            text = read(f"css/{match['name']}")
            return f"@layer {match['layer']} {{\n{text}\n}}\n" if match["layer"] else text

        return IMPORT.sub(replace, read(name))


def after(response: HttpResponse, work: Callable[[], object]) -> None:
    """Do ``work`` when the response has been sent: nobody waits for what only the next page needs."""
    response._resource_closers.append(work)  # type: ignore[attr-defined]


def _error(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A refusal as its caller reads it: a line for htmx, problem+json for the API, a page for people."""
    if request.path_info.startswith("/api/"):
        return problem_json(status, title, text)
    if request.headers.get("HX-Request"):
        response = render(request, "desk/toast.html", {"text": text, "level": "error"}, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
        return response
    return render(request, "error.html", {"title": title, "text": text, "status": status}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _error(request, 400, _("This request cannot be read"), _("Nothing was changed. Go back and try again."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _error(request, 403, _("You may not do this"), str(exception) or _("Ask an admin if you should."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, also for what one may not see."""
    return _error(request, 404, _("There is nothing here"), _("Perhaps it has moved, or you may not see it."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token; most often a page that stood open over a new login."""
    return _error(
        request, 403, _("This form has expired"), _("Nothing was changed. Load the page again, then send it once more.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500; drawn without context, for whatever failed may be in it."""
    text = _("Something went wrong on our side. It is recorded, and nothing you typed before was lost.")
    if request.path_info.startswith("/api/"):
        return problem_json(500, "Server error", text)
    return HttpResponse(render_to_string("500.html", {"text": text}), status=500)
