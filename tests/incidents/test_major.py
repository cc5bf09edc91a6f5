"""Major incidents: a flag, a lead, a banner for everybody; and children that go with their parent."""

import pytest

from incidents import operations
from servicedesk.tickets import operations as tickets
from servicedesk.tickets.errors import Invalid, NotAllowedNow
from servicedesk.tickets.models import LinkKind
from tests.factories import AgentFactory, fresh, make_incident, resolve

pytestmark = pytest.mark.django_db


def test_declaring_and_standing_down(agent, customer, login):
    lead = AgentFactory(name="Chief")
    ticket = make_incident(customer, title="Everything is down")
    client = login(agent)
    assert client.post(f"/desk/{ticket.number}/major/", {"lead": lead.email}).status_code == 302
    assert "Everything is down" in login(AgentFactory()).get("/desk/?view=mine").content.decode()
    assert "Chief" in client.get(f"/desk/{ticket.number}/").content.decode()
    assert client.post(f"/desk/{ticket.number}/stand-down/").status_code == 302
    assert "banner" not in client.get("/desk/?view=mine").content.decode()
    assert not fresh(ticket).is_major


def test_the_lead_is_an_agent_and_the_incident_is_open(agent, customer):
    ticket = make_incident(customer)
    with pytest.raises(Invalid):
        operations.declare_major(ticket, actor=agent, lead=customer)
    resolve(ticket, agent)
    with pytest.raises(NotAllowedNow):
        operations.declare_major(ticket, actor=agent)


def test_resolving_the_parent_offers_its_children(agent, login):
    parent, one, two, done = (make_incident() for _ in range(4))
    for child in (one, two, done):
        tickets.link(child, actor=agent, target=parent, kind=LinkKind.CHILD_OF)
    resolve(done, agent, resolution="Before")
    client = login(agent)
    with pytest.raises(NotAllowedNow):
        operations.resolve_children(parent, actor=agent)
    resolve(parent, agent, resolution="Switch replaced")
    assert "Resolve all 2" in client.get(f"/desk/{parent.number}/").content.decode()
    client.post(f"/desk/{parent.number}/resolve-children/")
    assert [fresh(t).resolution for t in (one, two, done)] == ["Switch replaced", "Switch replaced", "Before"]
    assert "Resolve all" not in client.get(f"/desk/{parent.number}/").content.decode()
