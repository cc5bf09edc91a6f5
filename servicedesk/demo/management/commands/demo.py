"""Load the demo, or say who can log in."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from servicedesk.demo.load import PASSWORD, TICKETS, load, people
from servicedesk.people.models import User


class Command(BaseCommand):
    help = "Loads a believable organisation into an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-new", action="store_true", help="do nothing when there are people already")
        parser.add_argument("--people", action="store_true", help="only say who can log in")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--tickets", type=int, default=TICKETS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["people"]:
            rows = people()
            if rows:
                self.stdout.write(f"Log in with the password “{PASSWORD}” as")
            for row in rows:
                self.stdout.write(f"  {row['email']:<28} {row['name']}, {row['what']}")
            return
        if User.objects.exists():
            if options["if_new"]:
                return
            raise CommandError("There are people in this database already; the demo goes into an empty one.")
        if not 10 <= options["tickets"] <= 100_000:
            raise CommandError("--tickets takes a number from 10 to 100000.")
        began = time.monotonic()
        count = load(seed=options["seed"], tickets=options["tickets"])
        self.stdout.write(f"Demo loaded: {count} tickets in {time.monotonic() - began:.0f} s.")
