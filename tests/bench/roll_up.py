"""What compaction and roll-up cost: `python -m tests.bench.roll_up [HOSTS]`, 40 unless told; each with 20 containers.

A whole UTC day of readings every 60 s, of the layouts that most samples have, in a database of its own: SQLite, or an empty
one that DAYTWO_TESTS_DATABASE_URL names. CPU of this process, not of a server, from the query to the commit. In the same run,
to tell a slow machine from slow code: what only packing and unpacking such values costs. Last line: one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

django.setup()

from dashboard import codec
from dashboard.models import Chunk, Cluster, Reading, Subject
from dashboard.rolling import COUNTERS, Rows
from dashboard.store import chunks, compaction, readings, roll_up
from dashboard.store.container_figures import LAYOUT as CONTAINER
from dashboard.store.machine_figures import FILESYSTEM_LAYOUT, HOST_LAYOUT, INTERFACE_LAYOUT
from dashboard.tiers import DAY_SECONDS, HOUR_SECONDS, Tier
from tests import builders
from tests.servers import migrated

KINDS = {
    Subject.Kind.HOST: (HOST_LAYOUT, 1),
    Subject.Kind.FILESYSTEM: (FILESYSTEM_LAYOUT, 4),
    Subject.Kind.INTERFACE: (INTERFACE_LAYOUT, 2),
    Subject.Kind.CONTAINER: (CONTAINER, 20),
}
"""Kind → its layout, and how many a host has."""
DAY = 1_795_305_600
READ_HOURS = 2
"""So many hours come as readings, and are compacted; the others are chunks from the beginning."""
RANDOM = np.random.default_rng(6)


def main(hosts: int) -> None:
    migrated.begin()
    cluster = builders.cluster()
    values = sum(fill(cluster, kind, *of, hosts) for kind, of in KINDS.items())
    read = values * READ_HOURS // 24
    compacted = cpu_seconds(lambda: compaction.run(cluster.pk, lambda: moment(DAY + 24 * HOUR_SECONDS + 3600)))
    assert not Reading.objects.exists()
    rolled = cpu_seconds(lambda: roll_up.run(cluster.pk, lambda: moment(DAY + DAY_SECONDS + roll_up.OVER_SECONDS)))
    assert Chunk.objects.filter(tier=Tier.HOURS).count() == Subject.objects.count()
    found = {
        "database": connection.vendor,
        "samples": values,
        "compacted_samples_per_cpu_second": round(read / compacted),
        "roll_up_cpu_seconds_per_million": round(rolled / values * 1e6, 4),
        "codec_cpu_seconds_per_million": round(packing(), 4),
        "goal_holds": rolled / values * 1e6 <= 0.15,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        **{f"{tier.name.lower()}_bytes_per_raw_sample": bytes_of(tier) / values for tier in Tier},
    }
    print(f"a day of {hosts} hosts: {values / 1e6:.0f} M samples, {Subject.objects.count()} subjects")
    print(json.dumps(found))


def moment(tick: int) -> datetime:
    return datetime.fromtimestamp(tick, UTC)


def cpu_seconds(work: Callable[[], object]) -> float:
    """A turn ends after 40 s; the next goes on, as in life. The clock stands still here, so one is enough."""
    began = time.process_time()
    work()
    return time.process_time() - began


def fill(cluster: Cluster, kind: Subject.Kind, layout: tuple[str, ...], each: int, hosts: int) -> int:
    """A day of all subjects of a kind, as chunks but for the last hours; returns how many values."""
    wanted = {(kind.value, str(number)): str(number) for number in range(each * hosts)}
    ids = sorted(readings.subjects(cluster, wanted, seen_at=moment(DAY)).values())
    ticks, written = DAY + np.arange(0, DAY_SECONDS, 60), 0
    settled = ticks < DAY + DAY_SECONDS - READ_HOURS * HOUR_SECONDS
    layout_id = readings.layout_id(layout)
    for first in range(0, len(ids), 20):
        some = ids[first : first + 20]
        values = np.stack([figures(layout, len(ticks)) for _ in some])
        with transaction.atomic():
            rows = Rows(
                np.repeat(some, settled.sum()), np.tile(ticks[settled], len(some)), flat(values[:, settled]), ticks
            )
            rows = Rows(rows.subjects, rows.ticks, rows.values, rows.ticks)
            chunks.write(chunks.packed(Tier.RAW, layout_id, rows))
            late = ticks[~settled].tolist()
            for subject, own in zip(some, values[:, ~settled].tolist(), strict=True):
                readings.write_many(layout, [(tick, subject, row) for tick, row in zip(late, own, strict=True)])
        written += values.size
    return written


def flat(values: codec.Matrix) -> codec.Matrix:
    return values.reshape(-1, values.shape[-1])


def figures(layout: tuple[str, ...], count: int) -> codec.Matrix:
    """A third steady, a third percentages of two decimals, the rest sizes in whole pages; counters of bytes and of seconds."""
    return np.stack([_column(place, name, count) for place, name in enumerate(layout)], axis=1)


def _column(place: int, name: str, count: int) -> codec.Matrix:
    found: NDArray[Any]
    if name in COUNTERS:
        rises = RANDOM.random(count) if "secs" in name else RANDOM.integers(0, 9999, count)
        found = np.cumsum(rises).round(2)
    elif name == "sample.age_seconds":
        found = RANDOM.random(count).round(6)
    elif place % 3 == 0:
        found = np.full(count, RANDOM.integers(1, 10**9))
    elif place % 3 == 1:
        found = (RANDOM.random(count) * 100).round(2)
    else:
        found = np.cumsum(RANDOM.integers(-99, 99, count)) * 4096 + 1e9
    return found.astype(np.float64)


def packing() -> float:
    """CPU seconds for a million values of containers' hours, packed and unpacked once."""
    values = np.stack([figures(CONTAINER, 60) for _ in range(100)])
    ticks = np.tile(DAY + np.arange(60) * 60, (100, 1))
    spent = min(cpu_seconds(lambda: codec.decode_many(codec.encode_many(ticks, values))) for _ in range(5))
    return spent / values.size * 1e6


def bytes_of(tier: Tier) -> int:
    return sum(len(bytes(data)) for data in Chunk.objects.filter(tier=tier).values_list("data", flat=True).iterator())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
