#!/usr/bin/env python
"""Django's command line, with the embedded servers started for as long as the command lasts."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")
    from django.core.management import execute_from_command_line

    # These start, or do without, the servers themselves.
    if len(sys.argv) < 2 or sys.argv[1] in {"run", "help", "--help", "--version", "version", "makemessages"}:
        execute_from_command_line(sys.argv)
        return
    from servicedesk.local.servers import EmbeddedServerError, servers

    try:
        with servers():
            execute_from_command_line(sys.argv)
    except EmbeddedServerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
