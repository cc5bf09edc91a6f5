"""Who may order what. The catalogue's lists and every order start here."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from servicedesk.people.models import Membership
from servicedesk.services.models import Service

from .models import Offering, OfferingVersion, VersionState


def _entitled(person: Any) -> Q:
    """Offerings whose own limits and whose service's let this person have them."""
    through: Any = Offering.organisations.through
    teams: Any = Offering.teams.through
    of_service: Any = Service.organisations.through
    organisations = through.objects.filter(offering=OuterRef("pk"))
    for_teams = teams.objects.filter(offering=OuterRef("pk"))
    services = of_service.objects.filter(service=OuterRef("service"))
    mine = Membership.objects.filter(user=person).values("team")
    free = ~Exists(organisations) & ~Exists(for_teams) & Q(roles=[])
    granted = (
        Exists(organisations.filter(organisation=person.organisation_id))
        | Exists(for_teams.filter(team__in=mine))
        | Q(roles__contains=[person.role])
    )
    service = ~Exists(services) | Exists(services.filter(organisation=person.organisation_id))
    return (free | granted) & service


def orderable(viewer: Any, person: Any = None) -> QuerySet[Offering]:
    """What ``viewer`` may order for ``person`` (themselves unless given): offered now, and they are entitled to it.

    An agent orders for others whatever those are entitled to; anybody else needs to be entitled as well.
    """
    person = person or viewer
    if not (viewer.is_authenticated and viewer.is_active and person.is_active):
        return Offering.objects.none()
    live = OfferingVersion.objects.filter(offering=OuterRef("pk"), state=VersionState.PUBLISHED)
    rows = Offering.objects.filter(Exists(live), is_retired=False, service__is_active=True).filter(_entitled(person))
    if viewer.pk != person.pk and not viewer.is_agent:
        rows = rows.filter(_entitled(viewer))
    return rows
