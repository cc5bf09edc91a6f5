"""The calendar's pages, moving in them, and the private feed."""

from __future__ import annotations

import datetime
import os
import subprocess

import pytest
from django.utils import timezone
from icalendar import Calendar

from changes.models import CalendarFeed, Freeze
from servicedesk.sla.models import Rota, RotaMember
from tests.desk.test_queue import query_count
from tests.factories import AgentFactory, ServiceFactory, TeamFactory

from .setups import again, at, begin, change, scheduled

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    found = AgentFactory(time_zone="Europe/Berlin")
    client.force_login(found)
    return found


@pytest.mark.parametrize("view", ["month", "week", "timeline"])
def test_each_view_shows_changes_and_freezes(client, agent, view):
    row = change(agent, ServiceFactory(name="Payroll"), begins=1, title="Patch payroll")
    Freeze.objects.create(name="Year end", starts_at=at(0), ends_at=at(9))
    page = client.get(f"/desk/changes/?view={view}&date={timezone.now():%Y-%m-%d}").content.decode()
    assert row.number in page and "Year end" in page


@pytest.mark.parametrize("view", ["month", "week", "timeline"])
def test_a_calendar_costs_the_same_whatever_is_in_it(client, agent, view):
    path = f"/desk/changes/?view={view}"
    change(agent, begins=1)
    RotaMember.objects.create(rota=Rota.objects.create(team=TeamFactory()), user=agent)
    query_count(client, path)
    before = query_count(client, path)
    for n in range(5):
        change(agent, begins=n + 1)
        rota = Rota.objects.create(team=TeamFactory())
        RotaMember.objects.create(rota=rota, user=AgentFactory())
    assert query_count(client, path) <= before


def test_filters(client, agent):
    one, other = ServiceFactory(), ServiceFactory()
    mine, theirs = change(agent, one, begins=1), change(agent, other, begins=1)
    page = client.get(f"/desk/changes/?service={one.pk}").content.decode()
    assert mine.number in page and theirs.number not in page
    for nonsense in ("service=x", "date=2026-99-99", "view=year", "risk=huge", "service=99999999999999999999"):
        assert client.get(f"/desk/changes/?{nonsense}").status_code == 200


def test_private_teams_changes_are_not_shown(client, agent):
    insider = AgentFactory()
    secret = change(insider, begins=1, team=TeamFactory(is_private=True, members=[insider]))
    assert secret.number not in client.get("/desk/changes/").content.decode()


def test_moving_by_a_day_keeps_the_clock(client, agent):
    row = change(agent, zone="Europe/Berlin", begins=2)
    local = row.window.lower.astimezone(datetime.timezone(datetime.timedelta(hours=1)))
    answer = client.post(f"/desk/{row.number}/shift/", {"minutes": "1440"})
    assert answer.status_code == 200 and row.number in answer.json()["text"]
    assert again(row).window.lower - row.window.lower == datetime.timedelta(days=1)
    assert local is not None


def test_what_is_met_is_said_and_a_freeze_refuses(client, agent):
    service = ServiceFactory(criticality=4)
    row = scheduled(agent, service)
    other = scheduled(agent, service, begins=48, title="Other")
    answer = client.post(f"/desk/{row.number}/shift/", {"minutes": str(24 * 60)})
    assert other.number in " ".join(answer.json()["collisions"])
    Freeze.objects.create(name="Year end", starts_at=at(90), ends_at=at(500))
    moved = again(row)
    answer = client.post(f"/desk/{row.number}/shift/", {"minutes": str(80 * 60)})
    assert answer.status_code == 409 and "Year end" in answer.json()["text"]
    assert again(row).window == moved.window


@pytest.mark.parametrize("minutes", ["", "x", "99999999", "1.5"])
def test_nonsense_moves_nothing(client, agent, minutes):
    row = change(agent)
    assert client.post(f"/desk/{row.number}/shift/", {"minutes": minutes}).status_code == 422
    assert again(row).window == row.window


def test_an_implementing_change_stays(client, agent):
    row = begin(scheduled(agent), agent)
    assert client.post(f"/desk/{row.number}/shift/", {"minutes": "60"}).status_code == 409


def test_the_feed_is_private_revocable_and_readable(client, agent):
    row = scheduled(agent, title="Patch; the, database")
    client.post("/desk/changes/feed/")
    token = CalendarFeed.objects.get(user=agent).token
    client.logout()
    answer = client.get(f"/changes/{token}.ics")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [str(e["summary"]) for e in events] == [f"{row.number} Patch; the, database"]
    assert events[0]["dtstart"].dt == row.window.lower
    client.force_login(agent)
    client.post("/desk/changes/feed/", {"revoke": "1"})
    assert client.get(f"/changes/{token}.ics").status_code == 404


def test_a_calendar_program_reads_the_feed(client, agent, tmp_path):
    """calcurse of Debian, which reads iCalendar with code of its own."""
    row = scheduled(agent, title="Patch; the, database", begins=30)
    Freeze.objects.create(name="Year end", starts_at=at(200), ends_at=at(300))
    client.post("/desk/changes/feed/")
    feed = tmp_path / "feed.ics"
    feed.write_bytes(client.get(f"/changes/{CalendarFeed.objects.get(user=agent).token}.ics").content)
    calcurse = ["calcurse", "-D", str(tmp_path / "data"), "-C", str(tmp_path / "conf")]
    environment = {**os.environ, "HOME": str(tmp_path), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    read = subprocess.run([*calcurse, "-i", str(feed)], env=environment, capture_output=True, text=True, check=True)
    assert "0 skipped" in read.stdout, read.stdout + read.stderr
    day = row.window.lower.strftime("%m/%d/%Y")
    shown = subprocess.run(
        [*calcurse, "-Q", "--from", day], env=environment, capture_output=True, text=True, check=True
    )
    assert f"{row.number} Patch; the, database" in shown.stdout
    assert f"{row.window.lower:%H:%M} ->" in shown.stdout


def test_the_feed_ends_with_whom_it_was_made_for(client, agent):
    client.post("/desk/changes/feed/")
    token = CalendarFeed.objects.get(user=agent).token
    agent.is_active = False
    agent.save()
    assert client.get(f"/changes/{token}.ics").status_code == 404
