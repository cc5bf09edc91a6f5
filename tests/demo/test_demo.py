"""The demo: a believable organisation, the same for the same seed, and who can log in."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from changes.models import Change, ChangeType, Freeze, MaintenanceWindow, Meeting
from incidents.process import INCIDENT
from problems.models import Candidate, Problem
from problems.process import PROBLEM
from servicedesk.demo.load import PEOPLE, load, people
from servicedesk.knowledge.models import Article
from servicedesk.people.models import User
from servicedesk.sla.models import Clock, Rota
from servicedesk.sla.oncall import on_call
from servicedesk.tickets.models import Ticket
from tests.examples import rolled_back

pytestmark = pytest.mark.django_db


def test_it_has_tickets_in_all_states_and_is_made_by_operations():
    load(tickets=150)
    shown = Article.objects.filter(state="published")
    assert shown.filter(language="en").count() >= 40 and shown.filter(language="de").count() == 5
    assert shown.filter(kind="known_error").count() == 4 and Ticket.objects.filter(kind="problem").count() == 12
    assert set(Article.objects.values_list("state", flat=True)) == {"draft", "review", "published", "retired"}
    assert Candidate.objects.exists()
    tickets = Ticket.objects.all()
    assert tickets.filter(kind="incident").count() == 150
    states = set(tickets.values_list("status", flat=True))
    assert {state.slug for state in INCIDENT.lifecycle.states} <= states
    for ticket in tickets:
        assert ticket.events.count() == ticket.version
        times = list(ticket.events.order_by("pk").values_list("at", flat=True))
        assert times == sorted(times) and times[0] == ticket.opened_at, ticket
    assert Clock.objects.filter(state="running").exists() and Clock.objects.exclude(breached_at=None).exists()
    assert all(on_call(rota, timezone.now()) for rota in Rota.objects.all()) and Rota.objects.count() == 2
    assert {row["email"] for row in people()} == {email for email, _what in PEOPLE}
    changes = Change.objects.all()
    assert changes.count() == 60 and set(changes.values_list("type", flat=True)) == set(ChangeType.values)
    assert {"draft", "assess", "authorise", "scheduled", "closed", "rejected"} <= set(
        changes.values_list("status", flat=True)
    )
    assert Freeze.objects.count() == 2 and MaintenanceWindow.objects.count() == 2
    assert Meeting.objects.get().items.exists()
    problems = set(Problem.objects.values_list("status", flat=True))
    assert Problem.objects.count() == 12 and {s.slug for s in PROBLEM.lifecycle.states} == problems
    assert Problem.objects.filter(status="known_error").count() == 4


def test_the_same_seed_makes_the_same_demo():
    made = []

    @rolled_back
    def once():
        load(seed=3, tickets=30, changes=6, requests=4, articles=False)
        made.append(list(Ticket.objects.order_by("pk").values_list("title", "requester__name", "status")))

    once()
    once()
    assert made[0] == made[1]


def test_it_goes_into_an_empty_database_only(agent, capsys):
    with pytest.raises(CommandError):
        call_command("demo")
    call_command("demo", "--if-new")
    assert User.objects.count() == 1
    call_command("demo", "--people")
    assert capsys.readouterr().out == ""


def test_the_mail_page_shows_what_would_have_been_sent(settings, tmp_path, client):
    from django.core.mail import EmailMultiAlternatives, get_connection

    settings.EMAIL_FILE_PATH = str(tmp_path)
    connection = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(tmp_path))
    mail = EmailMultiAlternatives("Ünïcode <b>", "Hello <script>", to=["a@example.org"], connection=connection)
    mail.attach_alternative("<p>Hello</p>", "text/html")
    mail.send()
    page = client.get("/demo/mail/").content.decode()
    assert "Ünïcode &lt;b&gt;" in page and "Hello &lt;script&gt;" in page
