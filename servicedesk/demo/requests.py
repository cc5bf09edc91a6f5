"""Makes the demo's catalogue, cost centres and requests, through the operations that everybody uses."""

from __future__ import annotations

import datetime
import random
from typing import Any

from django.utils import timezone

from catalog import documents, versions
from catalog.forms.answers import to_data
from catalog.models import Category, Offering
from requests.models import Budget
from requests.operations import Item, place
from servicedesk.approvals.models import ApprovalPlan, Approver, PlannedApprover, PlannedStep
from servicedesk.approvals.operations import decide
from servicedesk.people.models import Absence, CostCentre, Organisation, Team, User
from servicedesk.services.models import Health, Service
from servicedesk.sla.models import Agreement, Calendar
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.models import Ticket
from servicedesk.work.models import WorkStep

from .catalogue import OFFERINGS, PLANS, SHELVES, STORIES

#: organisation → (cost centre's code, name, monthly budget)
CENTRES = {
    "Northwind Finance": ("4100", "Finance", 6000), "Northwind Sales": ("4200", "Sales", 4000),
    "Northwind Logistics": ("4300", "Logistics", 3500), "Northwind People & Culture": ("4400", "People & Culture", 1500),
    "Alder & Sons": ("9100", "Alder & Sons", 1000),
}  # fmt: skip


def make_organisation(customers: list[User]) -> None:
    """Managers, cost centres with budgets, somebody on leave."""
    month = timezone.localdate().replace(day=1)
    by_name = {user.name: user for user in customers}
    for organisation in Organisation.objects.all():
        code, name, amount = CENTRES[organisation.name]
        people = [user for user in customers if user.organisation_id == organisation.pk]
        head = by_name["Jonas Berg"] if organisation.name == "Northwind Finance" else people[0]
        centre = CostCentre.objects.create(code=code, name=name, owner=head)
        deputy_head = next(user for user in people if user != head)
        for place_, person in enumerate(people):
            # Two levels: the head leads the deputy, and both lead some of the others.
            person.manager = None if person == head else deputy_head if place_ % 2 and person != deputy_head else head
            person.cost_centre = centre
            person.save(update_fields=["manager", "cost_centre"])
        for _back in range(3):
            Budget.objects.create(cost_centre=centre, month=month, amount=amount)
            month = (month - datetime.timedelta(days=1)).replace(day=1)
        month = timezone.localdate().replace(day=1)
    away = by_name["Ibrahim Khalil"]
    Absence.objects.create(
        user=away, deputy=by_name["Sofia Lindqvist"], first_day=timezone.localdate() - datetime.timedelta(days=1),
        last_day=timezone.localdate() + datetime.timedelta(days=9),
    )  # fmt: skip


def make_services() -> None:
    """Support hours, agreements and the state of services; one is planned, one is gone."""
    office = Calendar.objects.filter(name="Office hours").first()
    resolution = Agreement.objects.filter(name="Incidents: resolution").first()
    Service.objects.update(support_hours=office, agreement=resolution)
    Service.objects.filter(name="Payroll").update(status=Health.DEGRADED)
    team = Team.objects.get(name="Applications")
    Service.objects.create(name="Travel booking", description="Trains, flights, hotels", team=team, stage="pipeline")
    Service.objects.create(name="Fax", description="Until 2024", team=team, stage="retired")


def make_plans() -> None:
    """Approval plans."""
    for name, steps in PLANS.items():
        plan = ApprovalPlan.objects.create(name=name)
        for place_, (title, condition, mode, approvers) in enumerate(steps):
            step = PlannedStep.objects.create(plan=plan, position=place_, name=title, condition=condition, mode=mode)
            for rule, team in approvers:
                found = Team.objects.get(name=team) if team else None
                PlannedApprover.objects.create(step=step, rule=rule, team=found)


def make_offerings(actor: User) -> None:
    """The catalogue, each offering from its document."""
    for place_, (name, (icon, description)) in enumerate(SHELVES.items()):
        Category.objects.create(name=name, icon=icon, description=description, position=place_)
    for place_, data in enumerate(OFFERINGS):
        draft = documents.load({**data, "position": place_})
        versions.publish(draft, actor=actor)
    admin_rights = Offering.objects.get(name="Administrator rights")
    admin_rights.teams.set(Team.objects.all())


class Orderer:
    """Tells one order as a request with a past."""

    def __init__(
        self, agents: dict[str, list[User]], customers: list[User], rng: random.Random, now: datetime.datetime
    ):
        self.agents, self.customers, self.rng, self.now = agents, customers, rng, now

    def order(
        self, name: str, answers: dict[str, Any], person: User, at: datetime.datetime, actor: User | None = None
    ) -> Ticket:
        offering = Offering.objects.get(name=name)
        version = versions.published(offering)
        assert version is not None
        given = {key: person.email if value == "me" else value for key, value in answers.items()}
        item = Item(offering=offering, data=to_data(versions.definition_of(version), given), person=person)
        return Ticket.objects.get(pk=place([item], actor=actor or person, at=at).requests.get().pk)

    def decide_all(self, ticket: Ticket, at: datetime.datetime, *, approve: bool = True, comment: str = "") -> None:
        """Everybody who is asked answers, one after the other."""
        for _turn in range(10):
            asked = (
                Approver.objects.filter(step__approval__ticket=ticket, answer="asked").select_related("user").first()
            )
            if asked is None:
                return
            at += datetime.timedelta(minutes=self.rng.randint(20, 400))
            decide(asked, actor=asked.user, approve=approve, comment=comment, via="mail", at=self.moment(ticket, at))

    def moment(self, ticket: Ticket, at: datetime.datetime) -> datetime.datetime:
        """``at``, but not before what happened last, nor in the future."""
        last = ticket.events.order_by("-pk").values_list("at", flat=True).first()
        return min(max(at, last or at), self.now)

    def work(self, ticket: Ticket, at: datetime.datetime, *, steps: int = 99) -> None:
        """Agents take and finish tasks, so many of them."""
        for _turn in range(steps):
            step = (
                WorkStep.objects.filter(ticket=ticket, state="active", carrier__kind="task")
                .select_related("carrier__team")
                .first()
            )
            if step is None or step.carrier is None:
                return
            team = step.carrier.team.name if step.carrier.team is not None else "Service desk"
            agent = self.rng.choice(self.agents[team])
            at += datetime.timedelta(minutes=self.rng.randint(10, 200))
            at = self.moment(step.carrier, at)
            tickets.take(step.carrier, actor=agent, at=at)
            at = self.moment(ticket, at + datetime.timedelta(minutes=self.rng.randint(10, 300)))
            tickets.transition(step.carrier, "finish", actor=agent, at=at)

    def tell(self, name: str, answers: dict[str, Any], end: str) -> Ticket:
        """Order at some time in the past and go on until ``end``."""
        rng = self.rng
        people = [user for user in self.customers if user.manager_id is not None]
        days = {
            "closed": (12, 60),
            "rejected": (5, 30),
            "cancelled": (5, 30),
            "fulfilled": (2, 4),
            "asking": (0, 2),
            "new": (0, 1),
        }
        low, high = days.get(end, (1, 4))
        at = self.now - datetime.timedelta(days=low + rng.random() * (high - low), minutes=rng.randint(10, 300))
        at = at.replace(hour=rng.choice([8, 9, 10, 11, 13, 14]), minute=rng.randrange(60)) if low else at
        ticket = self.order(name, answers, rng.choice(people), at)
        requester = User.objects.get(pk=ticket.requester_id or 0)
        if end in ("asking", "new"):
            return ticket
        if end == "cancelled":
            tickets.transition(
                ticket,
                "withdraw",
                actor=requester,
                reason="We use a channel of our chat instead.",
                at=at + datetime.timedelta(hours=2),
            )
            return ticket
        if end == "rejected":
            self.decide_all(
                ticket, at, approve=False, comment="Please look at the standard one first; it does all of this."
            )
            return ticket
        self.decide_all(ticket, at)
        at += datetime.timedelta(hours=10)
        if end in ("closed", "fulfilled"):
            self.work(ticket, at)
            if end == "closed":
                tickets.transition(
                    ticket, "confirm", actor=requester, at=self.moment(ticket, at + datetime.timedelta(days=4))
                )
            return ticket
        if end == "working":
            self.work(ticket, at, steps=1)
            return ticket
        step = WorkStep.objects.filter(ticket=ticket, state="active").select_related("carrier__team").first()
        assert step is not None and step.carrier is not None and step.carrier.team is not None
        agent = rng.choice(self.agents[step.carrier.team.name])
        at = self.moment(step.carrier, self.moment(ticket, at))
        tickets.take(step.carrier, actor=agent, at=at)
        if end == "waiting":
            tickets.transition(
                step.carrier,
                "wait",
                actor=agent,
                reason="The supplier's licence server is down until Thursday",
                at=at,
            )
        else:
            tickets.reply(
                ticket,
                actor=agent,
                body="I found three versions of it. Which one shall I restore: of the 14th, 15th or 16th?",
                then="wait_customer",
                at=at,
            )
        return ticket


def make_requests(
    agents: dict[str, list[User]],
    customers: list[User],
    rng: random.Random,
    now: datetime.datetime,
    count: int | None = None,
) -> list[Ticket]:
    """The first ``count`` requests (all: in every state), a bundle under way, and something that waits for whoever logs in."""
    orderer = Orderer(agents, customers, rng, now)
    made = [orderer.tell(*story) for story in STORIES[:count]]
    by_email = {user.email: user for user in customers}
    amelie, jonas = by_email["customer@northwind.example"], by_email["manager@northwind.example"]
    unit = Organisation.objects.get(name="Northwind Finance")
    start = now - datetime.timedelta(days=3, hours=3)
    bundle = orderer.order(
        "New employee",
        {"name": "Rosa Delgado", "first_day": str((now + datetime.timedelta(days=6)).date()), "unit": unit.pk, "site": "Berlin",
         "laptop": "Standard 14″", "phone": True, "remote": True, "systems": ["Finance system"]},
        amelie, start,
    )  # fmt: skip
    orderer.decide_all(bundle, start)
    orderer.work(bundle, start + datetime.timedelta(hours=8), steps=1)
    mine = orderer.order(
        "Laptop",
        {
            "model": "Light 13″",
            "extras": ["Docking station"],
            "replaces": True,
            "old_number": "NW-17702",
            "site": "Berlin",
        },
        amelie,
        now - datetime.timedelta(hours=5),
    )
    report = next(user for user in customers if user.manager_id == amelie.pk)
    waits = orderer.order(
        "Software licence",
        {"program": "Acrobat Pro", "purpose": "Signing contracts"},
        report,
        now - datetime.timedelta(hours=3),
    )
    other = orderer.order(
        "Meeting room screen",
        {"room": "Aurora", "seats": 8, "video": True},
        next(u for u in customers if u.manager_id == jonas.pk and u != amelie),
        now - datetime.timedelta(hours=26),
    )
    done = orderer.order("Headset", {"kind": "Both ears"}, amelie, now - datetime.timedelta(days=9))
    orderer.work(done, now - datetime.timedelta(days=8))
    tickets.transition(done, "confirm", actor=amelie, at=orderer.moment(done, now - datetime.timedelta(days=6)))
    return [*made, bundle, mine, waits, other, done]
