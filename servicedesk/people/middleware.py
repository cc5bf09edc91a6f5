"""Language and time zone of whoever looks."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation


class ViewerMiddleware:
    """Activates the viewer's zone and language; a visitor gets the browser's language and the site's zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            language, zone = user.language, user.time_zone
        else:
            language, zone = translation.get_language_from_request(request), None
        with translation.override(language):
            try:
                timezone.activate(zoneinfo.ZoneInfo(zone)) if zone else timezone.deactivate()
                response = self.get_response(request)
            except zoneinfo.ZoneInfoNotFoundError:
                timezone.deactivate()
                response = self.get_response(request)
            finally:
                timezone.deactivate()
        response.headers.setdefault("Content-Language", language)
        return response
