"""Getting an account: by invitation, or with an address at an allowed domain."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from servicedesk.people.accounts import invite
from servicedesk.people.models import Invitation, User
from tests.factories import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db
GOOD = {"name": "Ana Popescu", "password": "a much better password"}


def link():
    return re.search(r"http://[^/]+(/\S+)", mail.outbox[-1].body).group(1)


def test_an_invitation_is_good_once():
    organisation = OrganisationFactory()
    invite(Invitation(email="New@Example.org", organisation=organisation, role="customer"))
    path = link()
    assert Client().post(path, {**GOOD, "password": "short"}).status_code == 422
    client = Client()
    assert client.post(path, GOOD).status_code == 302
    user = User.objects.get(email="new@example.org")
    assert (user.organisation, user.role, user.name) == (organisation, "customer", "Ana Popescu")
    assert client.get("/portal/").status_code == 200
    assert Client().get(path).status_code == 410
    assert Client().post(path, GOOD).status_code == 410


def test_an_old_invitation_is_refused():
    invite(Invitation(email="new@example.org", expires_at=timezone.now()))
    assert Client().get(link()).status_code == 410


def test_signing_up_needs_an_address_at_an_allowed_domain():
    OrganisationFactory(domains=["open.example"], allow_sign_up=True)
    OrganisationFactory(domains=["closed.example"])
    client = Client()
    for email in ("a@closed.example", "b@elsewhere.example", "c@open.example.evil.example"):
        assert b"on its way" in client.post("/sign-up/", {"email": email}).content
    assert not mail.outbox
    client.post("/sign-up/", {"email": "d@OPEN.example"})
    assert mail.outbox[0].to == ["d@open.example"] and mail.outbox[0].extra_headers["Auto-Submitted"]
    client.post(link(), GOOD)
    assert User.objects.get(email="d@open.example").organisation.domains == ["open.example"]


def test_signing_up_does_not_say_who_has_an_account():
    OrganisationFactory(domains=["open.example"], allow_sign_up=True)
    UserFactory(email="known@open.example")
    answers = {
        Client().post("/sign-up/", {"email": email}).content.decode().replace(email, "").split("<main")[1]
        for email in ("known@open.example", "unknown@open.example")
    }
    assert len(answers) == 1
    assert "already have" in mail.outbox[0].subject


def test_without_an_allowed_domain_there_is_no_sign_up():
    assert Client().get("/sign-up/").status_code == 404


def test_the_role_of_an_invitation_cannot_be_forged():
    invite(Invitation(email="new@example.org", role="customer"))
    Client().post(link(), {**GOOD, "role": "admin", "email": "boss@example.org", "organisation": 1})
    assert User.objects.get(email="new@example.org").role == "customer"
