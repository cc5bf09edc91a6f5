"""What all tests share. Servers and databases: tests/servers.py."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.db.models.signals import post_migrate
from django.test import Client

from tests.examples import forget

# Examples that touch the database are too slow to shrink by the hundred: the first failure is shown as it is.
hypothesis.settings.register_profile(
    "servicedesk", deadline=None, suppress_health_check=list(hypothesis.HealthCheck), print_blob=True,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate],
)  # fmt: skip
hypothesis.settings.load_profile("servicedesk")

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

_database = settings.DATABASES["default"]
_database.setdefault("TEST", {})["TEMPLATE"] = os.environ.get("SERVICEDESK_TEST_TEMPLATE")
# Emptying tables between tests is the one erasure that the events' trigger has to allow.
_database["OPTIONS"]["options"] += " -c servicedesk.allow_erasure=on"
settings.CACHES["default"]["LOCATION"] = settings.REDIS_URL.replace("?db=0", f"?db={int(WORKER[2:]) + 1}")
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
settings.MEDIA_ROOT = Path(settings.MEDIA_ROOT) / WORKER
settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def _reference_data(**kwargs: Any) -> None:
    """Put back what a migration filled in, after a browser test has emptied the tables."""
    from importlib import import_module

    from changes.models import RiskLevel
    from problems.models import CauseCategory
    from servicedesk.sla.models import Configuration
    from servicedesk.tickets.models import PriorityRule

    if kwargs["sender"].label == "sla" and not Configuration.objects.exists():
        import_module("servicedesk.sla.migrations.0002_defaults").fill(apps, None)
        import_module("servicedesk.sla.migrations.0004_requests").fill(apps, None)
        import_module("servicedesk.sla.migrations.0006_changes").fill(apps, None)
    if kwargs["sender"].label == "changes" and not RiskLevel.objects.exists():
        import_module("changes.migrations.0002_defaults").fill(apps, None)
    if kwargs["sender"].label == "problems" and not CauseCategory.objects.exists():
        import_module("problems.migrations.0002_defaults").fill(apps, None)
    if kwargs["sender"].label == "tickets" and not PriorityRule.objects.exists():
        import_module("servicedesk.tickets.migrations.0002_defaults").fill(apps, None)


post_migrate.connect(_reference_data, dispatch_uid="reference data")


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest) -> Iterator[None]:
    forget()
    yield
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


@pytest.fixture
def agent(db: None) -> Any:
    from .factories import AgentFactory

    return AgentFactory()


@pytest.fixture
def customer(db: None) -> Any:
    from .factories import UserFactory

    return UserFactory()


@pytest.fixture
def admin(db: None) -> Any:
    from .factories import UserFactory

    return UserFactory(role="admin")


@pytest.fixture
def login() -> Callable[[Any], Client]:
    """A browserless client, logged in as somebody."""

    def as_user(user: Any) -> Client:
        client = Client()
        client.force_login(user, "servicedesk.people.auth.Backend")
        return client

    return as_user
