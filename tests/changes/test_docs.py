"""The pipeline's script in the docs runs as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from changes.models import Change
from servicedesk.people.models import ApiToken
from tests.factories import AgentFactory, ServiceFactory

from .setups import model

DOCS = Path(__file__).resolve().parents[2] / "docs" / "changes.md"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the script needs curl and jq")
@pytest.mark.parametrize(("works", "outcome"), [(True, "successful"), (False, "failed")])
def test_the_script(live_server, transactional_db, tmp_path, works, outcome):
    model("Deploy the intranet", service=ServiceFactory(name="Intranet"))
    token = ApiToken.issue(AgentFactory(), name="Pipeline")[1]
    script = re.search(r"```sh\n(.*?)```", DOCS.read_text(), re.S)[1]
    (tmp_path / "gate.sh").write_text(script)
    (tmp_path / "deploy.sh").write_text("#!/bin/sh\nexit " + ("0" if works else "1"))
    (tmp_path / "deploy.sh").chmod(0o755)
    environment = {
        **os.environ, "DESK": live_server.url, "DESK_TOKEN": token, "VERSION": "1.2", "COMMIT": "abc", "RUN": "run-7",
        "RUN_URL": "https://ci.example.org/7",
    }  # fmt: skip
    ran = subprocess.run(["sh", "gate.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == (0 if works else 1), ran.stdout + ran.stderr
    assert Change.objects.get().outcome == outcome
