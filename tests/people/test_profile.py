"""What people say of themselves: name, language, zone, theme, tokens."""

import pytest

from servicedesk.people.models import ApiToken

pytestmark = pytest.mark.django_db
GOOD = {"name": "Zoë", "phone": "", "language": "de", "time_zone": "Asia/Kathmandu", "theme": "dark"}


def test_the_profile_is_kept_and_followed(agent, login):
    client = login(agent)
    assert client.post("/profile/", GOOD).status_code == 302
    page = client.get("/profile/").content.decode()
    assert 'lang="de"' in page and 'data-theme="dark"' in page and "Zoë" in page


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 121}, {"language": "tlh"}, {"time_zone": "Mars/Base"}, {"theme": "pink"},
     {"name": "\u202e"}, {"phone": "1" * 41}],
)  # fmt: skip
def test_bad_values_get_an_error_beside_the_field_and_change_nothing(agent, login, wrong):
    response = login(agent).post("/profile/", {**GOOD, **wrong})
    assert response.status_code == 422 and b"errors" in response.content
    agent.refresh_from_db()
    assert agent.name != "Zoë" and agent.language == "en"


def test_role_and_address_cannot_be_forged(customer, login):
    login(customer).post("/profile/", {**GOOD, "role": "admin", "email": "boss@example.org", "is_active": ""})
    before = customer.email
    customer.refresh_from_db()
    assert (customer.role, customer.email, customer.is_active) == ("customer", before, True)


def test_a_token_is_shown_once_kept_as_a_hash_and_revocable(agent, login):
    client = login(agent)
    page = client.post("/profile/tokens/", {"name": "monitoring"}).content.decode()
    key = page.split('<code class="key">')[1].split("<")[0]
    token = ApiToken.objects.get()
    assert key not in (token.hash, token.hint) and ApiToken.find(key) == token
    assert key not in client.get("/profile/tokens/").content.decode()
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {key}"}
    from django.test import Client

    assert Client().get("/api/v1/incidents/", **bearer).status_code == 200
    client.post(f"/profile/tokens/{token.pk}/revoke/")
    assert Client().get("/api/v1/incidents/", **bearer).status_code == 401


def test_nobody_revokes_somebody_elses_token(agent, customer, login):
    token, _key = ApiToken.issue(agent, "mine")
    assert login(customer).post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
