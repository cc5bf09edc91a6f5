"""`make api-check`: schemathesis against a running copy. It must find no server error and no answer that breaks the schema.

schemathesis imports PyPI's `requests`, which our app folder of that name would hide: it gets an environment and a
working folder of its own (var/api-check).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHERE = ROOT / "var" / "api-check"
PORT = os.environ.get("PORT", "8766")
EXAMPLES = os.environ.get("EXAMPLES", "30")
VERSION = "4.*"


def main() -> int:
    sys.path.insert(0, str(ROOT))
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        os.environ.pop(name, None)
    shutil.rmtree(WHERE / "desk", ignore_errors=True)
    os.environ |= {
        "SERVICEDESK_VAR": str(WHERE / "desk"), "DJANGO_SETTINGS_MODULE": "servicedesk.settings", "PORT": PORT,
        "API_RATE": "1000000/min", "REQUEST_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    tool = WHERE / "venv" / "bin" / "schemathesis"
    if not tool.exists():
        uv = ROOT / ".venv" / "bin" / "uv"
        subprocess.run(
            [uv, "venv", "--quiet", "--no-python-downloads", "--python", sys.executable, WHERE / "venv"], check=True
        )
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", WHERE / "venv", f"schemathesis=={VERSION}"], check=True
        )

    from servicedesk.local.servers import servers

    with servers():
        import django

        django.setup()
        from django.core.management import call_command

        from servicedesk.people.models import ApiToken, User

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("demo", "--tickets", "60")
        _token, key = ApiToken.issue(User.objects.get(email="agent@northwind.example"), "schemathesis")
        log = (WHERE / "web.log").open("wb")
        web = subprocess.Popen(
            [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--port", PORT, "--no-ws", "--http", "1",
             "--blocking-threads", "4", "servicedesk.wsgi:application"],
            cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{PORT}"
            for _ in range(100):
                time.sleep(0.1)
                try:
                    urllib.request.urlopen(f"{address}/health/live", timeout=2)
                    break
                except OSError:
                    continue
            return subprocess.run(
                [tool, "run", f"{address}/api/v1/schema/", "--header", f"Authorization: Bearer {key}",
                 "--max-examples", EXAMPLES, "--checks", "not_a_server_error,status_code_conformance,"
                 "content_type_conformance,response_headers_conformance,response_schema_conformance",
                 "--workers", "1"],
                cwd=WHERE, check=False,
            ).returncode  # fmt: skip
        finally:
            web.terminate()
            web.wait()


if __name__ == "__main__":
    sys.exit(main())
