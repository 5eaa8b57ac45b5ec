"""The processes of Day Two and how each is started: the one place that says so, for `up` as for each of them alone.

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
    # Celery warns whoever is root, because of pickle: messages here are JSON only.
    return [sys.executable, "-W", "ignore:You're running the worker", "-m", "dashboard.worker", str(threads)]


def beat(data: Path) -> list[str]:
    """The clock. Its file in the data folder only says when it last rang; a second one on another machine does no harm."""
    return [sys.executable, "-m", "dashboard.clock", str(data / BEAT_SCHEDULE)]


def listener() -> list[str]:
    """What reads the clusters' event streams; of several each stream has one reader."""
    return [sys.executable, "-m", "dashboard.listener"]


def find_our_code() -> None:
    """Let whatever this process starts import `dashboard`, wherever it runs."""
    here = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{BASE}{os.pathsep}{here}" if here else str(BASE)


def share_memory() -> None:
    """Let the threads of whatever this process starts share two heaps: glibc gives each of a worker's 24 threads one of its
    own, and what a poll took in one is not given to the next. Document: mallopt(3), M_ARENA_MAX."""
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")


def become(command: list[str]) -> NoReturn:
    """Go on as `command`, in this process: signals and the exit code are its own."""
    find_our_code()
    share_memory()
    os.environ.pop("DAYTWO_ADMIN_PASSWORD", None)  # nobody needs it from here on
    descriptors.allow_many()
    os.execv(command[0], command)  # noqa: S606  no shell, our own words
