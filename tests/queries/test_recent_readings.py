from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from dashboard.models import Cluster, Subject
from dashboard.queries import recent_readings
from dashboard.queries.recent_readings import Named, Readings
from tests import builders
from tests.builders import NOON, host_metrics, later, write_machines

NAN = float("nan")
HOST = Subject.Kind.HOST


def found(*rows: tuple[int, int, float], uptimes: list[float] | None = None) -> Readings:
    """Rows of place, tick and value; all without age."""
    places, ticks, values = (np.array(column) for column in zip(*rows, strict=True))
    columns = [values] if uptimes is None else [values, np.array(uptimes)]
    names = tuple(Named(f"s{place}", f"s{place}", "") for place in range(int(places.max()) + 1))
    return Readings(names, places, ticks, np.zeros(len(rows)), np.column_stack(columns).astype(float))


def test_the_newest_known_value_stands_and_a_later_absence_does_not_hide_it() -> None:
    values, times = found((0, 60, 1.0), (0, 120, 2.0), (0, 180, NAN), (1, 60, NAN)).newest(0)
    assert (values[0], times[0]) == (2.0, 120.0)
    assert np.isnan(values[1])


def test_rises_are_added_up_and_never_from_one_subject_to_the_next() -> None:
    rises, seconds = found((0, 0, 10.0), (0, 60, 15.0), (0, 120, 16.0), (1, 0, 900.0), (1, 60, 901.0)).rises(0)
    assert (rises.tolist(), seconds.tolist()) == ([6.0, 1.0], [120.0, 60.0])


def test_a_fall_counts_what_came_after_it_from_zero() -> None:
    rises, _ = found((0, 0, 500.0), (0, 60, 2.0), (0, 120, 3.0)).rises(0)
    assert rises.tolist() == [3.0]


def test_a_reset_is_seen_by_uptime_where_the_counter_did_not_fall() -> None:
    rises, _ = found((0, 0, 5.0), (0, 60, 9.0), uptimes=[3600.0, 20.0]).rises(0, uptime=1)
    assert rises.tolist() == [9.0]


def test_one_value_alone_has_risen_by_nobody_knows_what() -> None:
    rises, seconds = found((0, 0, 5.0), (0, 60, NAN)).rises(0)
    assert np.isnan(rises[0])
    assert np.isnan(seconds[0])


@pytest.mark.django_db
def test_what_was_asked_for_is_read_and_what_nobody_tells_is_absent() -> None:
    cluster = builders.cluster()
    for minute in range(3):
        write_machines(
            cluster, host_metrics("10.0.0.1", later(60 * minute)), host_metrics("10.0.0.2", later(60 * minute))
        )
    since = NOON + timedelta(seconds=50)
    told = recent_readings.of_kind(cluster, HOST, ("load.1min", "no.such"), since, later(200))
    assert [one.key for one in told.subjects] == ["10.0.0.1", "10.0.0.2"]
    assert told.values[:, 0].tolist() == [1.5] * 4
    assert np.isnan(told.values[:, 1]).all()
    one = recent_readings.of_kind(cluster, HOST, ("load.1min",), NOON, NOON, keys=["10.0.0.2"])
    assert (len(one.subjects), one.ticks.tolist()) == (1, [int(NOON.timestamp())])


@pytest.mark.django_db
def test_of_another_cluster_nothing_is_read() -> None:
    write_machines(builders.cluster(), host_metrics("10.0.0.1"))
    other: Cluster = builders.cluster("other")
    assert recent_readings.of_kind(other, HOST, ("load.1min",), NOON, later(60)).subjects == ()
