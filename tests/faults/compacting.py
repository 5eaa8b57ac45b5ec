"""Workers that only compact and roll up, to be killed: `python -m tests.faults.compacting LEDGER` forks them on command.

One line on its standard input, one on its standard output. The process sets Django up once, so that a worker is there in a
moment. What was written as readings goes to the ledger, a file outside of the database, after the COMMIT returned.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

DAY, STEP_SECONDS = 86_400, 300
FIRST_DAY = 1_795_305_600
HOSTS = 12
LATE_SECONDS = 43_230
"""Into the day: a reading of then comes when its day was rolled up already."""
COUNTED_PER_SECOND = 3
NAMES = ("cpu.total", "in_bytes")
SETTLED = datetime.fromtimestamp(FIRST_DAY + 400 * DAY, UTC)
TURN = timedelta(minutes=5)
"""From worker to worker: longer than the lease of the one that was killed."""


def _serve(ledger: str) -> None:
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    # Before the fork: a worker is to be killed at work, not while it imports.
    for name in ("compaction", "roll_up"):
        import_module(f"dashboard.store.{name}")
    call_command("migrate", verbosity=0)
    commands: dict[str, Callable[[int], Any]] = {
        "fill": lambda day: _fill(day, ledger),
        "fork": _forked,
        "state": lambda _: _state(),
        "finish": _finish,
        "found": lambda _: _found(),
    }
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        connections.close_all()
        word, number = line.split()
        print(json.dumps(commands[word](int(number))), flush=True)


def _fill(day: int, ledger: str) -> int:
    """A day of readings of a cluster and its hosts, and one late reading of each of the day before; returns how many."""
    from django.db import transaction

    from dashboard.store import readings

    chance, begins = random.Random(day), FIRST_DAY + day * DAY
    ticks = [*range(begins, begins + DAY, STEP_SECONDS), *([begins - DAY + LATE_SECONDS] if day else [])]
    rows = [
        (tick, subject, [chance.randint(0, 999), COUNTED_PER_SECOND * tick])
        for subject in _subjects()
        for tick in ticks
    ]
    with transaction.atomic():
        readings.write_many(NAMES, rows)
    with Path(ledger).open("a") as lines:
        lines.writelines(f"{json.dumps([subject, tick, values[0]])}\n" for tick, subject, values in rows)
        lines.flush()
        os.fsync(lines.fileno())
    return len(rows)


def _subjects() -> list[int]:
    from dashboard.models import Cluster
    from dashboard.store import readings

    cluster, _ = Cluster.objects.get_or_create(
        name="filled", defaults={"url": "http://router.test", "created_at": SETTLED}
    )
    wanted = {("host", str(number)): str(number) for number in range(HOSTS)} | {("cluster", "cluster"): "filled"}
    return sorted(readings.subjects(cluster, wanted, seen_at=SETTLED).values())


def _forked(number: int) -> int:
    """The process id of a new worker, whose clock is later than all leases of those before it."""
    pid = os.fork()
    if not pid:
        _work(number)
    return pid


def _work(number: int) -> NoReturn:
    while True:
        _finish(number)


def _finish(number: int) -> int:
    """Everything there is compacted and rolled up, as much as one turn does."""
    from dashboard.models import Cluster
    from dashboard.store import compaction, roll_up

    cluster = Cluster.objects.get().pk
    done = [job(cluster, lambda: SETTLED + number * TURN) for job in (compaction.run, roll_up.run)]
    return sum(one is not None for one in done)


def _state() -> list[int]:
    """Readings, and rows in raw chunks: together they are all that was ever written.

    One statement, so one moment: PostgreSQL still ends a COMMIT that a worker sent before it was killed, and between two
    statements the same rows would be counted as both.
    """
    from django.db import connection

    from dashboard.models import Chunk, Reading

    readings, chunks = (connection.ops.quote_name(model._meta.db_table) for model in (Reading, Chunk))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM {readings}), (SELECT coalesce(sum(rows), 0) FROM {chunks} WHERE tier = 0)"
        )
        return [int(count) for count in cursor.fetchone()]


def _found() -> list[list[Any]]:
    """Each raw row as [subject, tick, value], and of each subject and rolled-up tier [subject, tier, sum, count, increase]."""
    from dashboard import codec
    from dashboard.models import Chunk
    from dashboard.tiers import Tier

    raw, rolled = [], []
    for subject, tier, data in Chunk.objects.order_by("subject", "tier", "begins_at").values_list(
        "subject", "tier", "data"
    ):
        ticks, values = codec.decode(bytes(data))
        if tier == Tier.RAW:
            raw += [[subject, tick, value] for tick, value in zip(ticks.tolist(), values[:, 0].tolist(), strict=True)]
        else:
            rolled.append(
                [subject, tier, *map(float, (values[:, 2].sum(), values[:, 3].sum(), _increase(values[:, 6])))]
            )
    return [raw, rolled]


def _increase(values: Any) -> float:
    """The first reading of all rose from nothing that is known."""
    return float(values[values == values].sum())


if __name__ == "__main__":
    _serve(sys.argv[1])
