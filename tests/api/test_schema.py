"""The OpenAPI document: complete, valid, and shown."""

import json

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_the_schema_is_openapi_3_1_without_warnings(tmp_path):
    path = tmp_path / "schema.json"
    call_command("spectacular", "--file", str(path), "--format", "openapi-json", "--fail-on-warn", "--validate")
    schema = json.loads(path.read_text())
    assert schema["openapi"].startswith("3.1")
    post = schema["paths"]["/api/v1/incidents/"]["post"]
    assert "application/problem+json" in post["responses"]["422"]["content"]
    assert {"token", "session"} == set(schema["components"]["securitySchemes"])


def test_the_schema_and_its_page_are_served(agent, login):
    client = login(agent)
    assert client.get("/api/v1/schema/").status_code == 200
    assert b"swagger" in client.get("/api/v1/docs/").content
