"""Workers that only poll and write, to be killed: `python -m tests.faults.writers LEDGER URL` forks them on command.

One word on its standard input, one line on its standard output. The process sets Django up once, so that a writer is there in
a moment. Writers poll a real simulator, one slot after the other, on a clock that moves by itself from slot to slot: what a
killed one had claimed is free for the next. What was acknowledged goes to the ledger, a file outside of the database, each
line written through to the disk after the COMMIT returned.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import NoReturn

STEP_SECONDS = 4
"""From slot to slot. A source's turn comes again after five: longer than a lease."""
BEGINS = timedelta(minutes=-9)
"""Before the present: samples are made now, and at most ten minutes ahead of a poll or two hours behind."""
SOURCES = ("summary", "masters", "nodes", "containers", "agents")


def _serve(ledger: str, url: str) -> None:
    """Commands until standard input ends: fork, polls."""
    import django
    from django.core.management import call_command
    from django.db import connections
    from django.utils import timezone

    django.setup()
    polling = import_module(
        "dashboard.polling"
    )  # before the fork: a writer is to be killed at work, not while it imports
    clusters = import_module("dashboard.store.clusters")
    models = import_module("dashboard.models")
    call_command("migrate", verbosity=0)
    wanted = models.Cluster(name="sim", kind="dcos", url=url)
    cluster = clusters.save(wanted, master_urls=(), token=None, now=timezone.now())
    polling.poll_now(cluster, "summary", clock=lambda: timezone.now() + BEGINS)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        connections.close_all()
        print(_forked(cluster.pk, ledger) if line.strip() == "fork" else _polls(), flush=True)


def _forked(cluster: int, ledger: str) -> int:
    """The process id of a new writer."""
    pid = os.fork()
    if not pid:
        _write(cluster, os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    return pid


def _write(cluster: int, ledger: int) -> NoReturn:
    from django.db import DatabaseError, InterfaceError, connection

    while True:
        try:
            line = _polled(cluster)
        except (DatabaseError, InterfaceError):  # the server is away: as the dispatcher does, try again soon
            connection.close()
            time.sleep(0.1)
            continue
        if line:
            os.write(ledger, f"{line}\n".encode())
            os.fsync(ledger)


def _polled(cluster: int) -> str:
    """One slot from its opening to its end; what is acknowledged of it, if it was written."""
    from dashboard import polling
    from dashboard.models import Poll, Reading

    last = Poll.objects.order_by("-due_at")[0]
    due_at = datetime.fromtimestamp(int(last.due_at.timestamp()) // STEP_SECONDS * STEP_SECONDS + STEP_SECONDS, UTC)
    source = SOURCES[int(due_at.timestamp()) // STEP_SECONDS % len(SOURCES)]
    poll = Poll.objects.create(cluster_id=cluster, source=source, due_at=due_at, period_seconds=STEP_SECONDS)
    polling.run(poll.pk, clock=_still(due_at + timedelta(seconds=1)))
    poll.refresh_from_db()
    readings = Reading.objects.filter(tick=int(due_at.timestamp())).count()
    return json.dumps([poll.pk, poll.outcome, poll.kept, readings]) if poll.ended_at else ""


def _still(at: datetime) -> Callable[[], datetime]:
    return lambda: at


def _polls() -> str:
    """Each slot of the writers, and when each source last succeeded, by the seconds of its slot."""
    from django.db.models import Count

    from dashboard.models import Collection, Poll, Reading

    readings = dict(Reading.objects.order_by().values_list("tick").annotate(Count("subject")))
    polls = [
        {
            "pk": poll.pk,
            "source": poll.source,
            "tick": int(poll.due_at.timestamp()),
            "outcome": poll.outcome,
            "kept": poll.kept,
            "readings": readings.get(int(poll.due_at.timestamp()), 0),
        }
        for poll in Poll.objects.exclude(period_seconds=None).filter(period_seconds=STEP_SECONDS).order_by("due_at")
    ]
    whole = Collection.objects.filter(host="").exclude(last_success_at=None)
    succeeded = {one.source: int(one.last_success_at.timestamp()) - 1 for one in whole if one.last_success_at}
    return json.dumps({"polls": polls, "succeeded": succeeded})


if __name__ == "__main__":
    _serve(*sys.argv[1:])
