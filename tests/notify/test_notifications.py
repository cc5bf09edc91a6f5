"""Who hears of what, in the page and by mail, each person as they chose."""

import pytest
from django.core import mail

from servicedesk.notify.models import Notification, Preference
from servicedesk.tickets import operations
from servicedesk.tickets.models import Outbox
from servicedesk.tickets.outbox import dispatch_event
from tests.factories import AgentFactory, TeamFactory, UserFactory, make_incident, resolve

pytestmark = pytest.mark.django_db


def deliver():
    """What the workers would do; returns who was told and mailed."""
    mail.outbox.clear()
    for pk in list(Outbox.objects.values_list("pk", flat=True)):
        dispatch_event(pk)
    return sorted(address for message in mail.outbox for address in message.recipients())


def mailed(user):
    return f"{user.name} <{user.email}>"


def test_opening_tells_the_requester_and_the_team(customer):
    member = AgentFactory()
    make_incident(customer, team=TeamFactory(members=[member]), actor=AgentFactory())
    assert deliver() == [mailed(customer)]  # agents hear of new tickets in the page unless they choose mail
    assert set(Notification.objects.values_list("user", flat=True)) == {customer.pk, member.pk}


def test_replies_reach_the_other_side_and_notes_only_agents(agent, customer):
    watcher, colleague = UserFactory(), AgentFactory()
    ticket = make_incident(customer)
    operations.take(ticket, actor=agent)
    operations.watch(ticket, actor=agent, user=watcher)
    operations.watch(ticket, actor=agent, user=colleague)
    deliver()
    operations.reply(ticket, actor=agent, body="Is it still on fire?")
    assert deliver() == sorted([mailed(customer), mailed(watcher), mailed(colleague)])
    operations.reply(ticket, actor=customer, body="Yes", channel="portal")
    assert mailed(agent) in deliver()
    Notification.objects.all().delete()
    operations.note(ticket, actor=colleague, body="secret")
    deliver()
    assert set(Notification.objects.values_list("user", flat=True)) == {agent.pk}


def test_mail_is_threaded_marked_and_has_a_plain_part(agent, customer):
    ticket = make_incident(customer, title="Ünïcode & <b>")
    operations.reply(ticket, actor=agent, body="**Hello** <script>")
    deliver()
    message = mail.outbox[-1]
    headers = message.message()
    assert headers["References"] == f"<ticket.{ticket.pk}@127.0.0.1>" and headers["Message-ID"] != headers["References"]
    assert headers["Auto-Submitted"] == "auto-generated" and "tickets." in headers["List-Id"]
    assert message.subject == f"[{ticket.number}] Ünïcode & <b>"
    assert "**Hello** <script>" in message.body and f"/portal/{ticket.number}/" in message.body
    html = message.alternatives[0][0]
    assert "<strong>Hello</strong>" in html and "<script>" not in html


def test_everybody_chooses_per_kind(agent, customer, login):
    client = login(customer)
    page = client.get("/profile/notifications/").content.decode()
    assert "replies" in page and "internal note" not in page
    client.post("/profile/notifications/", {"replied-page": "on", "noted-email": "on"})
    assert set(Preference.objects.values_list("kind", flat=True)) == {
        "opened",
        "replied",
        "moved",
        "approval",
        "budget",
    }
    ticket = make_incident(customer)
    operations.reply(ticket, actor=agent, body="Hello")
    assert deliver() == []
    assert Notification.objects.get(user=customer, kind="replied").in_page


def test_handing_an_event_over_twice_tells_nobody_twice(agent, customer):
    ticket = make_incident(customer)
    deliver()
    mail.outbox.clear()
    operations.reply(ticket, actor=agent, body="Hello")
    event = ticket.events.last()
    from servicedesk.notify.consumer import notify

    notify(event)
    notify(event)
    assert len(mail.outbox) == 1 and Notification.objects.filter(event=event).count() == 1


def test_who_may_not_see_the_ticket_is_not_told(agent):
    outsider = AgentFactory()
    ticket = make_incident(team=TeamFactory(is_private=True, members=[agent]), actor=agent)
    operations.watch(ticket, actor=agent, user=outsider)
    deliver()
    operations.unwatch(ticket, actor=agent, user=outsider)
    Notification.objects.all().delete()
    operations.reply(ticket, actor=agent, body="Hello")
    deliver()
    assert not Notification.objects.filter(user=outsider).exists()


def test_the_bell_counts_lists_and_is_read(agent, customer, login):
    ticket = make_incident(customer, title="Fire")
    deliver()
    operations.assign(ticket, actor=AgentFactory(), assignee=agent)
    deliver()
    client = login(agent)
    assert "data-unread>1<" in client.get("/desk/").content.decode().replace(" hidden", "")
    menu = client.get("/notifications/", HTTP_HX_REQUEST="true").content.decode()
    assert "assigned this ticket to you" in menu and "Fire" in menu
    row = Notification.objects.get(user=agent)
    assert client.get(f"/notifications/{row.pk}/")["Location"] == f"/desk/{ticket.number}/"
    row.refresh_from_db()
    assert row.read_at is not None
    assert login(customer).get(f"/notifications/{row.pk}/").status_code == 404


def test_a_resolution_is_mailed_with_its_words(agent, customer):
    ticket = make_incident(customer)
    deliver()
    resolve(ticket, agent, resolution="A new fuse.")
    assert deliver() == [mailed(customer)]
    assert "A new fuse." in mail.outbox[0].body
