"""Take over a company's past from ServiceNow's incident log."""

from __future__ import annotations

import lzma
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from incidents.servicenow import BadFile, Report, import_log, open_log


class Command(BaseCommand):
    help = "Imports ServiceNow's incident log (CSV, plain or .xz) as history. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            lines, raw = open_log(path)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from None
        size = path.stat().st_size
        with lines, tqdm(total=size, unit="B", unit_scale=True, disable=options["verbosity"] == 0) as bar:

            def progress(report: Report) -> None:
                bar.update(min(raw.tell(), size) - bar.n)
                bar.set_postfix(incidents=report.incidents, rows=report.rows, refresh=False)

            try:
                report = import_log(lines, progress=progress)
            except BadFile as error:
                raise CommandError(str(error)) from None
            except (lzma.LZMAError, EOFError) as error:
                raise CommandError(f"{path} is damaged: {error} What was read before is imported.") from None
            bar.update(size - bar.n)
        for line, reason in report.problems:
            self.stderr.write(f"line {line}: {reason}; left out")
        if report.skipped > len(report.problems):
            self.stderr.write(f"… and {report.skipped - len(report.problems)} more")
        self.stdout.write(
            f"{report.rows} rows, {report.incidents} incidents: {report.created} new, {report.extended} extended, "
            f"{report.events} rows recorded, {report.skipped} left out."
        )
