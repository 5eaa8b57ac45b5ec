from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard import codec
from dashboard.models import Cluster, Reading, Subject
from dashboard.store import readings
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db

NAMES = ("load", "cores", "age")
TICK = int(NOON.timestamp())


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def subjects(cluster: Cluster, *keys: str, seen_seconds: float = 0, name: str = "") -> list[int]:
    wanted = {("host", key): name or key for key in keys}
    return list(readings.subjects(cluster, wanted, seen_at=NOON + timedelta(seconds=seen_seconds)).values())


def stored(tick: int = TICK) -> dict[int, list[float]]:
    """Values by subject."""
    rows = Reading.objects.filter(tick=tick).values_list("subject", "data")
    return {of: codec.unpack([bytes(data)], width=len(NAMES))[0].tolist() for of, data in rows}


def test_a_whole_tick_is_written_as_one_matrix_and_read_to_the_bit(cluster: Cluster) -> None:
    ids = subjects(cluster, *(f"h{place:03}" for place in range(300)))[::-1]
    matrix = np.random.default_rng(7).normal(size=(300, 3)) * 10.0 ** np.arange(-3, 15, 6)
    matrix[5, 1] = np.nan
    assert readings.write_matrix(TICK, NAMES, ids, matrix) == 300
    found = stored()
    assert np.array([found[of] for of in ids]).tobytes() == matrix.tobytes()


def test_what_is_written_again_replaces_its_own_rows_and_no_others(cluster: Cluster) -> None:
    one, other = subjects(cluster, "a", "b")
    readings.write_matrix(TICK, NAMES, [one, other], np.ones((2, 3)))
    readings.write_matrix(TICK + 60, NAMES, [one], np.ones((1, 3)))
    readings.write_matrix(TICK, NAMES, [one], np.full((1, 3), 2.0))
    assert stored() == {one: [2, 2, 2], other: [1, 1, 1]}
    assert stored(TICK + 60) == {one: [1, 1, 1]}


def test_of_a_key_that_comes_twice_the_last_stays(cluster: Cluster) -> None:
    (one,) = subjects(cluster, "a")
    assert (
        readings.write_many(NAMES, [(TICK, one, [1, 1, 1]), (TICK + 60, one, [2, None, 2]), (TICK, one, [3, 3, 3])])
        == 2
    )
    assert stored() == {one: [3, 3, 3]}
    assert np.isnan(stored(TICK + 60)[one][1])


def test_a_matrix_of_another_shape_is_refused(cluster: Cluster) -> None:
    with pytest.raises(ValueError, match="2 subjects and 3 names"):
        readings.write_matrix(TICK, NAMES, subjects(cluster, "a", "b"), np.ones((2, 2)))


def test_nothing_to_write_asks_nothing(cluster: Cluster) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert readings.write_many(NAMES, []) == 0
        assert readings.write_matrix(TICK, NAMES, [], np.zeros((0, 3))) == 0
        assert readings.subjects(cluster, {}, seen_at=NOON) == {}
    assert not len(queries)


def test_subjects_that_were_seen_of_late_cost_one_query_and_are_not_written(cluster: Cluster) -> None:
    made = subjects(cluster, "a", "b")
    with CaptureQueriesContext(connection) as queries:
        assert subjects(cluster, "a", "b", seen_seconds=599) == made
    assert len(queries) == 1
    assert set(Subject.objects.values_list("last_seen", flat=True)) == {NOON}


def test_after_ten_minutes_they_are_marked_as_seen_again(cluster: Cluster) -> None:
    made = subjects(cluster, "a", "b")
    with CaptureQueriesContext(connection) as queries:
        assert sorted(subjects(cluster, "a", "b", seen_seconds=600)) == made
    assert len(queries) == 3
    assert set(Subject.objects.values_list("last_seen", flat=True)) == {NOON + timedelta(minutes=10)}


def test_a_subject_with_another_name_is_renamed_and_stays_the_same(cluster: Cluster) -> None:
    assert subjects(cluster, "a") == subjects(cluster, "a", seen_seconds=1, name="alpha")
    row = Subject.objects.get()
    assert (row.key, row.name, row.first_seen) == ("a", "alpha", NOON)
