"""A worker as a process: `python -m dashboard.worker THREADS`. As `celery worker` would start it, without its command line."""

from __future__ import annotations

import os
import sys

from dashboard.celery import app


def run(threads: int) -> int:
    """Do what is sent, up to so many tasks at the same time, until a signal says stop; returns the exit code."""
    load_no_page()
    worker = app.Worker(
        pool_cls="threads",
        concurrency=threads,
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def load_no_page() -> None:
    """Leave Django's checks out: they load every page and every address of the API, and nobody reads here what they find.

    As `celery worker --skip-checks` does; `manage.py check` tells.
    """
    os.environ["CELERY_SKIP_CHECKS"] = "true"


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1])))
