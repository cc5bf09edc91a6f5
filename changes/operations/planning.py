"""What is planned: texts, services, the window, tasks."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Conflict, Invalid, NotAllowedNow
from servicedesk.tickets.operations import core
from servicedesk.tickets.operations.opening import check_people
from servicedesk.work.models import StepState, WorkStep
from servicedesk.work.operations import MOST_STEPS

from .. import collisions, risk, windows
from ..models import Change, ChangeType
from ..models.change import PLAN_TEXTS
from .assessing import keep, work_out
from .opening import check_services, texts

#: States in which texts, services and tasks are changed; later, it goes back to draft first.
EDITABLE = ("draft", "assess")
#: States in which the window is moved.
MOVABLE = ("draft", "assess", "authorise", "scheduled")


def _editable(row: Any) -> None:
    if row.status not in EDITABLE:
        raise NotAllowedNow(
            _("%(number)s is “%(state)s”. Take it back to draft to change its plan.")
            % {"number": row.number, "state": row.state.label}
        )


def _check_version(row: Any, expected: int | None, changes: core.Changes) -> None:
    """Raise Conflict if a field that is about to change was changed since ``expected``."""
    since = core.changed_since(row, expected)
    if mixed := sorted(set(changes) & since):
        raise Conflict(
            _("Somebody changed this while you were at it. Nothing was saved."),
            theirs={name: changes[name][0] for name in mixed}, yours={name: changes[name][1] for name in mixed},
        )  # fmt: skip


@transaction.atomic
def plan(
    change: Change, *, actor: Any, expected_version: int | None = None, at: datetime.datetime | None = None, **values: Any
) -> Change:  # fmt: skip
    """Change texts (PLAN_TEXTS), ``services``, ``type`` or ``outage``. Saving what is already so records nothing."""
    row = core.lock(change, actor, "plan")
    _editable(row)
    fresh = Change.objects.get(pk=row.pk)
    if unknown := set(values) - {*PLAN_TEXTS, "services", "outage", "type"}:
        raise Invalid({name: _("This field cannot be changed here.") for name in unknown})
    fields: dict[str, Any] = texts(values)
    if "outage" in values:
        fields["outage"] = bool(values["outage"])
    if "type" in values:
        if values["type"] not in ChangeType.values:
            raise Invalid({"type": _("Choose one of: %(names)s.") % {"names": ", ".join(ChangeType.values)}})
        standard = fresh.model is not None and fresh.model.type == ChangeType.STANDARD
        if values["type"] == ChangeType.STANDARD and not standard:
            raise Invalid({"type": _("A standard change is made from a standard model.")})
        fields["type"] = values["type"]
    changes = {
        name: [core.described(getattr(fresh, name)), core.described(value)]
        for name, value in fields.items() if getattr(fresh, name) != value
    }  # fmt: skip
    before = list(fresh.services.order_by("name"))
    rows = before
    if "services" in values:
        rows = check_services(list(values["services"]), {service.pk for service in before})
        if {s.pk for s in rows} != {s.pk for s in before}:
            changes["services"] = [[core.described(s) for s in before], [core.described(s) for s in rows]]
    _check_version(row, expected_version, changes)
    if not changes:
        return fresh
    Change.objects.filter(pk=fresh.pk).update(**{name: fields[name] for name in fields if name in changes})
    save = []
    if "services" in changes:
        fresh.services.set(rows)
        if row.service_id not in {s.pk for s in rows}:
            row.service = rows[0] if rows else None
            save.append("service")
    fresh = Change.objects.get(pk=fresh.pk)
    if fresh.risk_score is not None:
        changes |= keep(fresh, work_out(fresh))
    core.record(row, "planned", actor=actor, changes=changes, save=save, at=at)
    return Change.objects.get(pk=fresh.pk)


@transaction.atomic
def move(
    change: Change, *, actor: Any, start: datetime.datetime, end: datetime.datetime, zone: str = "",
    expected_version: int | None = None, at: datetime.datetime | None = None,
) -> Change:  # fmt: skip
    """Plan the window anew; naive times are by the clock of ``zone``, which stays what it was unless given.

    What was agreed is looked at again: a freeze refuses it, and a risk that becomes higher takes it back to
    assessment. Raises Invalid and NotAllowedNow.
    """
    row = core.lock(change, actor, "plan")
    fresh = Change.objects.get(pk=row.pk)
    if row.status not in MOVABLE:
        raise NotAllowedNow(
            _("%(number)s is “%(state)s”: its window cannot be moved any more.")
            % {"number": row.number, "state": row.state.label}
        )
    at = at or timezone.now()
    zone = zone or fresh.zone
    window = windows.make(start, end, zone, now=at)
    if row.status in ("authorise", "scheduled") and window.upper <= at:
        raise Invalid({"end": _("This is over already.")})
    if window == fresh.window and zone == fresh.zone:
        return fresh
    services = list(fresh.services.values_list("pk", flat=True))
    found = collisions.named(collisions.find(services, window, change=fresh.pk), None)
    if row.status in ("authorise", "scheduled") and fresh.type != ChangeType.EMERGENCY:
        refuse_freeze(found)
    changes: core.Changes = {
        "window": [windows.words(fresh.window, fresh.zone), windows.words(window, zone)],
    }  # fmt: skip
    _check_version(row, expected_version, changes)
    if zone != fresh.zone:
        changes["zone"] = [fresh.zone, zone]
    before = fresh.risk_level
    Change.objects.filter(pk=fresh.pk).update(window=window, zone=zone)
    fresh = Change.objects.get(pk=fresh.pk)
    if fresh.risk_score is not None:
        changes |= keep(fresh, work_out(fresh, now=at))
    core.record(
        row, "rescheduled", actor=actor, changes=changes, at=at, start=window.lower.isoformat(),
        end=window.upper.isoformat(), state=row.status,
        collisions=[c.words for c in found[:10]] or None,
    )  # fmt: skip
    agreed = row.status in ("authorise", "scheduled") and fresh.type == ChangeType.NORMAL
    if agreed and risk.is_higher(fresh.risk_level, before):
        tickets.transition(row, "reassess", actor=None, at=at)
    return Change.objects.get(pk=fresh.pk)


def refuse_freeze(found: list[collisions.Collision]) -> None:
    """Raise NotAllowedNow if a freeze is among them."""
    frozen = [c for c in found if c.blocks]
    if frozen:
        raise NotAllowedNow(_("%(why)s Only an emergency is done then.") % {"why": frozen[0].words})


@transaction.atomic
def plan_task(
    change: Change, *, actor: Any, title: str, instructions: str = "", team: Any = None, assignee: Any = None,
    planned_seconds: int | None = None, at_once: bool = False, at: datetime.datetime | None = None,
) -> WorkStep:  # fmt: skip
    """Add a task that begins with the implementation, after those before it unless ``at_once``."""
    row = core.lock(change, actor, "plan")
    if row.status not in MOVABLE:
        raise NotAllowedNow(_("Its implementation has begun; add a task that begins now."))
    check_people(team, assignee)
    steps = list(WorkStep.objects.filter(ticket_id=row.pk))
    if len(steps) >= MOST_STEPS:
        raise NotAllowedNow(_("A ticket has at most %(n)d tasks.") % {"n": MOST_STEPS})
    if planned_seconds is not None and not 0 < planned_seconds < 5 * 366 * 86_400:
        raise Invalid({"planned_seconds": _("This is no time that a task can take.")})
    waiting = [step for step in steps if step.state == StepState.WAITING]
    last = waiting[-1] if waiting else None
    after = [] if last is None else list(last.after) if at_once else _wave(waiting, last)
    title = core.text(title, "title", limit=150, one_line=True)
    number = max((step.position for step in steps), default=-1) + 1
    step = WorkStep.objects.create(
        ticket=row, key=f"task-{number + 1}", position=number, title=title, team=team, assignee=assignee,
        instructions=core.text(instructions, "instructions", limit=core.MAX_BODY, required=False),
        planned_seconds=planned_seconds, after=after,
    )  # fmt: skip
    core.record(row, "task_planned", actor=actor, at=at, activity=False, step=title)
    return step


def _wave(waiting: list[WorkStep], last: WorkStep) -> list[str]:
    """The keys of those that begin together with the last one."""
    return [step.key for step in waiting if step.after == last.after]


@transaction.atomic
def drop_task(change: Change, *, actor: Any, step: WorkStep, at: datetime.datetime | None = None) -> None:
    """Take a task that has not begun out of the plan; those after it wait for what it waited for."""
    row = core.lock(change, actor, "plan")
    fresh = WorkStep.objects.filter(pk=step.pk, ticket_id=row.pk).first()
    if fresh is None or fresh.state != StepState.WAITING or row.status not in MOVABLE:
        raise NotAllowedNow(_("This task has begun, or is gone already."))
    for other in WorkStep.objects.filter(ticket_id=row.pk, after__contains=[fresh.key]):
        other.after = list(dict.fromkeys([*(k for k in other.after if k != fresh.key), *fresh.after]))
        other.save(update_fields=["after"])
    fresh.delete()
    core.record(row, "task_dropped", actor=actor, at=at, activity=False, step=fresh.title)
