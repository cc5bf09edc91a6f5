"""Rebuild clocks from the tickets' events, or see whether they are what the events say."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from servicedesk.sla.replaying import replay_tickets
from servicedesk.tickets.models import Ticket


class Command(BaseCommand):
    help = "Rebuilds service level clocks from events. Clocks that are missing are made; nothing fires for their past."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", nargs="*", help="ticket numbers, or external references")
        parser.add_argument("--all", action="store_true", help="every ticket")
        parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 where clocks differ")
        parser.add_argument("--finished", action="store_true", help="rewrite clocks that have stopped as well")

    def handle(self, *args: Any, **options: Any) -> None:
        numbers, everything = options["number"], options["all"]
        if bool(numbers) == everything:
            raise CommandError("Give ticket numbers, or --all.")
        tickets = Ticket.objects.all()
        if numbers:
            wanted = [number.upper() for number in numbers]
            tickets = tickets.filter(number__in=wanted) | tickets.filter(external_ref__in=[*numbers, *wanted])
            if not tickets.exists():
                raise CommandError(f"There is no ticket {', '.join(numbers)}.")
        count = 0
        total = tickets.count()
        with tqdm(total=total, unit=" tickets", disable=options["verbosity"] == 0 or total < 100) as bar:
            for difference in replay_tickets(
                tickets, check=options["check"], finished=options["finished"] or bool(numbers), progress=bar.update
            ):
                count += 1
                if count <= 200:
                    self.stdout.write(
                        f"{difference.number} {difference.agreement} cycle {difference.cycle}: {difference.field} "
                        f"{difference.kept} → {difference.replayed}"
                    )
        if count > 200:
            self.stdout.write(f"… and {count - 200} more")
        if options["check"] and count:
            raise CommandError(f"{count} differences in {total} tickets.")
        self.stdout.write(f"{total} tickets, {count} differences{'' if options['check'] else ' put right'}.")
