"""Makes the demo: an organisation with a past of 90 days, through the same operations that everybody uses."""

from __future__ import annotations

import datetime
import random
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from incidents.operations import declare_major, open_incident
from problems import candidates
from servicedesk.people.models import Membership, Organisation, Role, Team, User
from servicedesk.services.models import Dependency, Service
from servicedesk.sla.models import (
    ActionKind,
    Agreement,
    At,
    EscalationAction,
    EscalationRule,
    Rota,
    RotaMember,
    RotaOverride,
)
from servicedesk.sla.oncall import order
from servicedesk.tickets import operations
from servicedesk.tickets.models import Category, Channel, DeskSettings, Event, LinkKind, Outbox, ResolutionCode, Ticket
from servicedesk.tickets.outbox import silent

from .changes import make_changes
from .content import CATEGORIES, ORGANISATIONS, PLACES, SERVICES, STORIES, TEAMS, Story
from .knowledge import make_knowledge
from .problems import make_problems
from .requests import make_offerings, make_organisation, make_plans, make_requests, make_services

PASSWORD = "servicedesk"
DOMAIN = "northwind.example"
TICKETS = 400
DAYS = 90
#: Who logs in where: shown when the desk starts and on the login page.
PEOPLE = [
    ("agent@northwind.example", "agent: works in the desk"),
    ("customer@northwind.example", "customer: asks through the portal"),
    ("manager@northwind.example", "manager: approves, and answers for a budget"),
    ("lead@northwind.example", "team lead"),
    ("admin@northwind.example", "admin: /admin/"),
]

KNOWN = {"Amélie Dubois": "customer@northwind.example", "Jonas Berg": "manager@northwind.example"}


def address(name: str, domain: str) -> str:
    """A mail address from a name, in plain letters."""
    plain = (
        unicodedata.normalize("NFKD", name.translate(str.maketrans("łøıß", "loıs"))).encode("ascii", "ignore").decode()
    )
    words = "".join(c if c.isalnum() else " " for c in plain).lower().split()
    return f"{'.'.join(words) or 'sara.alhassan'}@{domain}"


@dataclass
class World:
    """Everybody and everything the tickets refer to."""

    agents: dict[str, list[User]]
    customers: list[User]
    services: dict[str, Service]
    categories: dict[str, Category]
    codes: dict[str, ResolutionCode]
    desk_team: Team


def make_people(password: str) -> tuple[dict[str, list[User]], list[User]]:
    """Teams with their agents, organisations with their customers. One hash serves all: hashing is slow on purpose."""

    def person(name: str, email: str, role: str, organisation: Organisation | None = None) -> User:
        return User.objects.create(email=email, name=name, role=role, organisation=organisation, password=password)

    agents: dict[str, list[User]] = {}
    for team_name, (description, names) in TEAMS.items():
        team = Team.objects.create(name=team_name, description=description)
        agents[team_name] = []
        for position, name in enumerate(names):
            email = address(name, DOMAIN)
            if name == "Marc Oliver":
                email = "lead@northwind.example"
            elif name == "Lena Krüger":
                email = "agent@northwind.example"
            user = person(name, email, Role.TEAM_LEAD if position == 0 else Role.AGENT)
            Membership.objects.create(team=team, user=user)
            agents[team_name].append(user)
        team.lead = agents[team_name][0]
        team.save()
    person("Astrid Nilsen", "admin@northwind.example", Role.ADMIN)
    person("Carlos Mendes", "changes@northwind.example", Role.CHANGE_MANAGER)
    customers = []
    for name, (domain, shared, sign_up, people) in ORGANISATIONS.items():
        organisation = Organisation.objects.create(
            name=name, domains=[domain], shared_tickets=shared, allow_sign_up=sign_up
        )
        for who in people:
            email = KNOWN.get(who) or address(who, domain)
            customers.append(person(who, email, Role.CUSTOMER, organisation))
        organisation.contact = next(user for user in customers if user.organisation_id == organisation.pk)
        organisation.save()
    return agents, customers


def make_catalogue(agents: dict[str, list[User]]) -> tuple[dict[str, Service], dict[str, Category]]:
    """Services with their dependencies, and the category tree."""
    teams = {team.name: team for team in Team.objects.all()}
    services: dict[str, Service] = {}
    for name, (description, team, criticality, needs) in SERVICES.items():
        services[name] = Service.objects.create(
            name=name, description=description, team=teams[team], owner=agents[team][0], criticality=criticality
        )
        for other in needs:
            Dependency.objects.create(service=services[name], needs=services[other])
    for top, below in CATEGORIES.items():
        parent = Category.objects.create(name=top)
        for name in below:
            Category.objects.create(name=name, parent=parent)
    desk = DeskSettings.get()
    desk.default_team = teams["Service desk"]
    desk.status_line = "All services work normally."
    desk.save()
    return services, {category.path: category for category in Category.objects.all()}


def working_hours(moment: datetime.datetime, rng: random.Random) -> datetime.datetime:
    """The same day between eight and six; week-ends are quiet."""
    if moment.weekday() >= 5 and rng.random() < 0.85:
        moment -= datetime.timedelta(days=moment.weekday() - 4)
    return moment.replace(
        hour=rng.choice([8, 8, 9, 9, 9, 10, 10, 11, 13, 14, 14, 15, 16, 17]), minute=rng.randrange(60)
    )


class Teller:
    """Tells one story as a ticket with a past."""

    def __init__(self, world: World, rng: random.Random, now: datetime.datetime):
        self.world, self.rng, self.now = world, rng, now

    def tell(self, story: Story, opened: datetime.datetime, *, end: str, agent: User | None = None) -> Ticket:
        """Open the ticket at ``opened`` and go on until ``end``: a state, or as far as the clock allows."""
        rng, world = self.rng, self.world
        words = {name: rng.choice(values) for name, values in PLACES.items()}

        def fill(text: str) -> str:
            for name, value in words.items():
                text = text.replace("{" + name + "}", value)
            return text

        requester = rng.choice(world.customers)
        if story.title.startswith("لا"):
            requester = next(user for user in world.customers if user.name == "سارة الحسن")
        service = world.services[story.service]
        agent = agent or rng.choice(world.agents[service.team.name])  # type: ignore[union-attr]
        desk = rng.choice(world.agents["Service desk"])
        # What is told on the phone the first line often settles itself.
        by_phone = rng.random() < 0.35
        first_line = by_phone and rng.random() < 0.6
        if first_line and end != "new":
            agent = desk
        at = opened
        ticket: Ticket = open_incident(
            actor=desk if by_phone else requester, requester=requester, title=fill(story.title)[:1].upper()
            + fill(story.title)[1:], description=fill(story.body), service=service, at=at,
            category=world.categories[story.category], impact=story.impact, urgency=story.urgency,
            channel=Channel.PHONE if by_phone else rng.choice([Channel.PORTAL, Channel.PORTAL, Channel.EMAIL]),
            tags=story.tags, team=world.desk_team if first_line else None,
        )  # fmt: skip
        if end == "new":
            return ticket

        def later(low: int, high: int) -> datetime.datetime | None:
            """The next moment, some minutes on, or None when it would lie in the future."""
            nonlocal at
            next_at = at + datetime.timedelta(minutes=rng.randint(low, high))
            if next_at >= self.now:
                return None
            at = next_at
            return at

        if end == "cancelled":
            if moment := later(5, 300):
                operations.transition(
                    ticket, "withdraw", actor=requester, reason="It works again, I do not know why.", at=moment
                )
            return ticket
        if (moment := later(3, 90)) is None:
            return ticket
        operations.take(ticket, actor=agent, at=moment)
        for position, (who, text) in enumerate(story.talk):
            if (moment := later(4, 240)) is None:
                return ticket
            last = position == len(story.talk) - 1
            if who == "n":
                operations.note(ticket, actor=agent, body=fill(text), at=moment)
            elif who == "c":
                operations.reply(ticket, actor=requester, body=fill(text), channel=Channel.PORTAL, at=moment)
            elif not last or end not in ("resolved", "closed"):
                wait = f"wait_{story.wait}" if story.wait and position == 0 else None
                if last and end == "waiting":
                    wait = wait or "wait_customer"
                ticket.refresh_from_db(fields=["status"])
                if wait == f"wait_{ticket.status.removeprefix('waiting_')}":
                    wait = None
                operations.reply(ticket, actor=agent, body=fill(text), then=wait, at=moment)
                if wait and wait != "wait_customer" and not last and (moment := later(200, 2000)):
                    operations.transition(ticket, "resume", actor=agent, at=moment)
        if end in ("resolved", "closed") and (moment := later(10, 400)):
            answer = [text for who, text in story.talk if who == "a"][-1:]
            operations.transition(
                ticket, "resolve", actor=agent, at=moment, resolution=fill("\n\n".join([*answer, story.resolution])),
                resolution_code=world.codes[story.code],
            )  # fmt: skip
            if end == "closed" and (moment := later(60, 7000)):
                by_customer = rng.random() < 0.6
                if by_customer:
                    operations.transition(ticket, "confirm", actor=requester, at=moment)
                else:
                    operations.transition(ticket, "close", actor=None, at=moment)
            elif end == "closed":
                return ticket
        return ticket


def ending(age_days: float, rng: random.Random) -> str:
    """In which state a ticket of this age is: the old ones are closed, of the new ones most are being worked on."""
    if age_days < 1.2:
        return rng.choice(["new", "new", "in_progress", "in_progress", "waiting", "resolved"])
    if age_days < 6:
        return rng.choice(["in_progress", "in_progress", "waiting", "resolved", "resolved", "closed", "cancelled"])
    if age_days < 20:
        return rng.choices(["closed", "resolved", "in_progress", "waiting", "cancelled"], [84, 4, 3, 5, 4])[0]
    return rng.choices(["closed", "waiting", "cancelled"], [94, 2, 4])[0]


def make_rotas(agents: dict[str, list[User]]) -> None:
    """Two teams on call around the clock; of one somebody is on leave next week, and a critical incident calls them."""
    monday = timezone.localdate() - datetime.timedelta(days=timezone.localdate().weekday() + 70)
    for name in ("Network", "Applications"):
        rota = Rota.objects.create(team=Team.objects.get(name=name), begins=monday)
        for position, person in enumerate(agents[name]):
            RotaMember.objects.create(rota=rota, user=person, position=position)
        if name == "Network":
            start = timezone.now().replace(minute=0, second=0, microsecond=0) + datetime.timedelta(days=5)
            away = order(rota, start)
            RotaOverride.objects.create(
                rota=rota, user=away[1], start=start, end=start + datetime.timedelta(days=2), reason="Annual leave"
            )
    resolution = Agreement.objects.filter(name="Incidents: resolution").first()
    if resolution is not None:
        rule = EscalationRule.objects.create(
            agreement=resolution, position=3, at=At.AFTER, amount=1800, only_open=False
        )
        EscalationAction.objects.create(rule=rule, kind=ActionKind.ON_CALL)


@transaction.atomic
def load(
    *, seed: int = 7, tickets: int = TICKETS, changes: int = 60, requests: int | None = None, articles: bool = True
) -> int:
    """Fill an empty database; returns how many tickets. The same seed on the same day makes the same demo.

    ``requests`` says how many of the stories of requests are told, by default all.
    """
    rng = random.Random(seed)
    now = timezone.now()
    agents, customers = make_people(make_password(PASSWORD))
    services, categories = make_catalogue(agents)
    codes = {code.name: code for code in ResolutionCode.objects.all()}
    world = World(agents, customers, services, categories, codes, Team.objects.get(name="Service desk"))
    make_rotas(agents)
    make_organisation(customers)
    make_services()
    make_plans()
    make_offerings(User.objects.get(email="admin@northwind.example"))
    teller = Teller(world, rng, now)
    moments = sorted(
        working_hours(now - datetime.timedelta(days=rng.random() ** 1.25 * DAYS), rng) for _ in range(tickets - 23)
    )
    with silent():
        made: list[Ticket] = []
        for moment in moments:
            if moment >= now:
                moment = now - datetime.timedelta(minutes=rng.randint(20, 600))
            end = ending((now - moment).total_seconds() / 86400, rng)
            made.append(teller.tell(rng.choice(STORIES), moment, end=end))
        made += make_requests(agents, customers, rng, now, requests)
        made += make_changes(agents, rng, now, changes)
        made += make_problems(agents, rng, now)
        made += _today(teller, world, now)
        if articles:
            make_knowledge(agents, rng, now)
    candidates.find(now)
    _tell_of_today(now)
    return len(made)


def _today(teller: Teller, world: World, now: datetime.datetime) -> list[Ticket]:
    """What is going on right now: a major incident with its children, and work for whoever logs in."""
    lena = world.agents["Service desk"][1]
    customer = next(user for user in world.customers if user.email == "customer@northwind.example")
    by_title = {story.title: story for story in STORIES}

    def minutes(count: int) -> datetime.datetime:
        return now - datetime.timedelta(minutes=count)

    others = [user for user in world.customers if user != customer]
    world.customers = [customer]
    payroll = teller.tell(
        by_title["Payroll export stops with error {code} since this morning"], minutes(210), end="new"
    )
    anna = world.agents["Applications"][0]
    operations.take(payroll, actor=anna, at=minutes(205))
    declare_major(payroll, actor=anna, lead=anna, at=minutes(204))
    for who, text, ago in (
        (anna, "Thank you, we see it too: the report service runs out of time on exports over 900 rows. We are raising "
               "the limit now and will write again within half an hour. You do not need to retry.", 190),
        (customer, "Thank you. The bank has agreed to wait until 16:30 if needed.", 120),
    ):  # fmt: skip
        channel = Channel.DESK if who.is_agent else Channel.PORTAL
        operations.reply(payroll, actor=who, body=text, channel=channel, at=minutes(ago))
    operations.note(
        payroll, actor=anna, at=minutes(100),
        body="Same stack trace as last month: the join on the archive table. Workaround: set `report.batch=500`, then "
             "restart the worker. @Deniz is on it.",
    )  # fmt: skip
    made = [payroll]
    mine = ["VPN drops every ten minutes when working from home", "Softphone has no sound in calls"]
    for title, end, ago in ((mine[0], "waiting", 3000), (mine[1], "closed", 20000)):
        made.append(teller.tell(by_title[title], minutes(ago), end=end, agent=lena))
    world.customers = others
    for ago in (150, 95):
        child = teller.tell(by_title["{app} shows “Error {code}” when saving"], minutes(ago), end="new")
        operations.link(child, actor=anna, target=payroll, kind=LinkKind.CHILD_OF)
        made.append(child)
    for title, ago in (
        ("Whole {floor} floor without Wi-Fi", 42), ("Meeting room {room}: screen shows no picture", 25),
        ("Second factor: new phone, codes do not work", 9),
    ):  # fmt: skip
        made.append(teller.tell(by_title[title], minutes(ago), end="new", agent=lena))
    for state, reason in (
        ("supplier", "Case 90417 with the supplier, answer promised for tomorrow"),
        ("problem", "Same cause as the outages of last week; the problem is being investigated"),
        ("change", "The fix goes live with Thursday's change"),
    ):
        waiting = teller.tell(
            by_title["Report of open offers is missing the last week"], minutes(5000), end="in_progress"
        )
        operations.transition(waiting, f"wait_{state}", actor=lena, reason=reason, at=minutes(60))
        made.append(waiting)
    # More than usual, and nobody has seen yet that they belong together: a candidate for a problem.
    for turn in range(12):
        ago = 8000 - turn * 640
        end = "resolved" if turn < 8 else "new"
        made.append(teller.tell(by_title["Meeting room {room}: screen shows no picture"], minutes(ago), end=end))
    operations.watch(payroll, actor=lena)
    return made


def _tell_of_today(now: datetime.datetime) -> None:
    """Let the workers tell people of the last hours, so that bells and mails are there from the start."""
    recent = Event.objects.filter(at__gt=now - datetime.timedelta(hours=5)).order_by("pk")[:200]
    Outbox.objects.bulk_create([Outbox(event=event) for event in recent])


def people() -> list[dict[str, Any]]:
    """Who can log in."""
    names = dict(User.objects.filter(email__in=[email for email, _what in PEOPLE]).values_list("email", "name"))
    return [{"email": email, "what": what, "name": names[email]} for email, what in PEOPLE if email in names]
