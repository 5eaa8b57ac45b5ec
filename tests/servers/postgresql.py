"""PostgreSQL servers to throw away, from Debian's package: `python -m tests.servers.postgresql -- COMMAND…`.

The command finds a server of its own in DAYTWO_TESTS_DATABASE_URL and the server is gone when it ends. It listens on a Unix
socket in its own temporary folder, on no port. PostgreSQL refuses to run as root: then it runs as the package's user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

INSTALLED = Path("/usr/lib/postgresql")
USER = "daytwo"
SYSTEM_USER = "postgres"
READY_SECONDS = 60.0
CAREFREE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Faster, and not safe against the loss of power. Never where a crash is what is tested."""
ALWAYS = {"listen_addresses": "", "max_connections": "200", "shared_buffers": "128MB"}


def program(name: str) -> Path | None:
    """The newest installed version's; None where PostgreSQL is not installed."""
    versions = [folder for folder in INSTALLED.glob("*") if (folder / "bin" / name).is_file()]
    newest = max(versions, key=lambda folder: float(folder.name), default=None)
    return newest / "bin" / name if newest else None


class Postgresql:
    """One server in a folder. It dies with the thread that started it, as an immediate shutdown."""

    def __init__(self, folder: Path, *, safe: bool) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.settings = ALWAYS if safe else ALWAYS | CAREFREE
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """As DAYTWO_DATABASE_URL takes it."""
        return f"postgres:///{database}?host={self.folder}&user={USER}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection that commits each statement."""
        return psycopg.connect(dbname=database, host=str(self.folder), user=USER, autocommit=True, connect_timeout=5)

    def create(self, database: str, template: str = "template1") -> str:
        """The URL of a new database."""
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"'.encode())
        return self.url(database)

    def make(self) -> None:
        self._run("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers, crash recovery included."""
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        words = ["-D", str(self.data), "-k", str(self.folder)]
        command = [*self._as_user(), str(self._program("postgres")), *words, *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers():
            assert self._process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, *, immediate: bool = False) -> None:
        """As `pg_ctl stop -m fast` does, or `-m immediate`: without a checkpoint, so that the next start recovers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
            self._process.wait()
            self._process = None

    def _run(self, name: str, *words: str | Path) -> None:
        done = subprocess.run(
            [*self._as_user(), self._program(name), *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    @staticmethod
    def _program(name: str) -> Path:
        found = program(name)
        assert found is not None, "PostgreSQL is not installed: apt-get install -y postgresql"
        return found

    @staticmethod
    def _as_user() -> list[str]:
        bound = ["setpriv", "--pdeathsig", "QUIT"]
        return [*bound, f"--reuid={SYSTEM_USER}", f"--regid={SYSTEM_USER}", "--init-groups"] if is_root() else bound


def is_root() -> bool:
    return os.geteuid() == 0


@contextmanager
def running(*, safe: bool) -> Iterator[Postgresql]:
    """A new, empty server; `safe` writes through to the disk as in production. Removed with all it holds at the end."""
    folder = Path(tempfile.mkdtemp(prefix="daytwo-pg-", dir="/tmp"))  # a socket's path may be 107 bytes long at most
    if is_root():
        owner = pwd.getpwnam(SYSTEM_USER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    server = Postgresql(folder, safe=safe)
    try:
        server.make()
        server.start()
        yield server
    finally:
        with suppress(ProcessLookupError):
            server.stop(immediate=True)
        shutil.rmtree(folder, ignore_errors=True)


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with running(safe=False) as server:
        environment = {**os.environ, "DAYTWO_TESTS_DATABASE_URL": server.create("daytwo")}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:2] != ["--"] or len(sys.argv) < 3:
        sys.exit("usage: python -m tests.servers.postgresql -- COMMAND…")
    sys.exit(main(sys.argv[2:]))
