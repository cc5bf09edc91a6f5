"""The gate for pipelines: may this version go to this environment now? And what became of it."""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.services.models import Service
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Conflict, Invalid, NotAllowedNow, OperationError
from servicedesk.tickets.models import Channel, Ticket
from servicedesk.tickets.operations import core

from . import collisions, operations
from .forms import active_models
from .models import Change, ChangeModel, ChangeType, Deployment, DeploymentState, Outcome

ALLOWED, WAITING, REFUSED = "allowed", "waiting", "refused"
#: What a deployment may take before it is thought to have been forgotten; its planned window.
USUAL = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Asked:
    """What a pipeline asks."""

    service: Service
    version: str
    environment: str
    key: str
    commit: str = ""
    committed_at: datetime.datetime | None = None
    pipeline_url: str = ""
    model: ChangeModel | None = None

    def fingerprint(self) -> str:
        """What has to be the same under the same key."""
        words = [self.service.pk, self.version, self.environment, self.commit]
        return hashlib.sha256(json.dumps(words).encode()).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What the gate says."""

    decision: str  #: allowed, waiting or refused
    change: Change
    reasons: list[str] = field(default_factory=list)


def model_for(service: Service, given: ChangeModel | None) -> ChangeModel | None:
    """The model a pipeline's changes are made from: the one it names, else the service's only standard one."""
    if given is not None:
        return given
    rows = list(active_models().filter(service=service, type=ChangeType.STANDARD).order_by("pk")[:2])
    return rows[0] if len(rows) == 1 else None


def ask(asked: Asked, *, actor: Any, at: datetime.datetime | None = None) -> Answer:
    """Make the change of a deployment, or find it by its key, and say whether it may go on.

    The same key again is the same question; with something else it raises Conflict.
    """
    at = at or timezone.now()
    known = Deployment.objects.select_related("change").filter(key=asked.key).first()
    if known is None:
        try:
            with transaction.atomic():
                known = _make(asked, actor=actor, at=at)
        except IntegrityError:  # the same key at the same moment: the other one made it
            known = Deployment.objects.select_related("change").get(key=asked.key)
    if known.fingerprint != asked.fingerprint():
        raise Conflict(
            _("The key “%(key)s” was used for %(version)s in %(environment)s.")
            % {"key": asked.key, "version": known.version, "environment": known.environment},
            theirs={"version": known.version, "environment": known.environment, "commit": known.commit},
            yours={"version": asked.version, "environment": asked.environment, "commit": asked.commit},
        )
    if known.change.status == "draft":  # what refused it then may be over
        with transaction.atomic():
            _put_forward(Change.objects.select_related("model").get(pk=known.change_id), actor=actor, at=at)
    return decision(Change.objects.get(pk=known.change_id), at=at)


def _put_forward(change: Change, *, actor: Any, at: datetime.datetime) -> None:
    """Schedule it where it is approved in advance, else have it assessed; a refusal stays with the draft."""
    if Ticket.objects.select_for_update().get(pk=change.pk).status != "draft":
        return
    _open_window(change, at)
    standard = change.type == ChangeType.STANDARD and change.model is not None and change.model.is_preapproved
    try:
        with transaction.atomic():
            tickets.transition(change, "schedule" if standard else "submit", actor=actor, at=at)
    except NotAllowedNow as error:  # a freeze, say: the change stays, and the answer says why
        core.record(Ticket.objects.get(pk=change.pk), "gate_refused", actor=None, at=at, reason=error.message)


def _make(asked: Asked, *, actor: Any, at: datetime.datetime) -> Deployment:
    model = model_for(asked.service, asked.model)
    standard = model is not None and model.type == ChangeType.STANDARD and model.is_preapproved
    length = datetime.timedelta(seconds=model.duration_seconds) if model is not None else USUAL
    title = f"{asked.service.name} {asked.version} → {asked.environment}"
    change = operations.raise_change(
        actor=actor, title=title[:200], type=ChangeType.STANDARD if standard else ChangeType.NORMAL, model=model,
        services=[asked.service], start=at, end=at + length, zone="UTC", channel=Channel.API, at=at,
        reason=_("Deployed by a pipeline."), implementation="" if model is not None else _("The pipeline deploys it."),
        backout="" if model is not None and model.backout else _("Deploy the version before."),
        description=asked.pipeline_url,
    )  # fmt: skip
    row = Deployment.objects.create(
        change=change, key=asked.key, fingerprint=asked.fingerprint(), version=asked.version, commit=asked.commit,
        committed_at=asked.committed_at, environment=asked.environment, pipeline_url=asked.pipeline_url, asked_at=at,
    )  # fmt: skip
    _put_forward(change, actor=actor, at=at)
    return row


def decision(change: Change, *, at: datetime.datetime | None = None) -> Answer:
    """What the gate says to a change now."""
    at = at or timezone.now()
    state = str(change.state.label)
    if change.status in ("rejected", "cancelled"):
        reason = change.status_reason or state
        return Answer(REFUSED, change, [f"{state}: {reason}"])
    if change.status in ("review", "closed"):
        done = change.get_outcome_display()
        return Answer(REFUSED, change, [_("It is over already: %(outcome)s.") % {"outcome": done}])
    found = collisions.named(
        collisions.find(list(change.services.values_list("pk", flat=True)), change.window, change=change.pk), None
    )
    frozen = [c.words for c in found if c.blocks]
    if frozen and change.type != ChangeType.EMERGENCY:
        return Answer(REFUSED, change, frozen)
    others = [c.words for c in found if not c.blocks]
    if change.status == "implementing":
        return Answer(ALLOWED, change, others)
    if change.status == "scheduled":
        early = change.window is not None and at < change.window.lower
        if early:
            return Answer(WAITING, change, [_("Its window has not begun.")])
        return Answer(ALLOWED, change, others)
    if change.status == "authorise":
        return Answer(WAITING, change, [_("Somebody has to approve it first."), *others])
    return Answer(WAITING, change, [_("It has to be assessed and approved: %(state)s.") % {"state": state}, *others])


@transaction.atomic
def report(
    deployment: Deployment, *, actor: Any, state: str, message: str = "", at: datetime.datetime | None = None
) -> Change:  # fmt: skip
    """The pipeline says that it has begun, or how it ended. The same again changes nothing.

    Raises NotAllowedNow where the gate was not open, or the end was reported otherwise.
    """
    if state not in ("started", "succeeded", "failed"):
        raise Invalid({"status": _("Say started, succeeded or failed.")})
    at = at or timezone.now()
    core.lock(Ticket.objects.get(pk=deployment.change_id), actor, "transition")
    row = Deployment.objects.select_for_update().get(pk=deployment.pk)
    change = Change.objects.get(pk=row.change_id)
    if row.state == state or (state == "started" and row.state != DeploymentState.ASKED):
        return change
    if row.finished_at is not None:
        raise NotAllowedNow(_("Its end was reported already: %(state)s.") % {"state": row.get_state_display()})
    if change.status == "scheduled":
        answer = decision(change, at=at)
        if answer.decision != ALLOWED:
            raise NotAllowedNow(" ".join(answer.reasons) or _("The gate is not open."))
        _open_window(change, at)
        tickets.transition(change, "start", actor=actor, at=at)
        change.refresh_from_db()
    if change.status != "implementing":
        raise NotAllowedNow(_("%(number)s is “%(state)s”: the gate is not open.") % {
            "number": change.number, "state": change.state.label,
        })  # fmt: skip
    row.started_at = row.started_at or at
    row.state = DeploymentState(state).value
    if state == "started":
        row.save(update_fields=["state", "started_at"])
        ticket = Ticket.objects.get(pk=change.pk)
        core.record(ticket, "deployment_started", actor=actor, at=at, version=row.version, environment=row.environment)
        return Change.objects.get(pk=change.pk)
    row.finished_at = at
    row.save(update_fields=["state", "started_at", "finished_at"])
    _end_tasks(change, at)
    ended = Outcome.SUCCESSFUL if state == "succeeded" else Outcome.FAILED
    text = core.text(message, "message", limit=2000, required=False)
    if state == "failed" and not text:
        text = _("The pipeline failed.")
    return operations.finish(change, actor=actor, outcome=ended, remark=text, at=at)


def _open_window(change: Change, at: datetime.datetime) -> None:
    """A pipeline that comes after its window gets the same length from now on; nobody else waits for that hour."""
    if change.window is not None and at >= change.window.upper:
        length = change.window.upper - change.window.lower
        operations.move(change, actor=None, start=at, end=at + length, zone="UTC", at=at)


def _end_tasks(change: Change, at: datetime.datetime) -> None:
    """The model's tasks were the pipeline's."""
    for _turn in range(100):
        task = Ticket.objects.filter(task__parent=change.pk, status_category__in=["open", "waiting"]).first()
        if task is None:
            return
        try:
            tickets.transition(task, "finish", actor=None, at=at)
        except OperationError:
            return
