from __future__ import annotations

import numpy as np
import pytest

from dashboard.queries import capacity, machine_history
from dashboard.queries.extremes import Extremes
from dashboard.queries.machine_history import History
from dashboard.store import compaction, readings, roll_up
from tests import builders
from tests.history import DAY, HOUR, at, clock, measured, subject

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"
LATER = 3 * DAY


def asked(range_name: str) -> History:
    """The history of a host that was at 10 % but for a minute of each hour at 90 %, three days later."""
    cluster = builders.cluster()
    names = ("cpu.total", "load.1min")
    measured(
        subject(cluster, HOST), range(0, DAY, 600), names, lambda second: [90, 4] if second % HOUR == 600 else [10, 1]
    )
    compaction.run(cluster.pk, clock(LATER))
    roll_up.run(cluster.pk, clock(LATER))
    return machine_history.history(cluster, HOST, [], machine_history.asked(range_name, at(LATER)))


def known(extremes: Extremes | None) -> set[tuple[float, float]]:
    assert extremes is not None
    both = np.isfinite(extremes[0])
    return set(zip(extremes[0][both].tolist(), extremes[1][both].tolist(), strict=True))


def test_a_long_chart_knows_what_its_means_hide() -> None:
    found = asked("30d")
    assert np.nanmax(found.cpu_used) == pytest.approx((90 + 5 * 10) / 6 / 100)
    assert known(found.cpu_extremes) == {(0.1, 0.9)} and known(found.load_extremes) == {(1.0, 4.0)}


def test_where_nothing_was_measured_nothing_is_least_or_most() -> None:
    found = asked("30d")
    assert found.cpu_extremes is not None
    assert (np.isnan(found.cpu_extremes[0]) == np.isnan(found.cpu_used)).all()


def test_steps_of_readings_have_no_band() -> None:
    cluster = builders.cluster()
    measured(subject(cluster, HOST), range(0, HOUR, 60))
    found = machine_history.history(cluster, HOST, [], machine_history.asked("1h", at(HOUR)))
    assert (found.cpu_extremes, found.load_extremes) == (None, None)


def test_capacity_knows_the_least_and_the_most_that_was_allocated() -> None:
    cluster = builders.cluster()
    whole = readings.subjects(cluster, {("cluster", "cluster"): "prod"}, seen_at=at(0))["cluster", "cluster"]
    names = ("cpus_total", "cpus_allocated")
    measured(whole, range(0, DAY, 600), names, lambda second: [8, 7 if second % HOUR == 600 else 1])
    compaction.run(cluster.pk, clock(LATER))
    roll_up.run(cluster.pk, clock(LATER))
    cluster.cpus_total = 8
    (cpu,) = (one for one in capacity.history(cluster, "90d", at(LATER)).resources if one.key == "cpu")
    assert known(cpu.extremes) == {(1.0, 7.0)}
    assert np.nanmax(cpu.allocateds) < 7
