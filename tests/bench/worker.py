"""What a worker's process costs at the cluster's whole size: `python -m tests.bench.worker URL ROUNDS`.

The process has loaded what a worker loads, and does the polls of ROUNDS slots as its threads do, from claim to commit, in a
SQLite database of its own. Samples are the numbers that stand in the readings afterwards.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

os.environ["DAYTWO_DATA_DIR"] = tempfile.mkdtemp(prefix="daytwo-bench-")
os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"

import django
import numpy as np
from django.core.management import call_command
from django.db import connection

django.setup()

from django.utils import timezone

import dashboard.celery
import dashboard.tasks  # noqa: F401  a worker has it loaded
from dashboard import codec, polling
from dashboard.models import Cluster, Poll, Reading
from dashboard.running import memory
from dashboard.store import slots

SOURCES = ("summary", "masters", "nodes", "agents", "containers")
THREADS = 24
"""As many as a worker has by default."""


def main(url: str, rounds: int) -> None:
    call_command("migrate", verbosity=0)
    cluster = Cluster.objects.create(name="bench", kind="dcos", url=url, created_at=timezone.now())
    polled(cluster, "summary")
    memory.settle()
    idle_mib = peak_mib()
    cpu, wall = time.process_time(), time.monotonic()
    for _ in range(rounds):
        for source in SOURCES:
            polled(cluster, source)
    spent, lasted = time.process_time() - cpu, time.monotonic() - wall
    values = samples()
    found = {
        "samples": values,
        "cpu_us_per_sample": round(spent / values * 1e6, 2),
        "wall_seconds": round(lasted / rounds, 2),
        "idle_mib": idle_mib,
        "peak_mib": peak_mib(),
    }
    print(found)
    print(json.dumps(found))


def polled(cluster: Cluster, source: str) -> None:
    """Every shard of the source at once."""
    polls = [poll.pk for poll in slots.open_all_now(cluster, source, timezone.now())]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, polls))
    failed = Poll.objects.filter(pk__in=polls).exclude(outcome="ok").first()
    if failed is not None:
        raise SystemExit(f"{source}: {failed.outcome}: {failed.detail}")


def run(poll: int) -> None:
    polling.run(poll, clock=timezone.now)
    connection.close()


def samples() -> int:
    """How many numbers stand in the readings."""
    packed = (bytes(data) for data in Reading.objects.values_list("data", flat=True).iterator())
    return sum(int(np.count_nonzero(~np.isnan(np.frombuffer(data, codec.FLOAT64)))) for data in packed)


def peak_mib() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
