from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from dashboard.models import Chunk, Reading, Subject
from dashboard.rolling import Rows
from dashboard.store import compaction, past, retention, roll_up, upkeep
from dashboard.tiers import Tier
from tests import builders
from tests.builders import NOON
from tests.history import DAY, HOUR, MIDNIGHT, NAMES, column, rows_of, stored, subject

pytestmark = pytest.mark.django_db
Kind = Subject.Kind
DAYS = 40


def months(of: int) -> Rows:
    """A reading every ten minutes over forty days until NOON."""
    ticks = list(range(MIDNIGHT - DAYS * DAY, int(NOON.timestamp()), 600))
    return rows_of(of, ticks, [[tick % 7, 2.0 * (tick - ticks[0]), 0.0] for tick in ticks])


def test_each_reading_is_in_the_tiers_that_still_keep_it() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    past.write(NAMES, Kind.HOST, months(host), past.seams(NOON))
    raw = [tick for tick, _ in stored(host)]
    assert (raw[0], raw[-1]) == (MIDNIGHT - 2 * DAY, MIDNIGHT + 11 * HOUR - 600)
    assert [min(Reading.objects.values_list("tick", flat=True)), Reading.objects.count()] == [MIDNIGHT + 11 * HOUR, 6]
    five, hours = (column(host, tier, "cpu.total", "count") for tier in (Tier.FIVE_MINUTES, Tier.HOURS))
    assert (min(five), max(five)) == (-30 * DAY, -600)
    assert (min(hours), max(hours)) == (-DAYS * DAY, -HOUR)


def test_it_is_as_if_it_had_been_polled() -> None:
    """Compaction, roll-up and deletion find nothing to do, and a polled twin of the same readings has the same chunks."""
    cluster = builders.cluster()
    host, total = subject(cluster), subject(cluster, "cluster", Kind.CLUSTER)
    at = past.seams(NOON)
    past.write(NAMES, Kind.HOST, months(host), at)
    past.write(NAMES, Kind.CLUSTER, months(total), at)
    past.finish(cluster, at)
    before = sorted(Chunk.objects.values_list("subject", "tier", "begins_at", "rows", "data"))
    compaction.run(cluster.pk, lambda: NOON)
    roll_up.run(cluster.pk, lambda: NOON)
    retention.run(lambda: NOON)
    assert sorted(Chunk.objects.values_list("subject", "tier", "begins_at", "rows", "data")) == before
    with_hours = column(total, Tier.HOURS, "cpu.total", "count")
    assert max(with_hours) == 10 * HOUR, "a total's of today too"


def test_counters_rise_over_every_border() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    past.write(NAMES, Kind.HOST, months(host), past.seams(NOON))
    rose = [value for value in column(host, Tier.HOURS, "in_bytes", "increase").values() if not np.isnan(value)]
    assert sum(rose) == 2.0 * (DAYS * DAY - 600)


def test_figures_of_containers_that_would_be_gone_are_not_written() -> None:
    cluster = builders.cluster()
    container = subject(cluster, "10.0.0.1/c1", Kind.CONTAINER)
    past.write(NAMES, Kind.CONTAINER, months(container), past.seams(NOON))
    assert min(column(container, Tier.HOURS, "cpu.total", "count")) == -30 * DAY


def test_how_far_it_reaches_is_noted_so_that_nothing_of_it_is_rolled_up_from_a_part() -> None:
    cluster = builders.cluster()
    at = past.seams(NOON)
    past.finish(cluster, at)
    assert upkeep.done_before(upkeep.Job.ROLL_UP, cluster.pk) == MIDNIGHT
    assert upkeep.done_before(upkeep.Job.COMPACTION, cluster.pk) == int((NOON - timedelta(hours=1)).timestamp())
