"""/health/live and /health/ready say which part is not well."""

import time

import pytest
from django.core.cache import cache
from django.db import DatabaseError

from servicedesk.tasks import heartbeat

pytestmark = pytest.mark.django_db


def test_live_needs_nothing(client):
    assert client.get("/health/live").json() == {"status": "ok"}


def test_ready_needs_every_part(client, monkeypatch):
    sent = []
    monkeypatch.setattr("servicedesk.health.heartbeat.apply_async", lambda *a, **k: sent.append(a))
    response = client.get("/health/ready")
    assert response.status_code == 503 and response.json()["parts"]["worker timers"] == "has not answered yet"
    assert len(sent) == 2
    heartbeat("default")
    heartbeat("timers")
    assert client.get("/health/ready").status_code == 200
    cache.set("heartbeat:timers", time.time() - 60, 300)
    assert client.get("/health/ready").json()["parts"]["worker timers"].startswith("silent for 60")


def test_a_database_or_redis_that_is_away_is_said(client, monkeypatch, settings):
    def away(*args, **kwargs):
        raise DatabaseError("gone")

    monkeypatch.setattr("servicedesk.health.connection.cursor", away)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["parts"]["database"] == response.json()["parts"]["redis"] == "does not answer"
