"""Where the embedded servers keep their files, and who runs them.

No Django here: settings read this to find the database before Django is up.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]

# A unix socket's path may have 107 bytes on Linux; PostgreSQL adds "/.s.PGSQL.5432".
SOCKET_DIR_LIMIT = 90


def var_dir() -> Path:
    """The folder of everything that outlives a start: SERVICEDESK_VAR, or ``var/`` in the clone."""
    return Path(os.environ.get("SERVICEDESK_VAR") or BASE_DIR / "var").absolute()


def server_user() -> str | None:
    """The account the servers run as, or None for one's own.

    PostgreSQL refuses to run as root, so root hands both servers to ``nobody``
    (SERVICEDESK_SERVER_USER names another account).
    """
    if os.geteuid() != 0:
        return None
    return os.environ.get("SERVICEDESK_SERVER_USER", "nobody")


def reachable(path: Path, uid: int, gid: int) -> bool:
    """Whether the account may enter every folder from ``/`` down to ``path``."""
    for folder in [*reversed(path.parents), path]:
        try:
            info = folder.stat()
        except FileNotFoundError:
            return True  # made by us later, below a folder that was reachable
        if info.st_uid == uid:
            wanted = stat.S_IXUSR
        elif info.st_gid == gid:
            wanted = stat.S_IXGRP
        else:
            wanted = stat.S_IXOTH
        if not info.st_mode & wanted:
            return False
    return True


@dataclass(frozen=True)
class Places:
    """The folders of one installation's embedded servers."""

    var: Path  #: everything that is ours, owned by whoever starts the desk
    servers: Path  #: database and Redis files, owned by the servers' account
    sockets: Path  #: both unix sockets; only the servers' account and root get in
    binaries: Path | None  #: a copy of PostgreSQL's files where the account cannot read the wheel's

    @property
    def postgres_data(self) -> Path:
        return self.servers / "postgres"

    @property
    def redis_data(self) -> Path:
        return self.servers / "redis"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def database_url(self) -> str:
        return f"postgres:///servicedesk?host={self.sockets}&user=servicedesk"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.redis_socket}?db=0"


def places(var: Path | None = None) -> Places:
    """Work out the folders; the same answer for every command that names the same ``var``.

    Where the servers' account cannot reach ``var`` (root's clone under a private
    home), server files go to ``/var/tmp/servicedesk-<hash of var>`` and nothing
    on the way to the clone is opened for others.
    """
    var = var or var_dir()
    mark = hashlib.sha256(str(var).encode()).hexdigest()[:12]
    user = server_user()
    servers, binaries = var / "servers", None
    if user is not None:
        account = pwd.getpwnam(user)
        outside = Path("/var/tmp") / f"servicedesk-{mark}"
        if not reachable(var, account.pw_uid, account.pw_gid):
            servers = outside
        if not reachable(BASE_DIR / ".venv", account.pw_uid, account.pw_gid):
            binaries = outside / "bin"
    sockets = servers / "run"
    if len(str(sockets)) > SOCKET_DIR_LIMIT:
        sockets = Path("/tmp") / f"servicedesk-{mark}"
    return Places(var, servers, sockets, binaries)
