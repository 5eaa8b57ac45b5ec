"""How the web process runs. One worker: its threads share one metrics registry, and SQLite has one writer anyway.

Document: https://docs.gunicorn.org/en/stable/settings.html
"""

from __future__ import annotations

import gc
from typing import Any

worker_class = "gthread"
workers = 1
threads = 8
timeout = 30
graceful_timeout = 3
keepalive = 5
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
YOUNG = 10_000
"""Objects that are made before those made of late are looked through for garbage; Python's own is 700."""


def post_fork(server: Any, worker: Any) -> None:
    """Bind the worker to its master: else a killed master leaves it behind, and the port taken."""
    from dashboard.running import bound

    bound.die_with(worker.ppid)


def post_worker_init(worker: Any) -> None:
    """Say where Day Two answers, now that it does."""
    from dashboard.running import address

    # What was loaded stays: to look through it for garbage would hold up each large page by a fifth of a second or so.
    gc.collect()
    gc.freeze()
    # A page makes thousands of things at once, nearly all of which go by themselves: look for the others less often.
    gc.set_threshold(YOUNG)
    print(f"Day Two is ready: {address.url(worker.cfg.bind[0])}  (Ctrl-C stops it)", flush=True)  # noqa: T201
