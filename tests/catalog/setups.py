"""Offerings and approval plans for tests, made as an import makes them."""

from __future__ import annotations

from typing import Any

from catalog import documents, versions
from catalog.forms.answers import to_data
from catalog.models import Category, Offering
from requests.models import ServiceRequest
from requests.operations import Item, place
from servicedesk.approvals.models import ApprovalPlan, PlannedApprover, PlannedStep
from servicedesk.services.models import Service
from tests.factories import TeamFactory, UserFactory

LAPTOP_FORM = [
    {
        "type": "choice",
        "label": "Model",
        "key": "model",
        "required": True,
        "options": "ThinkPad | 1200\nMacBook | 2000",
    },
    {"type": "many", "label": "Extras", "key": "extras", "options": "Dock | 180 | 0\nMouse | 20\nInsurance | 0 | 5"},
    {"type": "long", "label": "Why a MacBook?", "key": "reason", "required": True, "show_if": "model is MacBook"},
    {"type": "date", "label": "Needed by", "key": "needed_by"},
]


def service(name: str = "Workplace", **values: Any) -> Service:
    found = Service.objects.filter(name=name).first()
    return found or Service.objects.create(name=name, team=values.pop("team", None) or TeamFactory(), **values)


def plan(*steps: Any, name: str = "Approval") -> ApprovalPlan:
    """A plan of steps: (name, condition, mode, [rule or (rule, team or person)]), mode as ``any``, ``all`` or a share."""
    made = ApprovalPlan.objects.create(name=name)
    for place_, (step_name, condition, mode, approvers) in enumerate(steps):
        step = PlannedStep(plan=made, position=place_, name=step_name, condition=condition)
        step.mode, step.share = (mode, 50) if isinstance(mode, str) else ("share", mode)
        step.full_clean(exclude=["plan"])
        step.save()
        for approver in approvers:
            rule, who = approver if isinstance(approver, tuple) else (approver, None)
            row = PlannedApprover(step=step, rule=rule)
            if rule in ("team", "team_lead"):
                row.team = who
            elif rule == "person":
                row.person = who
            row.full_clean(exclude=["step"])
            row.save()
    return made


def draft(name: str = "Laptop", **values: Any) -> Any:
    """An offering's draft."""
    category = Category.objects.get_or_create(name=values.pop("category", "Hardware"))[0]
    data = {
        "name": name, "description": f"{name} for your work", "category": category.name,
        "service": values.pop("service", None) or service().name, **values,
    }  # fmt: skip
    found = Offering.objects.filter(name=name).first()
    return documents.load(data, slug=found.slug if found else None)


def offer(name: str = "Laptop", **values: Any) -> Offering:
    """A published offering."""
    version = draft(name, **values)
    versions.publish(version, actor=None)
    return Offering.objects.get(pk=version.offering_id)


def order(offering: Offering, actor: Any = None, answers: Any = None, **values: Any) -> ServiceRequest:
    """Order it and return the request."""
    definition = versions.definition_of(versions.published(offering))
    item = Item(offering=offering, data=to_data(definition, answers or {}), **values)
    placed = place([item], actor=actor or UserFactory())
    return placed.requests.get()
