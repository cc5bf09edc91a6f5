"""Incidents over REST."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from servicedesk.api.tickets import TicketViewSet
from servicedesk.tickets.models import Channel, Ticket

from .models import Incident
from .operations import open_incident
from .process import INCIDENT


class Incidents(TicketViewSet):
    """Incidents; the same operations and access rules as the screens."""

    process = INCIDENT
    queryset = Incident.objects.none()

    def opened(self, request: Request, values: dict[str, Any]) -> Ticket:
        return open_incident(actor=request.user, channel=Channel.API, **values)


router = SimpleRouter()
router.register("incidents", Incidents, "api-incidents")
urlpatterns = router.urls
