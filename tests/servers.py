"""A pytest plugin, loaded before Django's settings: real PostgreSQL and Redis of the tests' own, for all workers.

The controller starts them without fsync under var/test and makes one migrated
template database, from which each worker's is copied.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_stack = contextlib.ExitStack()

# Nothing of the caller's installation is touched.
for name in (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "EMAIL_URL",
    "SITE_URL",
    "SERVICEDESK_DEBUG",
    "SERVICEDESK_DEMO",
):
    os.environ.pop(name, None)
os.environ["SERVICEDESK_VAR"] = str(ROOT / "var" / "test")
os.environ["REQUEST_LOG_LEVEL"] = "ERROR"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's loop runs in the tests' thread


def _template_name() -> str:
    mark = hashlib.sha256()
    for path in sorted(ROOT.glob("**/migrations/*.py")):
        if ".venv" not in path.parts:
            mark.update(path.read_bytes())
    return f"template_{mark.hexdigest()[:16]}"


def _make_template(name: str) -> None:
    import psycopg

    from servicedesk.local.paths import places

    def connect(database: str) -> psycopg.Connection:
        return psycopg.connect(f"host={places().sockets} user=servicedesk dbname={database}", autocommit=True)

    with connect("postgres") as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'").fetchall()
        if (name,) in rows:
            return
        for (old,) in rows:
            connection.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}_new"')
    environment = {**os.environ, "SERVICEDESK_TEST_DATABASE": f"{name}_new"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True, env=environment)
    with connect("postgres") as connection:
        connection.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')


def pytest_load_initial_conftests() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ or any(
        flag in sys.argv for flag in ("--help", "--version", "--collect-only")
    ):
        return
    from servicedesk.local.servers import servers

    _stack.enter_context(servers(fsync=False))
    os.environ["SERVICEDESK_TEST_TEMPLATE"] = _template_name()
    _make_template(os.environ["SERVICEDESK_TEST_TEMPLATE"])


pytest_load_initial_conftests = pytest.hookimpl(tryfirst=True)(pytest_load_initial_conftests)


def pytest_unconfigure() -> None:
    _stack.close()
