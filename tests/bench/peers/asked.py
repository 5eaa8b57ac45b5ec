"""Whole requests through the web server, at 1,000 machines with 20 containers each: `python -m tests.bench.peers.asked TIMES`.

The present is polled by the product's own polls, in full shards, as far as anything looks back on it; what those cost is told
too. Of machines there is an hour of readings beside it, of the cluster ninety days, rolled up. Then the product's gunicorn
answers over loopback, one client that keeps its connection and signs with an API token. The last line is what was found.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.peers.bodies import Bodies
from tests.bench.peers.container_samples import TICK_SECONDS
from tests.bench.peers.day_two import Spent, polled, prepared, registered
from tests.bench.peers.engine import free_port, running, told
from tests.bench.peers.replay import Replay
from tests.bench.peers.samples import Fleet

ROOT = Path(__file__).resolve().parents[3]
CONF = ROOT / "dashboard" / "running" / "gunicorn_conf.py"
MACHINES, POLLED_TICKS = 1000, 5
HOUR_TICKS, TREND_DAYS, DAY_SECONDS = 60, 90, 86_400
ANSWERS_IN_SECONDS = 20.0


def main(times: int) -> None:
    with tempfile.TemporaryDirectory(prefix="daytwo-bench-") as folder:
        prepared(Path(folder))
        told(lambda: measured(Path(folder), times))


def measured(folder: Path, times: int) -> dict[str, Any]:
    found = loaded()
    return found | {"requests": answered(folder, found.pop("key"), found.pop("chosen"), times)}


def loaded() -> dict[str, Any]:
    """Fill the database; what polling cost, once every row was there."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from dashboard.store import tokens

    # Day Two keeps 20,000 containers of a cluster: one more, for the moment between a birth and an end, would be refused.
    fleet = Fleet(MACHINES, POLLED_TICKS, ended_an_hour=0.0)
    newest = int(time.time()) // TICK_SECONDS * TICK_SECONDS
    begins_at = newest - (POLLED_TICKS - 1) * TICK_SECONDS
    cluster = registered(fleet, timezone.now())
    write_past(cluster, fleet, begins_at)
    replay, spent = Replay(Bodies(fleet, begins_at)), Spent()
    polled(cluster, replay, range(1), Spent())
    polled(cluster, replay, range(1, POLLED_TICKS), spent)
    key = tokens.make(User.objects.create_superuser("bench"), "bench", now=timezone.now())
    return {
        "key": key,
        "chosen": fleet.hosts[7],
        "samples": fleet.samples * (POLLED_TICKS - 1) // POLLED_TICKS,
        "cpu_seconds": spent.seconds,
    }


def write_past(cluster: Any, fleet: Fleet, before: int) -> None:
    """Every machine's last hour as readings, as polls leave them; the cluster's ninety days in their tiers."""
    from django.db import transaction
    from django.utils import timezone

    from dashboard.models import Subject
    from dashboard.store import machine_figures, readings, totals

    with transaction.atomic():
        ids = readings.subjects(
            cluster, {(Subject.Kind.HOST.value, host): host for host in fleet.hosts}, seen_at=timezone.now()
        )
        width, rng = len(machine_figures.HOST_LAYOUT), np.random.default_rng(9)
        for tick in range(before - HOUR_TICKS * TICK_SECONDS, before, TICK_SECONDS):
            values = np.round(rng.uniform(0, 100, (len(ids), width)), 2)
            readings.write_matrix(tick, machine_figures.HOST_LAYOUT, list(ids.values()), values)
        names = (*totals.LAYOUT, machine_figures.AGE)
        subject = readings.subjects(cluster, {(Subject.Kind.CLUSTER.value, ""): "bench"}, seen_at=timezone.now())
        write_trend(next(iter(subject.values())), names, before)


def write_trend(subject: int, names: tuple[str, ...], before: int) -> None:
    """Ninety whole days of one subject: raw ones rolled up, of which only the tiers stay."""
    from dashboard.models import Layout
    from dashboard.rolling import Rows
    from dashboard.store import chunks, readings, roll_up

    layout = Layout.objects.get(pk=readings.layout_id(names))
    until = before // DAY_SECONDS * DAY_SECONDS
    ticks = np.arange(until - TREND_DAYS * DAY_SECONDS, until, TICK_SECONDS)
    walk = np.cumsum(np.random.default_rng(11).integers(-3, 4, (len(ticks), len(names))), axis=0)
    values = (walk - walk.min(axis=0) + 1000).astype(float)
    rows = Rows(np.full(len(ticks), subject), ticks, values, ticks)
    chunks.write(list(roll_up.roll_rows(layout, rows)))


def paths(chosen: str) -> Mapping[str, str]:
    """What is asked."""
    from dashboard.store import totals

    one = "/api/v1/clusters/bench/readings"
    lines = "&".join(f"metric={name}" for name in totals.LAYOUT[:24])
    latest = "&".join(f"metric={name}" for name in LATEST)
    return {
        # First those of the present, which grows old while others are asked.
        "top_20_of_20000": f"{one}/top/?kind=container&metric=cpus_user_time_secs&as=rate&limit=20",
        "latest_1000": f"{one}/latest/?kind=host&{latest}",
        "node_hour": f"{one}/?subject=host:{chosen}&metric=*&range=1h",
        "trend_90d_24_lines": f"{one}/?subject=cluster&{lines}&range=90d",
    }


LATEST = (
    *("cpu.total", "cpu.wait", "load.1min", "memory.total", "memory.free", "memory.cached"),
    *("swap.used", "process.count", "cpus_used", "mem_used_bytes", "disk_total_bytes", "disk_used_bytes"),
)
"""Twelve columns of a table."""


LEAST_NUMBERS = {"node_hour": 1200, "latest_1000": 12_000, "top_20_of_20000": 20, "trend_90d_24_lines": 16_800}
"""An answer that holds fewer is not the one that was to be measured."""


def answered(folder: Path, key: str, chosen: str, times: int) -> dict[str, dict[str, float]]:
    """Each request so many times, after a few that are not counted."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", str(CONF), "-b", f"127.0.0.1:{port}", "dashboard.wsgi"]
    os.environ["PYTHONPATH"] = str(ROOT)
    with running(command, port, ready="/-/healthy", folder=folder):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERS_IN_SECONDS)
        signed = {"Authorization": f"Token {key}", "Accept": "application/json"}
        return {
            name: timed(connection, path, signed, times, LEAST_NUMBERS[name]) for name, path in paths(chosen).items()
        }


def timed(
    connection: http.client.HTTPConnection, path: str, signed: Mapping[str, str], times: int, least_numbers: int
) -> dict[str, float]:
    """Without p50 and p95 where the answer was not what was asked for."""
    body, spent = b"", []
    for _ in range(times + 3):
        began = time.perf_counter()
        connection.request("GET", path, headers=dict(signed))
        answer = connection.getresponse()
        body = answer.read()
        spent.append(1000 * (time.perf_counter() - began))
        if answer.status != 200:
            return {"status": answer.status}
    found = {"status": 200, "kib": round(len(body) / 1024, 1), "numbers": numbers(json.loads(body))}
    return found | (figures(spent[3:]) if found["numbers"] >= least_numbers else {})


def numbers(document: object) -> int:
    """How many numbers an answer holds."""
    if isinstance(document, dict):
        return sum(map(numbers, document.values()))
    if isinstance(document, list):
        return sum(map(numbers, document))
    return int(isinstance(document, int | float) and not isinstance(document, bool))


def figures(spent_ms: Sequence[float]) -> dict[str, float]:
    return {
        "p50_ms": round(statistics.median(spent_ms), 2),
        "p95_ms": round(sorted(spent_ms)[-1 - len(spent_ms) // 20], 2),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
