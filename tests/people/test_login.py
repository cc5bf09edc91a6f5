"""Coming in: by e-mail and password, throttled, with reset and a list of sessions."""

import re

import pytest
from django.core import mail
from django.test import Client

from servicedesk.people.models import User, UserSession
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def attempt(client, email, password, **extra):
    return client.post("/login/", {"username": email, "password": password}, **extra)


def test_the_address_is_read_without_regard_to_case(customer):
    client = Client()
    response = attempt(client, customer.email.upper(), PASSWORD)
    assert response.status_code == 302 and response["Location"] == "/"
    assert client.get("/").headers["Location"] == "/portal/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(customer):
    texts = {
        re.sub(r'value="[^"]*"|csrf\S*|"X-CSRFToken[^}]*', "", attempt(Client(), email, "wrong").content.decode())
        for email in (customer.email, "nobody@example.org")
    }
    assert len(texts) == 1 and "do not belong together" in texts.pop()


def test_too_many_attempts_lock_the_address_for_a_while(customer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(3):
        attempt(Client(), customer.email, "wrong")
    response = attempt(Client(), customer.email, PASSWORD)
    assert response.status_code == 429 and b"Too many attempts" in response.content
    assert attempt(Client(), UserFactory().email, PASSWORD).status_code == 302


def test_inactive_people_stay_out_and_are_put_out(customer, login):
    client = login(customer)
    customer.is_active = False
    customer.save()
    assert client.get("/portal/").status_code == 302
    assert attempt(Client(), customer.email, PASSWORD).status_code == 200


def test_a_forgotten_password_is_set_anew_by_mail_and_ends_all_sessions(customer, login):
    old = login(customer)
    client = Client()
    assert client.post("/password/reset/", {"email": customer.email}).status_code == 302
    assert client.post("/password/reset/", {"email": "nobody@example.org"}).status_code == 302
    link = re.search(r"http://\S+", mail.outbox[0].body).group()
    assert len(mail.outbox) == 1
    page = client.get(link.replace("http://testserver", ""), follow=True)
    weak = client.post(page.request["PATH_INFO"], {"new_password1": "123", "new_password2": "123"})
    assert b"too short" in weak.content
    new = "a much better password"
    client.post(page.request["PATH_INFO"], {"new_password1": new, "new_password2": new})
    assert attempt(Client(), customer.email, new).status_code == 302
    assert old.get("/portal/").status_code == 302


def test_sessions_are_listed_and_ended_everywhere_else(customer):
    here, there = Client(HTTP_USER_AGENT="Here"), Client(HTTP_USER_AGENT="<b>There</b>")
    for client in (here, there):
        attempt(client, customer.email, PASSWORD)
    page = here.get("/profile/sessions/").content.decode()
    assert "Here" in page and "&lt;b&gt;There" in page
    here.post("/profile/sessions/end/")
    assert here.get("/portal/").status_code == 200
    assert there.get("/portal/").status_code == 302
    assert UserSession.objects.filter(user=customer).count() == 1


def test_a_changed_password_ends_the_other_sessions(customer):
    here, there = Client(), Client()
    for client in (here, there):
        attempt(client, customer.email, PASSWORD)
    new = "a much better password"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/profile/password/", {**fields, "old_password": "wrong"}).status_code == 422
    assert here.post("/profile/password/", fields).status_code == 302
    assert here.get("/portal/").status_code == 200
    assert there.get("/portal/").status_code == 302


def test_the_login_leads_back_but_never_elsewhere(customer):
    for target, expected in (("/portal/tickets/", "/portal/tickets/"), ("https://evil.example/", "/")):
        response = Client().post("/login/", {"username": customer.email, "password": PASSWORD, "next": target})
        assert response["Location"] == expected


def test_one_address_is_one_person():
    UserFactory(email="Some.One@example.org")
    assert User.objects.get_by_natural_key("some.one@EXAMPLE.org")
