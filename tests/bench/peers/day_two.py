"""What Day Two makes of the samples: CPU from JSON bodies to chunks, bytes of the chunks, CPU of rolling them up.

`python -m tests.bench.peers.day_two MACHINES TICKS`, a process of its own; the last line is what it found. Every poll is a
whole one: its slot, its answers decoded, its typed rows, readings, totals and outcomes in one durable transaction of a real
SQLite file with the product's settings. Only the network is left out. What was stored is compared with what was sent.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench.peers.bodies import Bodies
from tests.bench.peers.container_samples import TICK_SECONDS
from tests.bench.peers.engine import NotMeasured, told
from tests.bench.peers.replay import Replay
from tests.bench.peers.samples import CONTAINERS, Fleet
from tests.servers import migrated

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR_TICKS = 60
SOURCES = ("nodes", "containers")
AT_REST = ("dashboard_chunk", "dashboard_subject", "dashboard_layout")


@dataclass
class Spent:
    """CPU seconds of this process, by what they were spent on."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        before = time.process_time()
        try:
            yield
        finally:
            self.seconds[what] = self.seconds.get(what, 0.0) + time.process_time() - before

    def timed(self, what: str, do: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*words: Any, **named: Any) -> Any:
            with self.on(what):
                return do(*words, **named)

        return wrapped


def main(machines: int, ticks: int) -> None:
    with tempfile.TemporaryDirectory(prefix="daytwo-bench-") as folder:
        prepared(Path(folder))
        told(lambda: measured(Fleet(machines, ticks)))


def prepared(folder: Path) -> None:
    """Django with the product's settings and an empty database of its own."""
    for name in [name for name in os.environ if name.startswith("DAYTWO_") and name != migrated.FOLDER]:
        del os.environ[name]
    os.environ |= {"DAYTWO_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    import django

    django.setup()
    migrated.begin()


def measured(fleet: Fleet) -> dict[str, Any]:
    from dashboard.models import Cluster
    from dashboard.store import roll_up
    from tests.bench.peers import kept

    spent, began_bytes = Spent(), kept.file_bytes()
    samples = fleet.samples
    replay = Replay(Bodies(fleet, int(NOON.timestamp())))
    cluster = registered(fleet, NOON)
    for first in range(0, fleet.ticks, HOUR_TICKS):
        polled(cluster, replay, range(first, min(fleet.ticks, first + HOUR_TICKS)), spent)
        # An hour that ended an hour ago, as in life: what is compacted first is merged with what follows.
        compacted(cluster, first + HOUR_TICKS, spent)
    compacted(cluster, fleet.ticks + HOUR_TICKS, spent)
    kept.check(fleet, replay.bodies)
    tables, payload_bytes, whole_bytes = kept.table_bytes(), kept.payload_bytes(), kept.file_bytes() - began_bytes
    with spent.on("roll_up"):
        roll_up.run(cluster.pk, lambda: NOON + timedelta(days=1))
    if Cluster.objects.count() != 1 or not kept.is_rolled_up():
        raise NotMeasured("Day Two has rolled up nothing")
    return {
        "samples": samples,
        "containers_each": CONTAINERS,
        "ended_an_hour": fleet.ended_an_hour,
        "at_rest_bytes": sum(tables[name] for name in AT_REST),
        "chunk_bytes": tables["dashboard_chunk"],
        "payload_bytes": payload_bytes,
        "file_bytes": whole_bytes,
        "cpu_seconds": spent.seconds,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def compacted(cluster: Any, ticks: int, spent: Spent) -> None:
    """Compact what has settled so long after the first tick, and a minute."""
    from dashboard.store import compaction

    with spent.on("compaction"):
        compaction.run(cluster.pk, lambda: NOON + timedelta(seconds=ticks * TICK_SECONDS, minutes=1))


def registered(fleet: Fleet, at: datetime) -> Any:
    """The cluster with its agents, as the summary tells them."""
    from tests import builders

    cluster = builders.cluster("bench")
    agents = [
        builders.agent(host, agent_id=f"agent-{number}", zone=f"zone-{number % 3}")
        for number, host in enumerate(fleet.hosts)
    ]
    builders.write(cluster, builders.summary(at, *agents), now=at)
    return cluster


def polled(cluster: Any, replay: Replay, ticks: range, spent: Spent) -> None:
    """Poll machines and containers at each tick; NotMeasured where an answer was not wholly good."""
    from unittest import mock

    from dashboard import polling

    collect = spent.timed("decode", polling._collect)
    with replay.playing(), mock.patch("dashboard.polling._collect", collect):
        for tick in ticks:
            replay.show(tick)
            for source in SOURCES:
                with spent.on("poll"):
                    polls = polling.poll_all_now(cluster, source, clock=replay.clock)
                for poll in polls:
                    if poll.outcome != "ok":
                        raise NotMeasured(f"Day Two's poll of {source} ended as {poll.outcome}: {poll.detail}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
