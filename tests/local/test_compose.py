"""docker-compose.yml, Dockerfile and the settings are kept in step."""

import re
from pathlib import Path

import yaml

from servicedesk.local.processes import APPLICATION

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SETTINGS = (ROOT / "servicedesk" / "settings.py").read_text()
VALUES = {"host": "0.0.0.0", "port": "8000", "web_workers": "2", "var": "/var/lib/servicedesk"}  # noqa: S104


def known_variables():
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', SETTINGS))
    return read | {"SERVICEDESK_VAR", "PORT"}


def test_the_same_processes_with_the_same_words():
    for name, words in APPLICATION.items():
        expected = [word.format(**VALUES) if "{" in word else word for word in words]
        assert COMPOSE["services"][name]["command"] == expected, name
    assert set(COMPOSE["services"]) == {"postgres", "redis", "migrate", *APPLICATION}


def test_every_service_has_a_health_check_and_the_database_knows_vectors():
    for name, service in COMPOSE["services"].items():
        assert name == "migrate" or "healthcheck" in service, name
    assert "pgvector" in COMPOSE["services"]["postgres"]["image"]


def test_every_variable_is_one_that_the_settings_read():
    example = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    given = set(example) | set(COMPOSE["services"]["web"]["environment"]) - {"POSTGRES_PASSWORD"}
    assert given - {"POSTGRES_PASSWORD"} <= known_variables()
    dockerfile = (ROOT / "Dockerfile").read_text()
    named = set(re.findall(r"\b([A-Z][A-Z_]+)=", dockerfile)) - {"PATH", "PYTHONUNBUFFERED"}
    assert named <= known_variables()


def test_every_variable_of_the_settings_is_documented():
    text = (ROOT / "docs" / "operations.md").read_text()
    internal = {"SERVICEDESK_TEST_DATABASE"}
    assert not {name for name in known_variables() - internal if f"`{name}`" not in text}


def test_the_image_runs_as_an_ordinary_user():
    assert re.search(r"^USER servicedesk$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
