from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.models import Cluster
from dashboard.pages.tile import Tile
from dashboard.pages.tiles import tiles
from dashboard.queries import now
from tests import builders
from tests.builders import NOON, later, master, summary, write, write_masters

pytestmark = pytest.mark.django_db


def drawn(cluster: Cluster) -> dict[str, Tile]:
    """The tiles as seen at noon, by title."""
    fresh = Cluster.objects.get(pk=cluster.pk)
    return {tile.title: tile for tile in tiles(fresh, now.now(fresh, NOON), NOON)}


@pytest.mark.parametrize(
    ("seconds_ago", "failed", "leads"), [(5, "4", "10.0.0.101 leads"), (900, "— not known", "10.0.0.101 led last")]
)
def test_what_the_masters_said_is_the_present_only_while_they_answer(seconds_ago: int, failed: str, leads: str) -> None:
    cluster = builders.cluster()
    for before, count in ((60, 0.0), (0, 4.0)):
        at = later(-seconds_ago) - timedelta(seconds=before)
        metrics = {"master/tasks_failed": count}
        write_masters(cluster, master(at=at, uptime_seconds=3600.0 - before, metrics=metrics), now=at)
    write(cluster, summary(later(-1)))
    found = drawn(cluster)
    assert found["Tasks"].rows[0].status == failed
    assert found["Nodes"].basis.endswith(leads)
