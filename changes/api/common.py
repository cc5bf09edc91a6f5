"""What the addresses of changes share."""

from __future__ import annotations

from django.utils.translation import gettext as _

from servicedesk.tickets.errors import Invalid

from ..forms import active_models
from ..models import ChangeModel


def model_of(slug: str) -> ChangeModel:
    """The active model of this name; raises Invalid."""
    found = active_models().filter(slug=slug).first()
    if found is None:
        raise Invalid({"model": _("There is no such model.")})
    return found
