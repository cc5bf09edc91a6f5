"""Knowledge over REST: readers read, agents write, and what is wrong is named."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.knowledge.models import Article, Deflection, Synonyms, Use
from tests.api.test_incidents_api import Api
from tests.factories import UserFactory, make_incident

from .setups import PNG, article, draft, fresh, learn

pytestmark = pytest.mark.django_db
URL = "articles/"


@pytest.fixture
def lead():
    return UserFactory(role="team_lead")


def test_from_writing_to_searching(agent, lead, customer):
    api = Api(agent)
    made = api(
        "POST", URL, {"title": "The badge is lost", "body": "Call us.", "summary": "At once.", "tags": ["badge"]}
    )
    assert made.status_code == 201, made.content
    here = f"{URL}{made.json()['number']}/"
    assert api("POST", here + "submit/", {}).json()["state"] == "review"
    assert api("POST", here + "publish/", {}).status_code == 403
    assert Api(lead)("POST", here + "publish/", {}).json()["live"] == 1
    learn()
    found = Api(customer)("GET", URL + "search/?q=bagde+lsot").json()
    assert found["corrected"] == "badge lost" and found["articles"][0]["title"] == "The badge is lost"
    shown = Api(customer)("GET", here).json()
    assert shown["html"] == "<p>Call us.</p>\n" and "owner" not in shown
    assert Api(customer)("GET", URL).json()["results"][0]["title"] == "The badge is lost"


def test_drafts_are_for_agents(agent, customer):
    row = draft(agent)
    assert Api(customer)("GET", f"{URL}{row.number}/?drafts=1").status_code == 404
    assert Api(agent)("GET", f"{URL}{row.number}/").status_code == 404
    assert Api(agent)("GET", f"{URL}{row.number}/?drafts=1").json()["latest"] == 1
    assert Api(customer)("GET", URL + "?drafts=1").json()["results"] == []
    for path in ("submit/", "publish/", "retire/", "restore/", "images/", "use/"):
        assert Api(customer)("POST", f"{URL}{row.number}/{path}", {}).status_code in (403, 404), path
    assert Api(customer)("POST", URL, {"title": "x", "body": "y"}).status_code == 403


def test_a_conflict_shows_both_texts(agent):
    row = draft(agent, body="One")
    api = Api(agent)
    assert api("PATCH", f"{URL}{row.number}/", {"base": 1, "body": "Two"}).json()["latest"] == 2
    answer = api("PATCH", f"{URL}{row.number}/", {"base": 1, "body": "Three"})
    assert answer.status_code == 409
    assert (answer.json()["theirs"], answer.json()["yours"]) == ({"body": "Two"}, {"body": "Three"})
    assert [v["body"] for v in api("GET", f"{URL}{row.number}/versions/").json()] == ["Two", "One"]
    assert api("POST", f"{URL}{row.number}/restore/", {"version": 1}).json()["body"] == "One"


@pytest.mark.parametrize(
    "body",
    [
        {}, {"title": "x"}, {"title": 3, "body": "x"}, {"title": "x", "body": "y", "colour": "red"},
        {"title": "x", "body": "![a](http://evil.example/a.png)"}, {"title": "x", "body": "y", "language": "tlh"},
        {"title": "x", "body": "y", "audience": "organisations"}, {"title": "x", "body": "y", "translation_of": "KB-1"},
        {"title": "x", "body": "y", "tags": "no"}, {"title": "x", "body": "y", "owner": 10**12},
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(agent, body):
    answer = Api(agent)("POST", URL, body)
    assert answer.status_code == 422 and answer.json()["errors"]
    assert not Article.objects.exists()


def test_feedback_deflection_use_and_measures(agent, customer):
    row, ticket = article(agent), make_incident(customer)
    here = f"{URL}{row.number}/"
    assert Api(customer)("POST", here + "feedback/", {"helped": True, "comment": "Good"}).json()["helped"] is True
    assert Api(customer)("POST", here + "feedback/", {"helped": "maybe"}).status_code == 422
    assert Api(customer)("POST", here + "solved/", {"where": "report", "words": "vpn"}).status_code == 204
    assert Api(agent)("POST", here + "use/", {"ticket": ticket.number, "solved": True}).status_code == 204
    assert Api(agent)("POST", here + "use/", {"ticket": "INC-0"}).status_code == 422
    assert (Deflection.objects.count(), Use.objects.get().solved, fresh(row).helped) == (1, True, 1)
    month = Api(agent)("GET", URL + "measures/").json()[1]
    assert (month["days"], month["deflected"], month["helped"], month["solved"]) == (30, 1, 1, 1)
    assert (
        Api(customer)("GET", URL + "measures/").status_code == Api(customer)("GET", URL + "in-vain/").status_code == 403
    )


def test_pictures_and_synonyms(agent, admin, login):
    row = draft(agent)
    browser = login(agent)
    sent = {"files": SimpleUploadedFile("x.png", PNG)}
    answer = browser.post(f"/api/v1/{URL}{row.number}/images/", sent, headers={"X-CSRFToken": "x"})
    assert answer.status_code == 201 and answer.json()[0]["name"] == "x.png"
    assert Api(agent)("POST", f"{URL}{row.number}/images/", {}).status_code == 415
    assert Api(agent)("POST", "synonyms/", {"words": "a, b"}).status_code == 403
    api = Api(admin)
    made = api("POST", "synonyms/", {"words": "VPN,tunnel"})
    assert made.json()["words"] == "vpn, tunnel"
    assert api("POST", "synonyms/", {"words": "vpn"}).status_code == 422
    assert Api(agent)("GET", "synonyms/").json()["results"] == [made.json()]
    assert api("DELETE", f"synonyms/{made.json()['id']}/").status_code == 204
    assert not Synonyms.objects.exists()


def test_tickets_like_one(agent, customer):
    other = make_incident(title="Beamer stays dark")
    ticket = make_incident(customer, title="Beamer stays dark again")
    rows = Api(agent)("GET", f"incidents/{ticket.number}/similar/").json()
    assert rows[0]["number"] == other.number and "nearly the same title" in rows[0]["why"]
    assert Api(customer)("GET", f"incidents/{ticket.number}/similar/").status_code == 403


def test_candidates_and_merging(agent, customer):
    import datetime

    from django.utils import timezone

    from problems import candidates
    from problems.operations import raise_problem
    from tests.problems.test_candidates import burst

    make_incident(title="Long ago", at=timezone.now() - datetime.timedelta(days=58))
    burst(7)
    candidates.find()
    api = Api(agent)
    rows = api("GET", "problem-candidates/").json()
    assert rows[0]["incidents"] == 7
    assert Api(customer)("GET", "problem-candidates/").status_code == 403
    made = api("POST", f"problem-candidates/{rows[0]['id']}/accept/", {})
    assert made.status_code == 201 and len(made.json()["incidents"]) == 7
    assert api("POST", f"problem-candidates/{rows[0]['id']}/dismiss/", {"reason": "x"}).status_code == 404
    other = raise_problem(actor=agent, title="The same")
    here = f"problems/{made.json()['number']}/merge/"
    assert api("POST", here, {"into": made.json()["number"]}).status_code == 422
    assert api("POST", here, {"into": "PRB-0"}).status_code == 422
    assert len(api("POST", here, {"into": other.number}).json()["incidents"]) == 7
