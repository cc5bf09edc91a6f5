"""Makes the demo's knowledge: articles from servicedesk/demo/articles, known errors from the demo's problems, some use."""

from __future__ import annotations

import datetime
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils import timezone

from problems import known_errors
from problems.models import Problem
from servicedesk.knowledge import operations, uses
from servicedesk.knowledge.models import Article, Category, Deflection, Feedback, Kind, Synonyms
from servicedesk.knowledge.search import finding, words
from servicedesk.people.models import Organisation, Role, User
from servicedesk.tickets.models import Ticket

FOLDER = Path(__file__).parent / "articles"
#: file → (category, description, icon)
SHELVES = {
    "access": ("Accounts and access", "Passwords, second factors, rights", "key-round"),
    "network": ("Network and remote work", "VPN, Wi-Fi, drives", "wifi"),
    "mail": ("Mail and calendar", "Mailboxes, rooms, absence", "mail"),
    "hardware": ("Computers, phones, printers", "What you can touch", "laptop"),
    "applications": ("Applications", "Payroll, finance, CRM, files", "app-window"),
    "desk": ("The service desk", "How we work", "life-buoy"),
}
SYNONYMS = [
    "vpn, remote access, tunnel", "wi-fi, wifi, wlan, wireless", "second factor, 2fa, mfa, two-factor, authenticator",
    "laptop, notebook, computer, pc", "screen, monitor, display", "phone, mobile, smartphone, cell phone",
    "meeting room, conference room", "password, passcode, kennwort", "mail, email, e-mail",
    "absence, vacation, holiday", "onboarding, new starter, new hire", "headset, headphones",
]  # fmt: skip
#: the demo's problems whose known error is one of the articles
KNOWN_ERRORS = {
    "vpn-drops": "VPN drops when the key is renewed", "payroll-export": "Payroll exports of more than 900 rows run out of time",
    "room-twice": "Rooms are booked twice", "labels-twice": "Labels print twice in the evening",
}  # fmt: skip
IN_VAIN = ["bicycle leasing", "parking permit", "coffee machine", "lunch menu", "translate a document"]


@dataclass
class Text:
    """An article of the folder."""

    shelf: str
    title: str
    body: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.facts["key"]

    @property
    def language(self) -> str:
        return self.facts.get("language", "en")


def texts() -> list[Text]:
    """Every article of the folder. Each begins with ``# Title``, then lines of facts, an empty line, the text."""
    found = []
    for path in sorted(FOLDER.glob("*.md")):
        for part in re.split(r"^(?=# )", path.read_text("utf-8").rsplit("\n---", 1)[0], flags=re.MULTILINE):
            if not part.strip():
                continue
            head, _gap, body = part.partition("\n\n")
            title, *lines = head.splitlines()
            facts = dict(
                re.split(r":\s*", item.strip(), maxsplit=1)
                for line in lines for item in (line.split(" | ") if line.startswith("key:") else [line])
            )  # fmt: skip
            found.append(Text(path.stem, title.removeprefix("# ").strip(), body.strip(), facts))
    return found


def make_knowledge(agents: dict[str, list[User]], rng: random.Random, now: datetime.datetime) -> dict[str, Article]:
    """The articles by their key and language; ``vpn-connect/de``."""
    shelves = {
        stem: Category.objects.create(name=name, description=description, icon=icon, position=place)
        for place, (stem, (name, description, icon)) in enumerate(SHELVES.items())
    }  # fmt: skip
    for group in SYNONYMS:
        Synonyms.objects.create(words=group)
    lead = User.objects.filter(role=Role.TEAM_LEAD).order_by("pk")[0]
    writers = [agent for team in agents.values() for agent in team]
    made: dict[str, Article] = {}
    all_texts = sorted(texts(), key=lambda text: text.language != "en")
    shelf_of = {text.key: text.shelf for text in all_texts if text.shelf in shelves}
    for text in all_texts:
        values: dict[str, Any] = {
            "title": text.title, "summary": text.facts.get("summary", ""), "keywords": text.facts.get("keywords", ""),
            "body": re.sub(r"\[([^\]]*)\]\(key:[^)]*\)", r"\1", text.body), "language": text.language,
            "category": shelves[shelf_of[text.key]], "audience": text.facts.get("audience", "customers"),
            "tags": [tag.strip() for tag in text.facts.get("tags", "").split(",")],
        }  # fmt: skip
        if text.language != "en":
            values["translation_of"] = made[f"{text.key}/en"]
        at = now - datetime.timedelta(days=rng.randint(20, 400), hours=rng.randint(0, 9))
        made[f"{text.key}/{text.language}"] = _make(text, values, rng.choice(writers), lead, at, now)
    _link(all_texts, made, lead, now)
    _other_states(writers[0], lead, shelves["desk"], now)
    words.rebuild()
    _use(made, rng, now)
    return made


def _make(
    text: Text, values: dict[str, Any], writer: User, lead: User, at: datetime.datetime, now: datetime.datetime
) -> Article:
    if text.key in KNOWN_ERRORS and text.language == "en":
        problem = Problem.objects.get(title=KNOWN_ERRORS[text.key])
        at = now = timezone.now()  # after everything that has happened to its incidents
        known_errors.publish(problem, actor=lead, knowledge_for=values["audience"], at=at)
        row = Article.objects.get(kind=Kind.KNOWN_ERROR, source=problem.pk)
        row = operations.edit(row, actor=writer, at=at, **values)
    else:
        row = operations.write(actor=writer, at=at, **values)
    return operations.publish(row, actor=lead, at=min(at + datetime.timedelta(hours=3), now))


def _link(all_texts: list[Text], made: dict[str, Article], lead: User, now: datetime.datetime) -> None:
    """Now that all have numbers: the links between them, as the versions that authors would write."""
    for text in all_texts:
        if "(key:" not in text.body:
            continue
        row = made[f"{text.key}/{text.language}"]
        body = re.sub(r"\(key:([^)]*)\)", lambda m: f"({made[f'{m[1]}/en'].number})", text.body)
        at = min(now, (row.published_at or now) + datetime.timedelta(days=5))
        row = operations.edit(row, actor=row.owner, body=body, note="Links to related articles", at=at)
        operations.publish(row, actor=lead, at=at)


def _other_states(writer: User, lead: User, shelf: Category, now: datetime.datetime) -> None:
    """A draft, one in review, one retired, one that should be looked at again, one for a single organisation."""
    operations.write(
        actor=writer, title="Sign a PDF with your card", category=shelf, audience="customers",
        body="## What you need\n\nA card reader and the signing program.\n\n*To be written: the steps.*",
    )  # fmt: skip
    waiting = operations.write(
        actor=writer, title="Which data may go into which cloud", category=shelf, audience="customers",
        summary="Four classes of data and where each may be kept.",
        body="| Class | Where |\n| --- | --- |\n| public | anywhere |\n| internal | the personal and team drives |\n"
        "| confidential | team drives with named people |\n| secret | never outside the vault |",
    )  # fmt: skip
    operations.submit(waiting, actor=writer)
    old = operations.write(
        actor=writer, title="Connect with the old dial-in number", category=shelf, audience="customers",
        body="The dial-in ended with the old telephone system.", at=now - datetime.timedelta(days=600),
    )  # fmt: skip
    operations.publish(old, actor=lead, at=now - datetime.timedelta(days=599))
    operations.retire(
        old,
        actor=lead,
        reason="The dial-in does not exist any more.",
        replaced_by=Article.objects.get(title="The VPN does not connect"),
    )
    for row in Article.objects.filter(state="published").order_by("published_at")[:2]:
        Article.objects.filter(pk=row.pk).update(review_on=now.date() - datetime.timedelta(days=3))
    other = Organisation.objects.order_by("pk").last()
    own = operations.write(
        actor=writer, title="Your contacts at Northwind", category=shelf, audience="organisations", organisations=[other],
        body="Your account manager and the hours of your contract stand in the portal under *My organisation*.",
    )  # fmt: skip
    operations.publish(own, actor=lead)


def _use(made: dict[str, Article], rng: random.Random, now: datetime.datetime) -> None:
    """Readers, judgements, deflections and tickets solved, so that the measures have something to show."""
    customers = list(User.objects.filter(role=Role.CUSTOMER).order_by("pk"))
    english = [row for key, row in made.items() if key.endswith("/en")]
    for row in english:
        Article.objects.filter(pk=row.pk).update(views=rng.randint(8, 160))
        for reader in rng.sample(customers, min(len(customers), rng.randint(0, 3))):
            if row.audience in ("public", "customers"):
                uses.feedback(row, user=reader, helped=rng.random() < 0.85)
    for key, comment in [
        ("wifi-slow/en", "Which access point do I report? The room has no number."),
        ("screen-dark/en", "My dock has no power button."), ("invoice-twice/en", "Say who in finance to write to."),
    ]:  # fmt: skip
        uses.feedback(made[key], user=rng.choice(customers), helped=False, comment=comment)
    for key in ["password-reset", "vpn-connect", "printer-nothing", "mailbox-full", "wifi-connect", "room-book"]:
        for reader in rng.sample(customers, min(len(customers), rng.randint(1, 5))):
            said = uses.deflect(made[f"{key}/en"], user=reader, where="report", words=made[f"{key}/en"].title.lower())
            Deflection.objects.filter(pk=said.pk).update(at=now - datetime.timedelta(days=rng.randint(0, 60)))
    solved = Ticket.objects.filter(kind="incident", status_category__in=["resolved", "closed"]).order_by("-pk")
    for ticket in solved[:40]:
        found = finding.find(ticket.requester, ticket.title, limit=1, highlight=False, least=0.5).articles
        if found and ticket.assignee is not None:
            uses.use(Article.objects.get(pk=found[0].pk), ticket, actor=ticket.assignee, solved=True)
    Feedback.objects.filter(comment="").update(seen_at=now)
    for question in IN_VAIN:
        for _turn in range(rng.randint(1, 4)):
            finding.remember(question, 0, "en")
