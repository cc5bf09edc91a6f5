"""Drafting, publishing and retiring versions, and reading the one that is offered now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk import conditions
from servicedesk.approvals.facts import ANSWER
from servicedesk.tickets.errors import Invalid, NotAllowedNow

from . import fulfilment
from .bundles import cheapest
from .forms.definition import Definition, build
from .models import FieldType, FormField, Offering, OfferingVersion, PlannedTask, VersionState

#: Published versions do not change, so their compiled forms are kept by each process.
MOST_KEPT = 300
_kept: OrderedDict[int, tuple[Definition, list[fulfilment.Planned]]] = OrderedDict()


def forget() -> None:
    """Start anew; for tests, whose rows vanish."""
    _kept.clear()


def _compiled(version: OfferingVersion) -> tuple[Definition, list[fulfilment.Planned]]:
    found = _kept.get(version.pk)
    if found is None:
        form = build(version.fields.all())
        rows = version.tasks.select_related("team", "offering")
        plan = _plan(rows, form)
        found = form, plan
        if version.state != VersionState.DRAFT:
            _kept[version.pk] = found
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    else:
        _kept.move_to_end(version.pk)
    return found


def _plan(rows: Any, form: Definition) -> list[fulfilment.Planned]:
    """Of a version that was checked when it was published: other offerings may have changed since."""
    plan = []
    for row in rows:
        after = tuple(part.strip() for part in row.after.split(",") if part.strip())
        tree = conditions.read(row.only_if, form.kinds)
        plan.append(fulfilment.Planned(row.key, row, after, tree, fulfilment.read_values(row.values)))
    return plan


def definition_of(version: OfferingVersion) -> Definition:
    """The version's form."""
    return _compiled(version)[0]


def plan_of(version: OfferingVersion) -> list[fulfilment.Planned]:
    """The version's fulfilment."""
    return _compiled(version)[1]


def published(offering: Offering) -> OfferingVersion | None:
    """What is offered now."""
    rows = OfferingVersion.objects.select_related("offering__service__team", "approval_plan")
    return rows.filter(offering=offering, state=VersionState.PUBLISHED).first()


@transaction.atomic
def draft_of(offering: Offering) -> OfferingVersion:
    """The draft of an offering, made from the newest version where there is none."""
    offering = Offering.objects.select_for_update().get(pk=offering.pk)
    found = offering.versions.filter(state=VersionState.DRAFT).first()
    if found is not None:
        return found
    newest = offering.versions.order_by("-number").first()
    draft = OfferingVersion(offering=offering, number=newest.number + 1 if newest else 1)
    if newest is not None:
        for name in ("text", "price_once", "price_monthly", "delivery_seconds", "most", "approval_plan_id"):
            setattr(draft, name, getattr(newest, name))
    draft.save()
    if newest is not None:
        for related in (newest.fields.all(), newest.tasks.all()):
            for row in related:
                row.pk, row.version = None, draft
                row._state.adding = True
                row.save()
    return draft


def problems_of(version: OfferingVersion) -> list[str]:
    """Everything that keeps a draft from being published, each a sentence with its place."""
    rows = list(version.fields.all())
    form = build(rows)
    found = [f"{rows[place].label if rows else ''}: {text}" for place, texts in form.problems.items() for text in texts]
    tasks = list(version.tasks.select_related("team", "offering", "version"))
    _made, wrong = fulfilment.build(tasks, form)
    found += [f"{tasks[place].title if tasks else ''}: {text}" for place, texts in wrong.items() for text in texts]
    if version.approval_plan is not None:
        for step in version.approval_plan.steps.all():
            try:
                asked = {name.removeprefix(ANSWER) for name in conditions.names(step.tree) if name.startswith(ANSWER)}
            except conditions.ConditionError as error:
                found.append(f"{version.approval_plan}: {error}")
                continue
            for name in sorted(asked - set(form.questions)):
                found.append(
                    _("The approval step “%(step)s” asks about “%(name)s”, which the form does not have.")
                    % {"step": step.name, "name": name}
                )
    return found


def _keep_keys(model: Any, rows: Iterable[tuple[Any, str]]) -> None:
    """Write the keys that followed from the words: a published version has them for good."""
    for row, key in rows:
        if row.key != key:
            model.objects.filter(pk=row.pk).update(key=key)


@transaction.atomic
def publish(version: OfferingVersion, *, actor: Any) -> OfferingVersion:
    """Offer the draft from now on; the one before is retired. Raises Invalid with what is wrong with it."""
    offering = Offering.objects.select_for_update().get(pk=version.offering_id)
    row = OfferingVersion.objects.get(pk=version.pk)
    if row.state != VersionState.DRAFT:
        raise NotAllowedNow(_("Only a draft can be published."))
    if problems := problems_of(row):
        raise Invalid({"version": problems})
    fields = list(row.fields.all())
    form = build(fields)
    _keep_keys(FormField, zip([f for f in fields if f.type != FieldType.SECTION], form.questions, strict=True))
    tasks, _wrong = fulfilment.build(row.tasks.all(), form)
    _keep_keys(PlannedTask, ((planned.row, planned.key) for planned in tasks))
    offering.versions.filter(state=VersionState.PUBLISHED).update(state=VersionState.RETIRED)
    row.state, row.published_at, row.published_by = VersionState.PUBLISHED, timezone.now(), actor
    least, row.is_from = cheapest(row, form)
    row.from_once, row.from_monthly = least.once, least.monthly
    row.save(update_fields=["state", "published_at", "published_by", "from_once", "from_monthly", "is_from"])
    if offering.is_retired:
        Offering.objects.filter(pk=offering.pk).update(is_retired=False)
    _kept.pop(row.pk, None)
    return row


@transaction.atomic
def retire(offering: Offering) -> None:
    """Offer it no longer; running requests go on. Raises NotAllowedNow where a bundle still orders it."""
    offering = Offering.objects.select_for_update().get(pk=offering.pk)
    bundle = PlannedTask.objects.filter(offering=offering, version__state=VersionState.PUBLISHED).first()
    if bundle is not None:
        raise NotAllowedNow(_("“%(name)s” orders it; change that first.") % {"name": bundle.version.offering.name})
    Offering.objects.filter(pk=offering.pk).update(is_retired=True)
    offering.versions.filter(state=VersionState.PUBLISHED).update(state=VersionState.RETIRED)
