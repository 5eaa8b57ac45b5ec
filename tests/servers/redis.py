"""Redis servers to throw away, from Debian's package: on a Unix socket in a folder, with nothing kept on disk."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import ConnectionError as NotThere
from redis import Redis

READY_SECONDS = 30.0


class RedisServer:
    """One server in a folder. What it held is gone when it was killed; it dies with the thread that started it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As DAYTWO_REDIS_URL takes it."""
        return f"redis+socket://{self.socket}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        found = shutil.which("redis-server") or shutil.which("valkey-server")
        assert found is not None, "Redis is not installed: apt-get install -y redis-server"
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            command = ["setpriv", "--pdeathsig", "KILL", found, *options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def flush(self) -> None:
        """Drop every message and all that Celery keeps there."""
        with Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()

    def _answers(self) -> bool:
        try:
            with Redis(unix_socket_path=str(self.socket)) as client:
                return bool(client.ping())
        except NotThere:
            return False


@contextmanager
def running() -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="daytwo-redis-", dir="/tmp") as folder:  # a socket's path must be short
        server = RedisServer(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()
