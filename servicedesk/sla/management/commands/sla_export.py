"""Write every clock as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from servicedesk.sla.models import Agreement
from servicedesk.sla.replaying import export


class Command(BaseCommand):
    help = "Exports service level clocks as CSV: one row for each cycle of an agreement on a ticket."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="where to; the standard output by default")
        parser.add_argument("--agreement", default="", help="of this agreement only")

    def handle(self, *args: Any, **options: Any) -> None:
        name, path = options["agreement"], options["file"]
        if name and not Agreement.objects.filter(name=name).exists():
            known = ", ".join(Agreement.objects.values_list("name", flat=True))
            raise CommandError(f"There is no agreement “{name}”; there is: {known}.")
        if path is None:
            out: Any = self.stdout
            export(out, agreement=name)
            return
        try:
            with path.open("w", encoding="utf-8", newline="") as out:
                count = export(out, agreement=name)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}") from None
        self.stderr.write(f"{count} clocks written to {path}.")
