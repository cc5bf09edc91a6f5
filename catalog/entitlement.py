"""Who may order what. The catalogue's lists and every order start here.

The rule is written in SQL: every page of the catalogue asks it, and building it from parts took longer than the page.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, cast

from django.db import connection
from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL

from servicedesk.services.models import Service

from .models import Category, Offering, OfferingVersion

#: Offered now: published, and its service is one that is used.
_OFFERED = """
NOT catalog_offering.is_retired
AND EXISTS (SELECT FROM services_service s WHERE s.id = catalog_offering.service_id AND s.is_active)
AND EXISTS (SELECT FROM catalog_offeringversion v WHERE v.offering_id = catalog_offering.id AND v.state = 'published')
"""
#: The offering's own limits and its service's let the person have it: %s are role, organisation, person, organisation.
_ENTITLED = """
(
    cardinality(catalog_offering.roles) = 0
    AND NOT EXISTS (SELECT FROM catalog_offering_organisations l WHERE l.offering_id = catalog_offering.id)
    AND NOT EXISTS (SELECT FROM catalog_offering_teams l WHERE l.offering_id = catalog_offering.id)
    OR %s = ANY (catalog_offering.roles)
    OR EXISTS (
        SELECT FROM catalog_offering_organisations l
        WHERE l.offering_id = catalog_offering.id AND l.organisation_id = %s
    )
    OR EXISTS (
        SELECT FROM catalog_offering_teams l JOIN people_membership m ON m.team_id = l.team_id
        WHERE l.offering_id = catalog_offering.id AND m.user_id = %s
    )
)
AND (
    NOT EXISTS (SELECT FROM services_service_organisations l WHERE l.service_id = catalog_offering.service_id)
    OR EXISTS (
        SELECT FROM services_service_organisations l
        WHERE l.service_id = catalog_offering.service_id AND l.organisation_id = %s
    )
)
"""


def _condition(sql: str, *params: Any) -> RawSQL:
    return RawSQL(sql, params, output_field=BooleanField())  # noqa: S611 (params are bound)


def _entitled(person: Any) -> RawSQL:
    organisation = person.organisation_id
    return _condition(_ENTITLED, person.role, organisation, person.pk, organisation)


def orderable(viewer: Any, person: Any = None) -> QuerySet[Offering]:
    """What ``viewer`` may order for ``person`` (themselves unless given): offered now, and they are entitled to it.

    An agent orders for others whatever those are entitled to; anybody else needs to be entitled as well.
    """
    person = person or viewer
    if not (viewer.is_authenticated and viewer.is_active and person.is_active):
        return Offering.objects.none()
    rows = Offering.objects.filter(_condition(_OFFERED), _entitled(person))
    if viewer.pk != person.pk and not viewer.is_agent:
        rows = rows.filter(_entitled(viewer))
    return rows


#: What an order form shows. What else these have is fetched when it is asked for.
_ROWS: dict[type[Model], tuple[str, set[str]]] = {
    OfferingVersion: ("v", {field.attname for field in OfferingVersion._meta.concrete_fields}),
    Offering: ("catalog_offering", {"id", "name", "slug", "icon", "description", "category_id", "service_id"}),
    Category: ("c", {"id", "name", "slug"}),
    Service: ("s", {"id", "name"}),
}
#: In each model's own order, as ``from_db`` wants them.
_COLUMNS = {model: [f.attname for f in model._meta.concrete_fields if f.attname in _ROWS[model][1]] for model in _ROWS}
_SHOWN = f"""
SELECT {", ".join(f'{_ROWS[model][0]}."{column}"' for model, columns in _COLUMNS.items() for column in columns)}
FROM catalog_offering
JOIN catalog_offeringversion v ON v.offering_id = catalog_offering.id AND v.state = 'published'
JOIN catalog_category c ON c.id = catalog_offering.category_id
JOIN services_service s ON s.id = catalog_offering.service_id AND s.is_active
WHERE catalog_offering.slug = %s AND NOT catalog_offering.is_retired AND (%s OR {_ENTITLED})
"""  # noqa: S608 (names of our own columns)


def offered(viewer: Any, slug: str) -> OfferingVersion | None:
    """The published version of what ``viewer`` may order by this name; one query, and no time spent on building it.

    An agent also gets what they are not entitled to themselves: they may order it for somebody who is.
    """
    organisation = viewer.organisation_id
    params = [slug, viewer.is_agent, viewer.role, organisation, viewer.pk, organisation]
    with connection.cursor() as cursor:
        row = cursor.execute(_SHOWN, params).fetchone() if viewer.is_active else None
    if row is None:
        return None
    values = iter(row)
    made: Any = [
        model.from_db("default", columns, list(islice(values, len(columns)))) for model, columns in _COLUMNS.items()
    ]
    version, offering, category, service = made
    version.offering, offering.category, offering.service = offering, category, service
    return cast(OfferingVersion, version)
