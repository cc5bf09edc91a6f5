"""Makes the demo's changes: a quarter of them behind, a month ahead, freezes, maintenance windows, a board."""

from __future__ import annotations

import datetime
import random
from typing import Any

from changes import cab, operations
from changes.models import (
    Change,
    ChangeModel,
    ChangeSettings,
    Freeze,
    MaintenanceWindow,
    Meeting,
    ModelQuestion,
    ModelTask,
)
from changes.models.risk import questionnaire, revision_of
from servicedesk.approvals.models import Approver, PlannedApprover
from servicedesk.approvals.operations import decide
from servicedesk.people.models import Membership, Role, Team, User
from servicedesk.services.models import Service
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.models import LinkKind, Ticket

ZONE = "Europe/Berlin"
COUNT = 60
#: name, service, minutes, plan, back-out, tasks
MODELS = [
    ("Restart an application server", "CRM", 30, "Take it out of the balancer, restart, wait for green, put it back.",
     "Leave it out of the balancer; the others carry the load.", ["Restart"]),
    ("Monthly patches of servers", "Identity", 180, "Patch the standby, fail over, patch the other.",
     "Fail back and restore the snapshot.", ["Patch", "Check log-ins"]),
    ("New firewall rule", "Network", 30, "Add the rule in the tool, push, test from both sides.",
     "Remove the rule and push.", ["Second pair of eyes", "Push"]),
    ("Deploy the intranet", "Intranet", 60, "The pipeline deploys the tagged version.",
     "Deploy the version before.", ["Deploy", "Smoke test"]),
    ("Renew a certificate", "E-mail and calendar", 30, "Replace the certificate and reload.",
     "Put the old one back.", ["Replace"]),
]  # fmt: skip
#: title, service, reason, implementation, back-out, risky answers (0 none … 3 most)
NORMAL = [
    ("Upgrade the core switches in Berlin", "Network", "The vendor ends support in March.",
     "Move uplinks one by one, upgrade, move back.", "The old image stays on the second bank.", 2),
    ("Move payroll to the new database", "Payroll", "Exports over 900 rows run out of time.",
     "Stop jobs, dump, restore, point the application to it, start jobs.", "Point it back; nothing is written meanwhile.", 3),
    ("Second factor for all of Sales", "Identity", "The audit asks for it.",
     "Switch the group's policy on, watch the help line.", "Switch it off.", 1),
    ("New Wi-Fi controllers", "Wi-Fi", "The old ones drop clients when roaming.",
     "Install beside, move floors one by one.", "Move floors back.", 2),
    ("Raise the mailbox limit to 50 GB", "E-mail and calendar", "Most requests of the quarter ask for it.",
     "Change the policy, in waves.", "Change it back; nobody loses mail.", 0),
    ("Replace the label printers in the warehouse", "Warehouse system", "Spare parts are not made any more.",
     "Replace them one shift after another.", "The old ones stand beside for two weeks.", 1),
    ("Split the file server in two", "File storage", "It is full, and backups take the whole night.",
     "Copy at night, switch the namespace.", "Switch the namespace back.", 2),
    ("Quarterly release of the finance system", "Finance system", "Month-end fixes, and the new VAT table.",
     "Deploy, migrate, run the checks of the finance team.", "Restore; two hours are planned for it.", 2),
    ("VPN: new gateway in Lyon", "VPN", "Half of the staff there works from home.",
     "Add it to the pool with a tenth of the load, then more.", "Take it out of the pool.", 1),
    ("Telephony: move hotlines to the new provider", "Telephony", "Costs a third less.",
     "Port the numbers at eight in the evening.", "The old provider takes them back within a day.", 2),
]  # fmt: skip
EMERGENCIES = [
    ("Block an address that attacks the VPN", "VPN", "Thousands of log-ins a minute."),
    ("Roll the CRM back to last week's version", "CRM", "Offers are saved without their prices."),
    ("Replace the failed disk of the file server", "File storage", "One more failure and data is lost."),
]
OUTCOMES = ["successful"] * 14 + ["with_issues"] * 3 + ["failed", "backed_out"]
WORDS = {
    "with_issues": "Done, but it took twice as long: a job still held a lock.",
    "failed": "It did not come up again with the new version; restored.",
    "backed_out": "Checks were red, taken back within the window.",
}


def _board(agents: dict[str, list[User]]) -> Team:
    """The change advisory board: the leads and the change manager."""
    board = Team.objects.create(name="Change advisory board", description="Looks at risky changes, Tuesdays at ten")
    manager = User.objects.filter(role=Role.CHANGE_MANAGER).first()
    for person in [*(people[0] for people in agents.values()), manager]:
        if person is not None:
            Membership.objects.get_or_create(team=board, user=person)
    board.lead = manager
    board.save()
    settings = ChangeSettings.get()
    settings.board = board
    settings.save()
    asked = PlannedApprover.objects.filter(step__plan__name="Change: high risk", rule="change_managers")
    asked.update(rule="team", team=board)
    return board


def _models() -> list[ChangeModel]:
    made = []
    for name, service, minutes, plan, backout, steps in MODELS:
        model = ChangeModel.objects.create(
            name=name, slug=name.lower().replace(" ", "-"), description=plan[:250], type="standard",
            service=Service.objects.get(name=service), implementation=plan, backout=backout,
            duration_seconds=minutes * 60, test_plan="Log in and open one record.",
        )  # fmt: skip
        for place, title in enumerate(steps):
            ModelTask.objects.create(model=model, position=place, title=title)
        made.append(model)
    ModelQuestion.objects.create(
        model=made[2], type="text", label="From, to and port", required=True, help="Such as 10.1.0.0/16 → crm:443"
    )
    ModelQuestion.objects.create(model=made[2], type="date", label="Needed until", position=1)
    return made


def _windows() -> None:
    night = MaintenanceWindow(name="Thursday night", weekdays=[3], begins=datetime.time(20), minutes=240, zone=ZONE)
    night.save()
    night.services.set(Service.objects.filter(name__in=["CRM", "Intranet", "Finance system"]))
    sunday = MaintenanceWindow(name="Sunday morning", weekdays=[6], begins=datetime.time(5), minutes=420, zone=ZONE)
    sunday.save()
    sunday.services.set(Service.objects.filter(name__in=["Network", "Identity", "Wi-Fi"]))


def _freezes(now: datetime.datetime) -> None:
    """Made last: what was done before they were decided stays as it was."""
    day = datetime.timedelta(days=1)
    last = Freeze.objects.create(
        name="Quarter end", reason="Finance closes its books.", starts_at=now - 38 * day, ends_at=now - 33 * day
    )
    last.services.set(Service.objects.filter(name__in=["Finance system", "Payroll"]))
    Freeze.objects.create(
        name="Holiday freeze", reason="Few people are here.", starts_at=now + 26 * day, ends_at=now + 40 * day
    )


def _evening(moment: datetime.datetime, rng: random.Random) -> datetime.datetime:
    """An hour at which changes are made, on that day."""
    return moment.replace(
        hour=rng.choice([4, 5, 11, 18, 19, 20]), minute=rng.choice([0, 0, 30]), second=0, microsecond=0
    )


def _meeting(now: datetime.datetime) -> None:
    """The board meets next Tuesday at ten; its agenda is what waits for authorisation."""
    manager = User.objects.filter(role=Role.CHANGE_MANAGER).first()
    board = ChangeSettings.get().board
    if manager is None or board is None:
        return
    tuesday = now + datetime.timedelta(days=(1 - now.weekday()) % 7 or 7)
    start = tuesday.replace(hour=9, minute=0, second=0, microsecond=0)
    cab.plan(
        actor=manager, title="Change advisory board", starts_at=start, ends_at=start + datetime.timedelta(hours=1),
        place="Meeting room Fjord", members=list(User.objects.filter(memberships__team=board)),
    )  # fmt: skip
    Meeting.objects.update(sent=0)  # nobody is written to about the demo


class Maker:
    """Makes one change after another, each with its past."""

    def __init__(self, agents: dict[str, list[User]], rng: random.Random, now: datetime.datetime):
        self.agents, self.rng, self.now = agents, rng, now
        self.questions = questionnaire()
        self.revision = revision_of(self.questions)

    def _agent(self, service: Service) -> User:
        return self.rng.choice(self.agents[service.team.name])  # type: ignore[union-attr]

    def _window(self, days: float, hours: float) -> tuple[datetime.datetime, datetime.datetime]:
        start = _evening(self.now + datetime.timedelta(days=days), self.rng)
        if days < 0:
            start = min(start, self.now - datetime.timedelta(hours=hours + 2))
        return start, start + datetime.timedelta(hours=hours)

    def standard(self, model: ChangeModel, days: float) -> Change | None:
        model.refresh_from_db()
        if not model.is_preapproved and days < -20:  # looked through, and approved again
            model.is_preapproved = True
            model.save()
        start, end = self._window(days, model.duration_seconds / 3600)
        assert model.service is not None
        agent = self._agent(model.service)
        raised = min(start, self.now) - datetime.timedelta(hours=self.rng.randint(3, 60))
        answers = {"answer-from_to_and_port": "10.4.0.0/16 → crm:443"} if model.questions.exists() else {}
        title = f"{model.name} ({self.rng.choice(['web-1', 'web-2', 'Berlin', 'Lyon', 'Gdańsk'])})"
        change = operations.raise_change(
            actor=agent, type="standard", model=model, title=title, start=start, end=end, zone=ZONE, at=raised,
            answers=answers, assignee=agent, reason="Routine.",
        )  # fmt: skip
        if model.is_preapproved:
            tickets.transition(change, "schedule", actor=agent, at=raised + datetime.timedelta(minutes=9))
        self._carry_out(change, agent, start, end)
        return change

    def normal(self, row: tuple[Any, ...], days: float, *, until: str = "") -> Change:
        title, service_name, reason, plan, backout, risky = row
        service = Service.objects.get(name=service_name)
        agent = self._agent(service)
        start, end = self._window(days, self.rng.choice([1, 2, 3, 4]))
        raised = min(start, self.now) - datetime.timedelta(days=self.rng.randint(6, 12), hours=2)
        change = operations.raise_change(
            actor=agent, title=title, services=[service], reason=reason, implementation=plan, backout=backout, start=start,
            end=end, zone=ZONE, at=raised, outage=risky > 1, assignee=agent, test_plan="In the test environment, twice.",
            communication="Told in the portal a week before." if risky > 1 else "",
        )  # fmt: skip
        for step in ("Tell the service desk", "Implement"):
            operations.plan_task(change, actor=agent, title=step, at=raised)
        at = raised + datetime.timedelta(hours=5)
        if until == "draft":
            return change
        tickets.transition(change, "submit", actor=agent, at=at)
        if until == "assess":
            return change
        answers = {q.pk: self._answer(q, risky) for q in self.questions}
        operations.assess(
            change, actor=agent, answers=answers, revision=self.revision, at=at + datetime.timedelta(hours=3)
        )
        tickets.transition(change, "ask_approval", actor=agent, at=at + datetime.timedelta(hours=4))
        if until == "authorise":
            return change
        self._approve(change, at + datetime.timedelta(hours=20), refuse=until == "rejected")
        self._carry_out(change, agent, start, end)
        return change

    def emergency(self, row: tuple[str, str, str], days: float) -> Change:
        title, service_name, reason = row
        service = Service.objects.get(name=service_name)
        agent = self._agent(service)
        start, end = self._window(days, 1)
        raised = start - datetime.timedelta(minutes=40)
        change = operations.raise_change(
            actor=agent, type="emergency", title=title, services=[service], reason=reason, start=start, end=end, zone=ZONE,
            implementation="At once, two people at the keyboard.", at=raised, assignee=agent,
        )  # fmt: skip
        tickets.transition(change, "ask_ecab", actor=agent, at=raised + datetime.timedelta(minutes=3))
        self._approve(change, raised + datetime.timedelta(minutes=15))
        self._carry_out(change, agent, start, end)
        return change

    def _answer(self, question: Any, risky: int) -> int:
        options = list(question.options.all())
        place = min(len(options) - 1, max(0, risky - self.rng.randint(0, 1)))
        return int(options[place].pk)

    def _approve(self, change: Change, at: datetime.datetime, *, refuse: bool = False) -> None:
        for _turn in range(8):
            turn = (
                Approver.objects.filter(step__approval__ticket=change.pk, answer="asked").select_related("user").first()
            )
            if turn is None:
                return
            comment = "Not in the week of the audit." if refuse else ""
            decide(turn, actor=turn.user, approve=not refuse, comment=comment, at=min(at, self.now))
            at += datetime.timedelta(minutes=25)

    def _carry_out(self, change: Change, agent: User, start: datetime.datetime, end: datetime.datetime) -> None:
        fresh = Change.objects.get(pk=change.pk)
        if fresh.status != "scheduled" or end >= self.now:
            return
        tickets.transition(fresh, "start", actor=agent, at=start)
        outcome = self.rng.choice(OUTCOMES)
        bad = outcome in ("failed", "backed_out")
        for _turn in range(12):
            task = Ticket.objects.filter(task__parent=fresh.pk, status_category__in=["open", "waiting"]).first()
            if task is None or bad:
                break
            start = min(start + (end - start) / 5, end)
            tickets.transition(task, "finish", actor=agent, at=start)
        operations.finish(fresh, actor=agent, outcome=outcome, remark=WORDS.get(outcome, ""), ended_at=end, at=end)
        fresh.refresh_from_db()
        reviewed = end + datetime.timedelta(hours=self.rng.randint(12, 60))
        if fresh.status == "review" and reviewed < self.now:
            text = (
                "Reached its aim; nothing to add."
                if not bad
                else "The check before it missed the version of the driver."
            )
            operations.review(fresh, actor=agent, text=text, at=reviewed)
        if bad:
            self._blame(fresh)

    def _blame(self, change: Change) -> None:
        """An incident on its service soon after, if there is one, was caused by it."""
        assert change.ended_at is not None
        until = change.ended_at + datetime.timedelta(hours=48)
        rows = Ticket.objects.filter(
            kind="incident", service=change.service_id, opened_at__range=(change.ended_at, until)
        )
        incident = rows.order_by("opened_at").first()
        if incident is not None and incident.status_category != "closed":
            tickets.link(incident, actor=None, target=Ticket.objects.get(pk=change.pk), kind=LinkKind.CAUSED_BY)


def make_changes(
    agents: dict[str, list[User]], rng: random.Random, now: datetime.datetime, count: int = COUNT
) -> list[Ticket]:  # fmt: skip
    """Sixty changes of all kinds and states, or ``count`` of them; returns them."""
    share = count / COUNT
    _board(agents)
    models = _models()
    _windows()
    maker = Maker(agents, rng, now)
    made: list[Any] = []
    for days in sorted(-rng.random() * 88 - 1 for _ in range(round(26 * share))):
        made.append(maker.standard(rng.choice(models), days))
    for place, days in enumerate(sorted(-rng.random() * 80 - 3 for _ in range(round(12 * share)))):
        made.append(maker.normal(NORMAL[place % len(NORMAL)], days))
    for row, days in zip(EMERGENCIES, (-51, -23, -0.3), strict=True):
        made.append(maker.emergency(row, days))
    for place, until in enumerate(
        ["", "", "authorise", "authorise", "authorise", "assess", "draft", "rejected", "", "draft"]
    ):
        made.append(maker.normal(NORMAL[place], 3 + 2.4 * place, until=until))
    while len(made) < count:
        made.append(maker.standard(rng.choice(models), rng.random() * 24 + 1))
    _freezes(now)
    _meeting(now)
    return [Ticket.objects.get(pk=row.pk) for row in made if row is not None]
