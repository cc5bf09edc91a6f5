"""`manage.py run`: everything on one machine, kept alive by supervisor."""

from __future__ import annotations

import hashlib
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import types
import xmlrpc.client
from pathlib import Path
from typing import Any

from .paths import BASE_DIR, Places, places, server_user
from .processes import APPLICATION, command
from .servers import (
    EmbeddedServerError,
    needs_embedded,
    postgres_command,
    prepare,
    redis_command,
    starting,
    wait_for_commands,
    wait_ready,
)


class _SocketTransport(xmlrpc.client.Transport):
    """XML-RPC over supervisor's unix socket."""

    def __init__(self, path: Path):
        super().__init__()
        self.path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        path = self.path

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self.sock.settimeout(120)
                self.sock.connect(str(path))

        return Connection("localhost")


def _quote(parts: list[str]) -> str:
    # supervisor expands %(name)s in its file, so a plain % is doubled.
    return shlex.join(parts).replace("%", "%%")


def supervisor_config(where: Places, *, host: str, port: int, control: Path) -> str:
    """The text of supervisord.conf: embedded servers first, our processes when told."""
    postgres, redis = needs_embedded()
    log = where.var / "log"
    lines = [
        "[unix_http_server]", f"file={control}", "chmod=0700",
        "[supervisord]", "nodaemon=true", f"logfile={log}/supervisor.log", f"pidfile={where.var}/supervisord.pid",
        "loglevel=info", "silent=true",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
    ]  # fmt: skip

    def program(name: str, words: list[str], *, auto: bool, priority: int, stop: str, **more: str) -> None:
        lines.extend(
            [
                f"[program:{name}]", f"command={_quote(words)}", f"autostart={str(auto).lower()}", "autorestart=true",
                "startsecs=1", "startretries=20", f"priority={priority}", f"stopsignal={stop}", "stopwaitsecs=25",
                "killasgroup=true", "redirect_stderr=true", f"stdout_logfile={log}/{name}.log",
                "stdout_logfile_maxbytes=20MB", "stdout_logfile_backups=2",
                *(f"{key}={value}" for key, value in more.items()),
            ]
        )  # fmt: skip

    user = server_user()
    drop = {"directory": "/", **({"user": user} if user else {})}
    if postgres:
        program("postgres", postgres_command(where), auto=True, priority=1, stop="INT", **drop)
    if redis:
        program("redis", redis_command(where), auto=True, priority=1, stop="TERM", **drop)
    for rank, name in enumerate(APPLICATION):
        words = command(name, host=host, port=port, var=where.var)
        program(
            name, words, auto=False, priority=100 + rank, stop="TERM",
            directory=str(BASE_DIR), stopasgroup="true" if name == "web" else "false",
        )  # fmt: skip
    return "\n".join(lines) + "\n"


def _manage(*words: str, quiet: bool = False) -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=BASE_DIR, check=False, capture_output=quiet, text=True
    )
    if result.returncode:
        raise EmbeddedServerError(f"`manage.py {words[0]}` failed." + (f"\n{result.stderr}" if quiet else ""))


def _get(host: str, port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "127.0.0.1"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


class Desk:
    """One run of the whole desk: start, watch, stop."""

    def __init__(self, *, host: str, port: int, demo: bool):
        self.host, self.port, self.demo = host, port, demo
        self.where = places()
        self.control = self.where.var / "supervisor.sock"
        if len(str(self.control)) > 100:
            self.control = Path(f"/tmp/servicedesk-{os.getpid()}.sock")
        self.process: subprocess.Popen[bytes] | None = None
        self.stopping = False
        self.rpc = xmlrpc.client.ServerProxy("http://localhost", transport=_SocketTransport(self.control))

    def say(self, text: str) -> None:
        print(text, flush=True)

    def stop(self, signum: int = 0, frame: types.FrameType | None = None) -> None:
        """Ask supervisor to stop everything; a second call changes nothing."""
        if not self.stopping:
            self.stopping = True
            if self.process and self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)

    def run(self) -> int:
        """Start everything, say who can log in, and stay until told to stop. Returns an exit code."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                self.say(f"Port {self.port} cannot be used ({error.strerror}). Set PORT to another one.")
                return 1
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        try:
            self._start()
            self._watch()
        except EmbeddedServerError as error:
            if not self.stopping:
                self.say(f"The desk could not start: {error}")
            return 0 if self.stopping else 1
        finally:
            self.stop()
            if self.process:
                self.process.wait()
            self.say("Stopped.")
        return 0

    def _start(self) -> None:
        began = time.monotonic()
        with starting(self.where):
            self._start_servers()
        self.say("Preparing the database …")
        _manage("migrate", "--verbosity", "0")
        self._collect_static()
        if self.demo:
            _manage("demo", "--if-new")
        self.say("Starting " + ", ".join(APPLICATION) + " …")
        self._wait_rpc()
        for name in APPLICATION:
            self.rpc.supervisor.startProcess(name, False)
        self._wait_healthy(90)
        self.say(f"\nServicedesk runs on http://{self.host}:{self.port}  ({time.monotonic() - began:.0f} s)\n")
        if self.demo:
            _manage("demo", "--people")
        self.say(f"Logs: {self.where.var / 'log'}. Ctrl+C stops everything.")

    def _start_servers(self) -> None:
        """Start supervisor with the embedded servers; a command that has started them may finish first."""
        wait_for_commands(self.where)
        prepare(self.where)
        (self.where.var / "log").mkdir(parents=True, exist_ok=True)
        if self.where.servers.parent != self.where.var:
            self.say(f"Server files are in {self.where.servers}, which the account {server_user()} can reach.")
        config = self.where.var / "supervisord.conf"
        config.write_text(supervisor_config(self.where, host=self.host, port=self.port, control=self.control))
        self.process = subprocess.Popen(
            [str(Path(sys.executable).parent / "supervisord"), "-c", str(config)],
            cwd=BASE_DIR,
            start_new_session=True,  # Ctrl+C reaches us alone; we stop the rest in order
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        postgres, redis = needs_embedded()
        if postgres or redis:
            self.say("Starting " + " and ".join(["PostgreSQL"] * postgres + ["Redis"] * redis) + " …")
            wait_ready(self.where, postgres=postgres, redis=redis)

    def _collect_static(self) -> None:
        """Collect and compress the static files, unless they are the ones of the start before."""
        mark = hashlib.sha256((BASE_DIR / "uv.lock").read_bytes())
        for path in sorted((BASE_DIR / "static").rglob("*")):
            if path.is_file():
                mark.update(str(path).encode() + path.read_bytes())
        stamp = self.where.var / "static" / ".collected"
        if stamp.exists() and stamp.read_text() == mark.hexdigest():
            return
        _manage("collectstatic", "--noinput", "--clear", "--verbosity", "0", quiet=True)
        stamp.write_text(mark.hexdigest())

    def _wait_rpc(self) -> None:
        for _ in range(200):
            if self.stopping:
                raise EmbeddedServerError("stopped")
            try:
                self.rpc.supervisor.getState()
                return
            except (OSError, xmlrpc.client.Error):
                time.sleep(0.05)
        raise EmbeddedServerError("supervisor does not answer")

    def _wait_healthy(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        body = ""
        while time.monotonic() < end and not self.stopping:
            status, body = _get(self.host, self.port, "/health/ready")
            if status == 200:
                return
            time.sleep(0.2)
        if not self.stopping:
            raise EmbeddedServerError(f"not healthy after {seconds:.0f} s: {body or 'web does not answer'}")

    def _watch(self) -> None:
        """Say each crash and restart until the end; supervisor does the restarting."""
        pids: dict[str, int] = {}
        fallen: set[str] = set()
        assert self.process is not None
        while not self.stopping:
            if self.process.poll() is not None:
                raise EmbeddedServerError("supervisor ended unexpectedly")
            try:
                rows: Any = self.rpc.supervisor.getAllProcessInfo()
            except (OSError, xmlrpc.client.Error, http.client.HTTPException):
                rows = []
            for row in rows:
                name, state, pid = row["name"], row["statename"], row["pid"]
                if state == "FATAL" and f"{name} for good" not in fallen:
                    fallen.add(f"{name} for good")
                    self.say(f"{name} crashes again and again; given up. See {self.where.var / 'log' / name}.log")
                elif state in ("EXITED", "BACKOFF") and name not in fallen:
                    fallen.add(name)
                    self.say(f"{name} crashed ({row.get('spawnerr') or row['exitstatus']}); restarting it")
                elif pid and pids.get(name, pid) != pid:
                    # The fall itself may be too short to be seen.
                    self.say(f"{name} is back" if name in fallen else f"{name} crashed and was restarted")
                    fallen.discard(name)
                if pid:
                    pids[name] = pid
            time.sleep(0.5)
