"""The processes of Day Two and how each is started: the one place that says so, for `up` as for `web`, `worker`, `beat`.

No command line holds a secret or a URL: every process reads those from its environment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from dashboard.running import descriptors

BASE = Path(__file__).resolve().parent.parent.parent
GUNICORN_CONF = Path(__file__).with_name("gunicorn_conf.py")
BEAT_SCHEDULE = "beat-schedule"


def web(bind: str) -> list[str]:
    """The web server on `HOST:PORT`."""
    return [sys.executable, "-m", "gunicorn", "-c", str(GUNICORN_CONF), "-b", bind, "dashboard.wsgi"]


def worker(threads: int) -> list[str]:
    """A worker that does up to `threads` polls at the same time."""
    quietly = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [*celery(), "worker", "-P", "threads", "-c", str(threads), *quietly, "-l", "WARNING"]


def beat(data: Path) -> list[str]:
    """The clock. Its file in the data folder only says when it last rang; a second one on another machine does no harm."""
    return [*celery(), "beat", "-s", str(data / BEAT_SCHEDULE), "--pidfile=", "-l", "WARNING"]


def celery() -> list[str]:
    # Celery warns whoever is root, because of pickle: messages here are JSON only.
    return [sys.executable, "-W", "ignore:You're running the worker", "-m", "celery", "-A", "dashboard", "--quiet"]


def find_our_code() -> None:
    """Let whatever this process starts import `dashboard`, wherever it runs."""
    here = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{BASE}{os.pathsep}{here}" if here else str(BASE)


def become(command: list[str]) -> NoReturn:
    """Go on as `command`, in this process: signals and the exit code are its own."""
    find_our_code()
    os.environ.pop("DAYTWO_ADMIN_PASSWORD", None)  # nobody needs it from here on
    descriptors.allow_many()
    os.execv(command[0], command)  # noqa: S606  no shell, our own words
