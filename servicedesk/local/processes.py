"""The processes of an installation, in one table.

`make run` gives them to supervisor; docker-compose.yml names the same ones, and
a test holds the two together.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: name -> command line without the interpreter's path. {host} and {port} are filled in.
APPLICATION: dict[str, list[str]] = {
    "web": [
        "granian", "--interface", "wsgi", "--host", "{host}", "--port", "{port}", "--workers", "{web_workers}",
        "--blocking-threads", "4", "--workers-kill-timeout", "10", "--no-ws", "--http", "1", "--respawn-failed-workers",
        "servicedesk.wsgi:application",
    ],
    "worker": ["celery", "--quiet", "-A", "servicedesk", "worker", "--queues", "default,bulk", "--hostname", "worker@%h",
               "--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
    "timers": ["celery", "--quiet", "-A", "servicedesk", "worker", "--queues", "timers", "--hostname", "timers@%h",
               "--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
    "beat": ["celery", "--quiet", "-A", "servicedesk", "beat", "--loglevel", "WARNING", "--schedule", "{var}/beat-schedule"],
}  # fmt: skip


def command(name: str, *, host: str, port: int, var: Path) -> list[str]:
    """One process's command line with absolute program path."""
    values = {"host": host, "port": str(port), "var": str(var), "web_workers": os.environ.get("WEB_WORKERS", "2")}
    program, *rest = (part.format(**values) if "{" in part else part for part in APPLICATION[name])
    return [str(Path(sys.executable).parent / program), *rest]
