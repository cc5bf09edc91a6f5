"""Settings from the environment, with safe defaults."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from servicedesk.local.paths import SOCKET_DIR_LIMIT, Places, places, reachable

ROOT = Path(__file__).resolve().parents[2]


def ask(expression, tmp_path, **environment):
    """What the settings say with another environment."""
    code = f"from servicedesk import settings; print({expression})"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SERVICEDESK", "DATABASE", "REDIS"))}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=False,
        env={**clean, "SERVICEDESK_VAR": str(tmp_path / "var"), **environment},
    )  # fmt: skip


def test_a_production_start_refuses_a_missing_secret_key(tmp_path):
    answer = ask("1", tmp_path, DATABASE_URL="postgres://desk:hush@db/desk", REDIS_URL="redis://redis/0")
    assert answer.returncode != 0 and "Set SECRET_KEY" in answer.stderr
    assert "hush" not in answer.stderr


def test_the_embedded_installation_makes_a_key_and_keeps_it(tmp_path):
    first, second = (ask("settings.SECRET_KEY", tmp_path).stdout for _ in range(2))
    assert first == second and len(first) > 50
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o077 == 0


def test_debug_and_demo_are_off_in_production(tmp_path):
    production = {"DATABASE_URL": "postgres://db/desk", "REDIS_URL": "redis://redis/0", "SECRET_KEY": "x" * 50}
    assert ask("settings.DEBUG, settings.DEMO", tmp_path, **production).stdout == "False False\n"
    secure = ask(
        "settings.SESSION_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS > 0, settings.ALLOWED_HOSTS",
        tmp_path, **production, SITE_URL="https://desk.example.org",
    ).stdout  # fmt: skip
    assert secure.startswith("True True") and "desk.example.org" in secure


def test_a_deep_folder_gets_short_sockets(tmp_path):
    deep = places(tmp_path / ("x" * 120) / "var")
    assert isinstance(deep, Places) and len(str(deep.sockets)) <= SOCKET_DIR_LIMIT


def test_reachable_looks_at_every_folder_on_the_way(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    other = os.getuid() + 12345
    assert reachable(Path("/usr/bin"), other, other)
    assert not reachable(closed / "var", other, other)


@pytest.mark.parametrize("port", ["0", "99999", "x"])
def test_a_wrong_port_is_refused_with_a_sentence(tmp_path, port):
    answer = subprocess.run(
        [sys.executable, "manage.py", "run"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PORT": port, "SERVICEDESK_VAR": str(tmp_path / "var")},
    )  # fmt: skip
    assert answer.returncode != 0 and "PORT must" in answer.stderr
