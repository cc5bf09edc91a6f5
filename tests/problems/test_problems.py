"""Problems: raised from what goes wrong, investigated, worked around, and solved for everybody at once."""

from __future__ import annotations

import pytest

from changes import operations as changes
from problems import known_errors, operations
from problems.models import CauseCategory, Problem
from problems.showing import tree
from problems.timeline import timeline
from servicedesk.people import access
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import Event, Link, Message, Ticket
from tests.api.test_incidents_api import Api
from tests.changes.setups import begin, scheduled
from tests.factories import AgentFactory, ServiceFactory, TeamFactory, UserFactory, code, make_incident
from tests.knowledge.setups import learn

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return AgentFactory(name="Lena Krüger")


def problem(agent, **values):
    return operations.raise_problem(actor=agent, **{"title": "The archive join is slow", **values})


def again(row):
    return Problem.objects.get(pk=row.pk)


def step(row, slug, agent, **values):
    tickets.transition(row, slug, actor=agent, **values)
    return again(row)


def test_from_incidents_to_a_known_error_to_a_fix_for_all(agent):
    service = ServiceFactory(team=TeamFactory(members=[agent]))
    rows = [make_incident(service=service, title=f"Export {n}") for n in range(3)]
    row = problem(agent, sources=rows, service=service)
    assert Link.objects.filter(target=row.pk, kind="caused_by").count() == 3
    row = step(row, "investigate", agent)
    with pytest.raises(NotAllowedNow, match="root cause"):
        step(row, "find_cause", agent)
    cause = CauseCategory.objects.get(name="Capacity")
    row = operations.describe(row, actor=agent, root_cause="No index.", cause_category=cause)
    row = step(row, "find_cause", agent)
    with pytest.raises(NotAllowedNow, match="workaround"):
        step(row, "accept", agent)
    row = operations.describe(row, actor=agent, workaround="Export in two halves.")
    row = step(row, "accept", agent)
    assert known_errors.publish(row, actor=agent, to_customers=True) == (3, [])
    assert Message.objects.filter(kind="reply", body="Export in two halves.").count() == 3
    row = step(row, "resolve", agent, resolution="Index made.")
    done, wrong = operations.resolve_incidents(row, actor=agent, resolution="It is fast now.", resolution_code=code())
    assert (done, wrong) == (3, [])
    assert set(Ticket.objects.filter(kind="incident").values_list("status", flat=True)) == {"resolved"}


def test_a_workaround_is_put_on_an_incident_once_for_each_text(agent):
    first = make_incident()
    row = problem(agent, sources=[first])
    with pytest.raises(NotAllowedNow, match="no workaround"):
        known_errors.publish(row, actor=agent)
    row = operations.describe(row, actor=agent, workaround="Restart it.")
    assert known_errors.publish(row, actor=agent)[0] == 1
    operations.link_sources(row, actor=agent, sources=[make_incident()])
    assert known_errors.publish(row, actor=agent)[0] == 1
    row = operations.describe(row, actor=agent, workaround="Restart it twice.")
    assert known_errors.publish(row, actor=agent)[0] == 2
    assert Message.objects.filter(kind="note").count() == 4


def test_two_hundred_incidents_are_linked_at_once(agent):
    rows = [make_incident(title=f"Slow {n}") for n in range(200)]
    row = problem(agent)
    assert operations.link_sources(row, actor=agent, sources=rows) == 200
    assert operations.link_sources(row, actor=agent, sources=rows) == 0
    assert len(operations.incidents_of(row, agent)) == 200


def test_a_failed_change_becomes_a_problem_in_one_click(agent, login):
    change = begin(scheduled(agent, ServiceFactory(criticality=4), title="Patch"), agent)
    changes.finish(change, actor=agent, outcome="failed", remark="It did not start.")
    client = login(agent)
    assert f"/desk/new/problem/?for={change.number}" in client.get(f"/desk/{change.number}/").content.decode()
    page = client.get(f"/desk/new/problem/?for={change.number}").content.decode()
    assert 'value="Patch"' in page and change.number in page
    form = {"title": "The patch fails", "impact": "2", "urgency": "2"}
    answer = client.post(f"/desk/new/problem/?for={change.number}", form)
    row = Problem.objects.get()
    assert answer.url == f"/desk/{row.number}/"
    assert Link.objects.get(source=row.pk, kind="caused_by").target_id == change.pk


def test_five_whys_are_a_tree(agent):
    row = problem(agent)
    top = operations.ask_why(row, actor=agent, text="It ran out of time")
    below = operations.ask_why(row, actor=agent, text="The join is slow", parent=top)
    operations.ask_why(row, actor=agent, text="There is no index", parent=below)
    operations.ask_why(row, actor=agent, text="The limit is low")
    assert [(b.depth, b.why.text) for b in tree(row)] == [
        (0, "It ran out of time"), (1, "The join is slow"), (2, "There is no index"), (0, "The limit is low"),
    ]  # fmt: skip
    operations.drop_why(row, actor=agent, why=below)
    assert [b.why.text for b in tree(row)] == ["It ran out of time", "The limit is low"]
    with pytest.raises(Invalid, match="another problem"):
        operations.ask_why(problem(agent), actor=agent, text="Why", parent=top)


def test_a_known_error_keeps_a_workaround_and_a_closed_one_its_record(agent):
    row = operations.describe(problem(agent), actor=agent, workaround="Restart", root_cause="Leak")
    for slug in ("investigate", "find_cause", "accept"):
        row = step(row, slug, agent)
    with pytest.raises(Invalid, match="has a workaround"):
        operations.describe(row, actor=agent, workaround="")
    row = step(step(row, "resolve", agent, resolution="Fixed"), "close", agent)
    with pytest.raises(NotAllowedNow, match="closed"):
        operations.describe(row, actor=agent, root_cause="Other")
    assert step(row, "reopen", agent, reason="It came back").status == "investigating"


def test_incidents_of_private_teams_are_left_alone(agent):
    insider = AgentFactory()
    secret = make_incident(actor=insider, requester=UserFactory(), team=TeamFactory(is_private=True, members=[insider]))
    row = problem(insider, sources=[secret])
    row = operations.describe(row, actor=insider, workaround="Restart")
    assert known_errors.publish(row, actor=agent)[0] == 0
    assert known_errors.publish(row, actor=insider)[0] == 1


def test_the_screens(agent, login):
    client = login(agent)
    incidents = [make_incident(), make_incident()]
    row = problem(agent)
    here = f"/desk/{row.number}/"
    numbers = " ".join(i.number for i in incidents)
    assert client.post(f"{here}link-many/", {"numbers": "INC-999999"}).status_code == 422
    assert client.post(f"{here}link-many/", {"numbers": numbers}).status_code == 302
    client.post(f"{here}analysis/", {"workaround": "Restart it.", "root_cause": "Leak"})
    client.post(f"{here}why/", {"text": "It leaks"})
    client.post(f"{here}publish/", {"to_customers": "no"})
    assert Message.objects.filter(kind="note").count() == 2
    page = client.get(here).content.decode()
    for words in ("Restart it.", "It leaks", "2 of them are open", "Published"):
        assert words in page
    assert client.get("/admin/problems/causecategory/").status_code in (302, 403)


def test_over_rest(agent):
    api = Api(agent)
    incident = make_incident()
    made = api("POST", "problems/", {"title": "Slow", "sources": [incident.number]})
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert made.json()["incidents"] == [incident.number]
    assert api("POST", "problems/", {"title": "x", "sources": ["INC-99999"]}).status_code == 422
    api("POST", f"problems/{number}/analysis/", {"workaround": "Restart"})
    assert api("POST", f"problems/{number}/publish/", {}).json() == {"done": 1, "refused": []}
    why = api("POST", f"problems/{number}/why/", {"text": "It leaks"}).json()["whys"][0]
    api("POST", f"problems/{number}/why/", {"text": "No limit", "parent": why["id"]})
    assert [w["parent"] for w in api("GET", f"problems/{number}/").json()["whys"]] == [None, why["id"]]
    early = api("POST", f"problems/{number}/resolve-incidents/", {"resolution": "x", "resolution_code": code().pk})
    assert early.status_code == 409
    assert Api(UserFactory())("GET", "problems/").status_code == 403


def test_customers_have_no_problems(agent):
    row = problem(agent)
    with pytest.raises(access.Forbidden):
        operations.describe(row, actor=UserFactory(), workaround="x")


def known(agent, **values):
    """A problem with a workaround and three open incidents."""
    rows = [make_incident(title=f"Export {n}") for n in range(3)]
    row = problem(agent, sources=rows, **values)
    row = step(row, "investigate", agent)
    return operations.describe(row, actor=agent, workaround="Export in two halves."), rows


def test_a_known_error_is_found_in_the_knowledge_base_until_it_is_solved(agent, login):
    lead = UserFactory(role="team_lead")
    row, rows = known(agent, service=ServiceFactory(name="Payroll"))
    assert known_errors.publish(row, actor=lead, knowledge_for="customers")[0] == 3
    article = known_errors.article_of(row)
    assert (article.kind, article.state, article.audience) == ("known_error", "published", "customers")
    assert "Export in two halves." in article.body
    learn()
    other = make_incident(title="Archive join slow in payroll")
    assert article.number in login(agent).get(f"/desk/{other.number}/beside/").content.decode()
    assert "Known error" in login(agent).get("/help/suggest/?q=archive+join+slow&where=desk").content.decode()
    # A better workaround is a new version of the same article.
    row = operations.describe(row, actor=agent, workaround="Use the new export.")
    known_errors.publish(row, actor=lead, knowledge_for="customers")
    assert known_errors.article_of(row).pk == article.pk and "new export" in known_errors.article_of(row).body
    row = step(row, "resolve", agent, resolution="Index made.")
    known_errors.follow(Event.objects.filter(ticket=row.pk).order_by("-pk")[0])
    assert known_errors.article_of(row).state == "retired"


def test_who_may_not_publish_for_customers_puts_the_known_error_forward(agent):
    row, _rows = known(agent)
    known_errors.publish(row, actor=agent, knowledge_for="customers")
    assert known_errors.article_of(row).state == "review"
    row, _rows = known(agent)
    known_errors.publish(row, actor=agent, knowledge_for="agents")
    assert known_errors.article_of(row).state == "published"
    with pytest.raises(Invalid):
        known_errors.publish(row, actor=agent, knowledge_for="moon")


def test_a_known_error_of_agents_stays_theirs_where_one_may_not_give_it_to_customers(agent, login):
    row, rows = known(agent)
    known_errors.publish(row, actor=agent, knowledge_for="agents")
    row = operations.describe(row, actor=agent, workaround="Another way.")
    answer = login(agent).post(
        f"/desk/{row.number}/publish/", {"to_customers": "no", "knowledge_for": "customers"}, follow=True
    )
    assert answer.status_code == 200 and "a team lead decides who else reads it" in answer.content.decode()
    article = known_errors.article_of(row)
    assert (article.audience, article.state) == ("agents", "published") and "Another way." in article.body
    assert Message.objects.filter(kind="note").count() == 6


def test_resolving_many_is_undone_but_for_what_was_confirmed(agent, login):
    row, rows = known(agent)
    row = step(row, "resolve", agent, resolution="Fixed.")
    operations.resolve_incidents(row, actor=agent, resolution="It works.", resolution_code=code())
    tickets.transition(rows[0], "confirm", actor=rows[0].requester)
    assert "Open them again" in login(agent).get(f"/desk/{row.number}/").content.decode()
    done, wrong = operations.undo_resolving(row, actor=agent)
    assert done == 2 and [(ticket.number, why) for ticket, why in wrong] == [
        (rows[0].number, "The customer has confirmed it.")
    ]
    assert set(Ticket.objects.filter(kind="incident").values_list("status_category", flat=True)) == {"open", "closed"}
    with pytest.raises(NotAllowedNow, match="nothing to undo"):
        operations.undo_resolving(row, actor=agent)


def test_two_problems_become_one_and_none_becomes_itself(agent):
    row, rows = known(agent)
    other = problem(agent, title="The same again", sources=[make_incident()])
    with pytest.raises(Invalid, match="merged into itself"):
        operations.merge(row, actor=agent, into=row)
    assert again(row).status == "investigating"
    operations.merge(row, actor=agent, into=other)
    assert again(row).status == "cancelled" and again(row).status_reason == f"Merged into {other.number}"
    assert len(operations.incidents_of(other, agent)) == 4 and operations.incidents_of(row, agent) == []
    assert Link.objects.filter(source=row.pk, target=other.pk, kind="duplicates").exists()
    with pytest.raises(Invalid, match="is over"):
        operations.merge(other, actor=agent, into=again(row))


def test_merging_by_hand_names_what_is_wrong(agent, login):
    row = problem(agent)
    browser = login(agent)
    for number, words in (
        (row.number, "into itself"),
        ("PRB-0", "no problem with this number"),
        (make_incident().number, "no problem"),
    ):
        page = browser.post(f"/desk/{row.number}/merge/", {"into": number})
        assert page.status_code == 422 and words in page.content.decode()
    assert again(row).status == "new"


def test_a_change_that_carries_the_fix_is_shown(agent, login):
    row = problem(agent)
    fix = scheduled(agent, ServiceFactory(name="Archive", criticality=4), title="Make the index")
    tickets.link(Ticket.objects.get(pk=row.pk), actor=agent, target=Ticket.objects.get(pk=fix.pk), kind="resolved_by")
    page = login(agent).get(f"/desk/{row.number}/").content.decode()
    assert "The change that fixes it" in page and fix.number in page


def test_a_problem_is_raised_from_what_is_selected_in_the_queue(agent, login):
    rows = [make_incident(title=f"Slow {n}") for n in range(3)]
    assert 'data-raise="/desk/new/problem/"' in login(agent).get("/desk/").content.decode()
    query = "&".join(f"for={ticket.number}" for ticket in rows)
    page = login(agent).get(f"/desk/new/problem/?{query}").content.decode()
    assert all(ticket.number in page for ticket in rows)


def test_the_timeline_shows_what_came_shortly_before_the_first_incident(agent, login):
    service = ServiceFactory(name="Archive", criticality=4)
    suspect = begin(scheduled(agent, service, title="New storage"), agent)
    rows = [make_incident(title=f"Export {n}", service=service) for n in range(2)]
    aside = make_incident(title="Something else there", service=service)
    hidden = make_incident(
        title="Secret", service=service, team=TeamFactory(is_private=True), actor=UserFactory(role="admin")
    )
    row = problem(agent, sources=rows)
    found = timeline(Ticket.objects.get(pk=row.pk), agent)
    assert [entry.at for entry in found] == sorted(entry.at for entry in found)
    by_number = {entry.ticket.number: entry for entry in found}
    assert by_number[suspect.number].began and by_number[suspect.number].before is not None
    assert by_number[rows[0].number].linked and not by_number[aside.number].linked
    assert hidden.number not in by_number
    page = login(agent).get(f"/desk/{row.number}/timeline/").content.decode()
    assert "before the first incident" in page and "this problem was raised" in page and "Secret" not in page


def test_the_timeline_costs_a_fixed_number_of_queries(agent, django_assert_max_num_queries):
    service = ServiceFactory()
    row = problem(agent, sources=[make_incident(service=service) for _n in range(4)])
    with django_assert_max_num_queries(5):
        timeline(Ticket.objects.get(pk=row.pk), agent)
