"""Who gets to an address that is not for customers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from servicedesk.people import access


def agents_only(request: Request) -> None:
    """Raise Forbidden for customers."""
    user: Any = request.user
    if not user.is_agent:
        raise access.Forbidden(_("This is for the people of the service desk."))
