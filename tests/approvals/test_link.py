"""The link in the mail: shows first, decides by the button, works once; a scanner decides nothing."""

import re

import pytest
from django.core import mail
from django.test import Client

from servicedesk.approvals.links import link_for
from servicedesk.approvals.models import Approver
from servicedesk.tickets.models import Outbox
from servicedesk.tickets.outbox import dispatch_event
from tests.catalog.setups import LAPTOP_FORM, offer, order, plan
from tests.factories import UserFactory, fresh

pytestmark = pytest.mark.django_db


def deliver():
    for event in Outbox.objects.order_by("pk").values_list("pk", flat=True):
        dispatch_event(event)


@pytest.fixture
def asked():
    boss = UserFactory(name="Bea Boss")
    laptop = offer(form=LAPTOP_FORM, approval_plan=plan(("Manager", "", "any", ["manager"])).name)
    request = order(laptop, UserFactory(name="Carl Customer", manager=boss), {"model": "ThinkPad"})
    return request, Approver.objects.get()


def path_of(approver):
    return re.sub(r"^https?://[^/]+", "", link_for(approver))


def test_the_mail_has_the_request_and_a_link(asked):
    request, approver = asked
    mail.outbox.clear()
    deliver()
    to_boss = [m for m in mail.outbox if approver.user.email in m.to[0]]
    assert len(to_boss) == 1
    assert "Model: ThinkPad" in to_boss[0].body and link_for(approver) in to_boss[0].body and "1,200" in to_boss[0].body
    deliver()
    assert len([m for m in mail.outbox if approver.user.email in m.to[0]]) == 1


def test_opening_the_link_decides_nothing(asked):
    request, approver = asked
    scanner = Client()
    for _visit in range(3):
        page = scanner.get(path_of(approver))
        assert page.status_code == 200 and "ThinkPad" in page.content.decode()
        scanner.head(path_of(approver))
    assert fresh(request).status == "awaiting_approval"


def test_the_button_decides_and_the_link_is_used_up(asked):
    request, approver = asked
    path = path_of(approver)
    client = Client()
    assert client.post(path, {"verdict": "reject"}).status_code == 422  # no reason given
    assert client.post(path, {"verdict": "nonsense"}).status_code == 422
    assert fresh(request).status == "awaiting_approval"
    assert client.post(path, {"verdict": "approve", "comment": "Yes"}, follow=True).status_code == 200
    assert fresh(request).status == "in_fulfilment"
    assert Approver.objects.get().via == "mail"
    again = client.post(path, {"verdict": "reject", "comment": "No"})
    assert again.status_code == 422 and "used already" in again.content.decode()
    assert "You have approved this" in client.get(path).content.decode()
    assert fresh(request).status == "in_fulfilment"


def test_a_forged_or_broken_link_leads_nowhere(asked):
    path = path_of(asked[1])
    client = Client()
    for token in ("x", path.split("/")[-2][:-3], path.split("/")[-2] + "x", "a:b:c", "x" * 290):
        assert client.get(f"/approvals/link/{token}/").status_code == 410
        assert client.post(f"/approvals/link/{token}/", {"verdict": "approve"}).status_code == 410
    assert client.get(f"/approvals/link/{'x' * 400}/").status_code == 404


def test_the_link_of_somebody_who_left_is_refused(asked):
    request, approver = asked
    approver.user.is_active = False
    approver.user.save()
    answer = Client().post(path_of(approver), {"verdict": "approve"})
    assert answer.status_code == 410 and "not active any more" in answer.content.decode()
    assert fresh(request).status == "awaiting_approval"


def test_csrf_is_checked(asked):
    request, approver = asked
    assert Client(enforce_csrf_checks=True).post(path_of(approver), {"verdict": "approve"}).status_code == 403
    assert fresh(request).status == "awaiting_approval"
