from __future__ import annotations

import numpy as np
import pytest

from dashboard import codec, rolling
from dashboard.models import Chunk, Layout, Subject
from dashboard.queries import audit_capacity
from dashboard.store import partitions
from dashboard.tiers import HOUR_SECONDS, Tier
from tests import builders
from tests.builders import GIB, NOON, agent, later, summary, write

pytestmark = pytest.mark.django_db
LAYOUT = ("cpus_total", "cpus_allocated", "cpus_offered")


def hourly(subject: Subject, hours: dict[int, tuple[float, float, float, float]]) -> None:
    """One chunk: hours from NOON → least, most, sum and count of what was allocated."""
    layout = Layout.objects.create(digest="x", names=list(LAYOUT))
    names = [(column.name, column.kept) for column in rolling.columns(LAYOUT)]
    values = np.zeros((len(hours), len(names)))
    for row, figures in enumerate(hours.values()):
        for kept, value in zip(("min", "max", "sum", "count"), figures, strict=True):
            values[row, names.index(("cpus_allocated", kept))] = value
    ticks = np.array([int(NOON.timestamp()) + hour * HOUR_SECONDS for hour in hours], dtype=np.int64)
    data = codec.encode(ticks, values)
    partitions.make([(Tier.HOURS, int(ticks[0]))])
    Chunk.objects.create(
        subject=subject, tier=Tier.HOURS, begins_at=int(ticks[0]), rows=len(hours), layout=layout, data=data
    )


def test_a_day_is_24_whole_hours_that_have_been_rolled_up() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON))
    subject = Subject.objects.get(cluster=cluster, kind=Subject.Kind.CLUSTER)
    hourly(subject, {-30: (0, 99, 99, 1), -26: (2, 4, 30, 10), -3: (1, 9, 10, 2), -2: (0, 99, 99, 1)})
    day = audit_capacity.capacity(cluster, later(1800))["day"]
    assert (day["begins_at"], day["ends_at"]) == (later(-26 * 3600), later(-2 * 3600))
    assert day["figures"]["cpus_allocated"] == {"min": 1, "mean": 40 / 12, "max": 9, "hours": 2}
    assert "cpus_total" not in day["figures"], "what has no samples is not told"


def test_a_zone_is_the_sum_of_its_active_agents() -> None:
    cluster = builders.cluster()
    agents = (agent("10.0.0.1"), agent("10.0.0.2"), agent("10.0.0.3", active=False), agent("10.0.0.4", zone="eu-b"))
    write(cluster, summary(NOON, *agents))
    cluster.refresh_from_db()
    zones = audit_capacity.capacity(cluster, NOON)["zones"]
    assert [(zone["zone"], zone["agents"], zone["total"]["mem_bytes"]) for zone in zones] == [
        ("eu-a", 2, 16 * GIB),
        ("eu-b", 1, 8 * GIB),
    ]
