"""What an incident has beyond any ticket."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.models import Ticket


class Incident(Ticket):
    """An unplanned interruption of a service, or reduction in its quality (ITIL 4)."""

    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("incident lead"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="led_incidents", help_text=_("Leads the work on a major incident."),
    )  # fmt: skip
    major_since = models.DateTimeField(_("major since"), null=True, editable=False)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
