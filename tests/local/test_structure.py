"""Rules about the code itself."""

import importlib.metadata
import re
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]


def test_no_installed_distribution_is_called_requests():
    """The app folder `requests/` hides a library of that name (docs/architecture.md)."""
    assert "requests" not in {(dist.name or "").lower() for dist in importlib.metadata.distributions()}


def test_templates_have_no_inline_script_style_or_handler():
    for path in (ROOT / "templates").rglob("*.html"):
        if path.name == "mail.html" and path.parent.name == "notify":
            continue
        text = path.read_text()
        assert not re.search(r"<script>|<style|\sstyle=\"|\son[a-z]+=\"", text), path


def test_every_icon_that_is_named_exists():
    sprite = set(re.findall(r'symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text()))
    used = set()
    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "servicedesk").rglob("*.py")]:
        used |= set(re.findall(r'(?:\{% icon |icon\(|View\("\w+", _\("[^"]+"\), )"([a-z0-9-]+)"', path.read_text()))
    assert used and used <= sprite, used - sprite


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
