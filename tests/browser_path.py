"""Sees to it that there is a Chromium, and the calendar calcurse: `make test` calls this. Debian's, because Playwright's own cannot be fetched everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The browser's program: CHROMIUM, or the first known one on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def main() -> None:
    missing = [
        package for package, there in (("chromium", find()), ("calcurse", shutil.which("calcurse"))) if not there
    ]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {' and '.join(missing)} …", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *missing]):
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    if not find():
        sys.exit(
            "The browser tests need Chromium: install your system's package chromium, or set CHROMIUM to its program."
        )
    if not shutil.which("calcurse"):
        sys.exit("The tests of calendar feeds need calcurse: install your system's package calcurse.")


if __name__ == "__main__":
    main()
