"""Day Two's own processes on a data folder of a test, and what they said if it fails."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

from tests.patience import HANG_SECONDS, until
from tests.servers.databases import Database

ROOT = Path(__file__).resolve().parent.parent.parent
LAST_LINES = 40


class Processes:
    """Named processes with one environment; each writes a log of its own."""

    def __init__(self, data: Path, database: Database, redis_url: str = "") -> None:
        self.data = data
        self.database = database
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DAYTWO_", "DJANGO_"))}
        self.environment = {
            **inherited,
            "DAYTWO_DATA_DIR": str(data),
            "DAYTWO_DATABASE_URL": database.url,
            "DAYTWO_ALLOW_LOOPBACK": "true",
            "DAYTWO_SECRET_KEY": secrets.token_urlsafe(64),
            "DAYTWO_CREDENTIAL_KEYS": Fernet.generate_key().decode(),
            "DAYTWO_AUDIT_KEY": secrets.token_hex(32),
            "DAYTWO_NO_VENV": "1",
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        } | ({"DAYTWO_REDIS_URL": redis_url} if redis_url else {})
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], **environment: str) -> None:
        with (self.data / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, env={**self.environment, **environment}, cwd=ROOT, stdout=log, stderr=log
            )

    def manage(self, name: str, *words: str, **environment: str) -> None:
        """Start a command of manage.py that goes on running."""
        self.start(name, [sys.executable, "manage.py", *words], **environment)

    def done(self, *words: str) -> None:
        """Run a command of manage.py to its end."""
        command = [sys.executable, "manage.py", *words]
        ended = subprocess.run(command, env=self.environment, cwd=ROOT, check=False, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def kill(self, name: str) -> None:
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()

    def kill_all(self) -> None:
        for name in self.running:
            self.kill(name)

    def is_alive(self, name: str) -> bool:
        return self.running[name].poll() is None

    def wait_until(self, true: Callable[[], object], *, what: str, seconds: float = HANG_SECONDS) -> None:
        """Until it is true; else fail with the ends of all logs."""
        until(true, what=what, told=self.told, seconds=seconds)

    def told(self) -> str:
        logs = [(path.stem, path.read_text(errors="replace")) for path in sorted(self.data.glob("*.log"))]
        return "\n".join(f"── {name}\n" + "\n".join(text.splitlines()[-LAST_LINES:]) for name, text in logs)
