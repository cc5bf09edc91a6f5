"""axe-core finds nothing on any page, in both themes, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from incidents.operations import declare_major
from servicedesk.sla.models import Rota, RotaMember
from servicedesk.tickets import operations
from tests.factories import AgentFactory, TeamFactory, UserFactory, make_incident, resolve

DESK = [
    "/desk/", "/desk/?view=mine", "/desk/?priority=1", "/desk/{open}/", "/desk/{resolved}/", "/desk/{open}/step/resolve/",
    "/desk/{open}/edit/priority/", "/desk/{open}/major/", "/desk/search/?q=fire", "/desk/search/", "/desk/new/incident/",
    "/desk/?sort=due", "/desk/on-call/",
    "/notifications/", "/profile/", "/profile/notifications/", "/profile/password/", "/profile/sessions/",
    "/profile/tokens/", "/desk/INC-0/",
]  # fmt: skip
PORTAL = [
    "/portal/", "/portal/tickets/", "/portal/tickets/?state=closed", "/portal/find/?q=fire", "/portal/report/problem/",
    "/portal/{open}/", "/portal/{resolved}/", "/portal/{resolved}/reopen/", "/notifications/", "/profile/",
]  # fmt: skip
VISITOR = ["/login/", "/password/reset/", "/password/reset/sent/", "/welcome/x/"]
PERSONS = {"agent": DESK, "customer": PORTAL, "visitor": VISITOR}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("who", PERSONS)
def test_axe_finds_nothing(visit, transactional_db, who, width, scheme):
    agent, customer = AgentFactory(name="Lena Krüger"), UserFactory(name="Amélie Dubois")
    rota = Rota.objects.create(team=TeamFactory(name="Network", members=[agent]))
    RotaMember.objects.create(rota=rota, user=agent)
    first = make_incident(customer, title="Fire in the data centre", description="A [link](https://example.org) `code`")
    operations.take(first, actor=agent)
    operations.reply(first, actor=agent, body="Which one?", then="wait_customer")
    operations.note(first, actor=agent, body="`report.batch=500`")
    operations.watch(first, actor=agent)
    declare_major(first, actor=agent)
    second = make_incident(customer, title="Fire put out")
    operations.link(second, actor=agent, target=first, kind="relates")
    resolve(second, agent)
    make_incident(actor=agent, title="For myself", requester=agent)
    user = {"agent": agent, "customer": customer, "visitor": None}[who]
    page = visit(user, "/", width=width, scheme=scheme, bypass_csp=True)  # axe styles what it looks at
    axe = Axe()
    found = {}
    for template in PERSONS[who]:
        path = template.format(open=first.number, resolved=second.number)
        page.goto(path)
        results = axe.run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        for violation in results.response["violations"]:
            nodes = [node["html"][:120] for node in violation["nodes"][:3]]
            found.setdefault(violation["id"], []).append((path, nodes))
    assert not found, "\n".join(f"{rule}: {places}" for rule, places in found.items())
