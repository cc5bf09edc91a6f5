"""What the addresses of changes share."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from servicedesk.people import access
from servicedesk.tickets.errors import Invalid

from ..forms import active_models
from ..models import ChangeModel


def agents_only(request: Request) -> None:
    """Raise Forbidden for customers."""
    user: Any = request.user
    if not user.is_agent:
        raise access.Forbidden(_("This is for the people of the service desk."))


def model_of(slug: str) -> ChangeModel:
    """The active model of this name; raises Invalid."""
    found = active_models().filter(slug=slug).first()
    if found is None:
        raise Invalid({"model": _("There is no such model.")})
    return found
