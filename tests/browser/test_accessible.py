"""axe-core finds nothing on any page, in both themes, and neither wide nor narrow."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from changes import cab
from changes import operations as change_operations
from changes.models import Freeze
from incidents.operations import declare_major
from problems import candidates
from problems.operations import ask_why, raise_problem
from requests import basket
from requests.models import Budget
from servicedesk.approvals.links import link_for
from servicedesk.approvals.models import Approver
from servicedesk.knowledge import operations as knowledge
from servicedesk.knowledge import uses
from servicedesk.knowledge.models import Category
from servicedesk.knowledge.search.finding import remember
from servicedesk.people.models import CostCentre
from servicedesk.sla.models import Rota, RotaMember
from servicedesk.tickets import operations
from servicedesk.work.models import Task
from tests.catalog.setups import LAPTOP_FORM, offer, order, plan
from tests.changes.setups import assessed, at, begin, change, scheduled
from tests.factories import AgentFactory, ServiceFactory, TeamFactory, UserFactory, make_incident, resolve
from tests.knowledge.setups import article, learn

DESK = [
    "/desk/", "/desk/?view=mine", "/desk/?priority=1", "/desk/{open}/", "/desk/{resolved}/", "/desk/{open}/step/resolve/",
    "/desk/{open}/edit/priority/", "/desk/{open}/major/", "/desk/search/?q=fire", "/desk/search/", "/desk/new/incident/",
    "/desk/?sort=due", "/desk/on-call/",
    "/desk/new/request/", "/desk/{request}/", "/desk/{request}/task/", "/desk/{request}/charge/", "/desk/{task}/", "/approvals/",
    "/desk/changes/", "/desk/changes/?view=week", "/desk/changes/?view=timeline", "/desk/changes/measures/",
    "/desk/changes/meetings/", "/desk/changes/meetings/{meeting}/", "/desk/new/change/", "/desk/new/change/?type=normal",
    "/desk/new/problem/", "/desk/{problem}/", "/desk/{problem}/analysis/", "/desk/{problem}/publish/", "/desk/{problem}/timeline/", "/desk/candidates/",
    "/desk/knowledge/", "/desk/knowledge/new/", "/desk/knowledge/{article}/", "/desk/knowledge/{article}/edit/",
    "/desk/knowledge/{article}/history/", "/desk/knowledge/in-vain/",
    "/desk/knowledge/comments/", "/desk/knowledge/measures/", "/desk/{change}/", "/desk/{change}/assess/", "/desk/{change}/window/",
    "/notifications/", "/profile/", "/profile/notifications/", "/profile/password/", "/profile/sessions/", "/profile/absences/",
    "/profile/tokens/", "/desk/INC-0/",
]  # fmt: skip
PORTAL = [
    "/portal/", "/portal/tickets/", "/portal/tickets/?state=closed", "/portal/find/?q=fire", "/portal/report/problem/",
    "/portal/{open}/", "/portal/{resolved}/", "/portal/{resolved}/reopen/", "/notifications/", "/profile/",
    "/portal/catalogue/", "/portal/catalogue/hardware/", "/portal/services/{service}/", "/portal/order/laptop/", "/portal/basket/",
    "/portal/{request}/", "/portal/{asking}/", "/approvals/", "/approvals/{approver}/", "/portal/costs/", "/profile/absences/",
    "/help/", "/help/{article}/?q=vpn", "/help/search/?q=vpn+conect", "/help/search/?q=nothing", "/help/shelf/{shelf}/", "/help/thanks/",
]  # fmt: skip
VISITOR = [
    "/login/",
    "/help/",
    "/help/{public}/",
    "/password/reset/",
    "/password/reset/sent/",
    "/welcome/x/",
    "{link}",
    "/approvals/link/x/",
]
PERSONS = {"agent": DESK, "customer": PORTAL, "visitor": VISITOR}


def requests_of(agent, customer):
    """A request at work, one that waits for the customer's approval, something in the basket, a cost centre with a budget."""
    centre = CostCentre.objects.create(code="4100", name="Art", owner=customer)
    Budget.objects.create(cost_centre=centre, month=timezone.localdate().replace(day=1), amount=1300)
    colleague = UserFactory(name="Carl", manager=customer, cost_centre=centre)
    approval = plan(("Line manager", "answer.model is ThinkPad", "any", ["manager"]))
    laptop = offer(
        form=[*LAPTOP_FORM, {"type": "section", "label": "Delivery"}, {"type": "file", "label": "Photo", "key": "photo"}],
        fulfilment=[{"key": "a", "title": "Prepare", "shown": "We prepare it"}, {"key": "b", "title": "Hand over", "shown": "You get it", "after": "a"}],
        approval_plan=approval.name, price_once="10", most=3,
    )  # fmt: skip
    request = order(laptop, customer, {"model": "MacBook", "reason": "Films"})
    asking = order(laptop, colleague, {"model": "ThinkPad"})
    basket.save(laptop, actor=customer, data=MultiValueDict({"answer-model": ["ThinkPad"]}), in_basket=True)
    basket.save(laptop, actor=customer, data=MultiValueDict())
    approver = Approver.objects.get()
    return {
        "request": request.number, "asking": asking.number, "task": Task.objects.get().number, "approver": approver.pk,
        "service": laptop.service_id, "link": re.sub(r"^https?://[^/]+", "", link_for(approver)),
    }  # fmt: skip


def changes_of(agent):
    """A change that waits for authorisation and a meeting about it, one that is over, a freeze."""
    chair = AgentFactory(role="change_manager")
    service = ServiceFactory(name="Shop", criticality=1, owner=agent)
    Freeze.objects.create(name="Year end", starts_at=at(20), ends_at=at(30))
    row = assessed(change(agent, service, title="Patch"), agent, risky=True)
    Freeze.objects.all().update(window=(at(60), at(70)))
    operations.transition(row, "ask_approval", actor=agent)
    over = begin(scheduled(agent, ServiceFactory(name="Wiki", criticality=4)), agent)
    change_operations.finish(over, actor=agent, outcome="with_issues", remark="Slow.")
    meeting = cab.plan(actor=chair, title="CAB", starts_at=at(1), ends_at=at(2), members=[agent])
    change(agent, service, title="A draft", begins=1)
    problem = raise_problem(actor=agent, title="Slow", service=service)
    ask_why(problem, actor=agent, text="No index")
    return {"change": row.number, "meeting": meeting.pk, "problem": problem.number}


def articles_of(agent, customer):
    """A shelf with an article in two versions, one that is public, a comment, a search in vain, a candidate."""
    shelf = Category.objects.create(name="Network")
    body = "## Steps\n\n1. Do **this**.\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```\ncode\n```"
    row = article(agent, category=shelf, body=body, summary="Four things", keywords="tunnel", tags=["vpn"])
    article(agent, language="de", title="Das VPN", translation_of=row)
    row = knowledge.edit(row, actor=agent, body=body.replace("this", "that"))
    knowledge.publish(row, actor=None)
    uses.feedback(row, user=customer, helped=False, comment="Which client?")
    uses.deflect(row, user=customer, where="report", words="vpn")
    public = article(agent, title="Open", audience="public")
    remember("bicycle", 0, "en")
    for n in range(6):
        make_incident(customer, title=f"Badge reader {n} rejects")
    make_incident(customer, title="Long ago", at=at(-24 * 58))
    candidates.find()
    learn()
    return {"article": row.number, "public": public.number, "shelf": shelf.pk}


# Colours do not depend on the width nor the order of things on the theme: two looks see both of each.
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
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
    places = {**requests_of(agent, customer), **changes_of(agent), **articles_of(agent, customer)}
    user = {"agent": agent, "customer": customer, "visitor": None}[who]
    page = visit(user, "/", width=width, scheme=scheme, bypass_csp=True)  # axe styles what it looks at
    axe = Axe()
    found = {}
    for template in PERSONS[who]:
        path = template.format(open=first.number, resolved=second.number, **places)
        page.goto(path)
        if template == "/desk/{open}/":
            page.locator("#beside-knowledge").wait_for()
        results = axe.run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        for violation in results.response["violations"]:
            nodes = [node["html"][:120] for node in violation["nodes"][:3]]
            found.setdefault(violation["id"], []).append((path, nodes))
    assert not found, "\n".join(f"{rule}: {places}" for rule, places in found.items())
