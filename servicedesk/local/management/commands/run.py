"""Start the whole desk on this machine."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from servicedesk.local.run import Desk


class Command(BaseCommand):
    help = "Starts database, Redis, web, workers and beat, and keeps them running until Ctrl+C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", default=os.environ.get("PORT", "8000"), help="default: PORT, or 8000")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            port = int(options["port"])
        except ValueError:
            raise CommandError(f"PORT must be a number, not {options['port']!r}.") from None
        if not 0 < port < 65536:
            raise CommandError(f"PORT must lie between 1 and 65535, not {port}.")
        sys.exit(Desk(host=options["host"], port=port, demo=settings.DEMO).run())
