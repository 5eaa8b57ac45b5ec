from __future__ import annotations

import numpy as np
import pytest

from dashboard.models import Cluster, Subject
from dashboard.queries import columns
from dashboard.store import readings
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
HOST = Subject.Kind.HOST
NOON_TICK = int(NOON.timestamp())
ODD = [float("nan"), -0.0, float("inf"), 5e-324, 1 / 3, -1e308, 0.0, 2.0**53 + 1]
"""Bytes that are no text, zeros among them."""


def subjects(cluster: Cluster, kind: Subject.Kind, *keys: str) -> list[int]:
    found = readings.subjects(cluster, {(kind.value, key): key for key in keys}, seen_at=NOON)
    return [found[kind.value, key] for key in keys]


def read(cluster: Cluster, *names: str) -> columns.Columns:
    held = columns.layouts_with(names)
    return columns.read(cluster, HOST, names, held, after=NOON_TICK - 60, until=NOON_TICK + 60)


def test_every_bit_comes_back_whatever_the_order_of_the_columns() -> None:
    cluster, names = builders.cluster(), tuple(f"m{place}" for place in range(len(ODD)))
    (one,) = subjects(cluster, HOST, "a")
    readings.write(NOON_TICK, names, [(one, ODD)])
    for asked in (names, names[::-1], (names[2], names[3], names[0]), (names[5], names[5])):
        wanted = np.array([ODD[names.index(name)] for name in asked])
        found = read(cluster, *asked)
        assert found.matrix.tobytes() == wanted.tobytes()
        ids = columns.read_of([one], asked, columns.layouts_with(asked), after=NOON_TICK - 60, until=NOON_TICK)
        assert ids.matrix.tobytes() == wanted.tobytes()


def test_readings_of_several_layouts_stand_in_one_matrix_and_what_one_lacks_is_absent() -> None:
    cluster = builders.cluster()
    one, other, third = subjects(cluster, HOST, "a", "b", "c")
    readings.write(NOON_TICK, ("x", "y"), [(one, [1, 2])])
    readings.write(NOON_TICK, ("y", "z", "x"), [(other, [3, 4, 5])])
    readings.write(NOON_TICK, ("y",), [(third, [6])])
    found = read(cluster, "x", "y")
    assert found.subjects.tolist() == [one, other, third]
    assert np.array_equal(found.matrix, np.array([[1, 2], [5, 3], [np.nan, 6]]), equal_nan=True)


def test_only_the_kind_the_cluster_and_the_time_that_were_asked_for_are_read() -> None:
    cluster, elsewhere = builders.cluster("prod"), builders.cluster("other")
    (own,) = subjects(cluster, HOST, "a")
    (foreign,) = subjects(elsewhere, HOST, "a")
    (node,) = subjects(cluster, Subject.Kind.NODE, "a")
    for tick in (NOON_TICK - 60, NOON_TICK, NOON_TICK + 60, NOON_TICK + 61):
        readings.write(tick, ("x",), [(pk, [float(pk)]) for pk in (own, foreign, node)])
    found = read(cluster, "x")
    assert (found.subjects.tolist(), found.ticks.tolist()) == ([own, own], [NOON_TICK, NOON_TICK + 60])
    assert found.matrix[:, 0].tolist() == [own, own]


def test_rows_come_in_the_order_of_tick_and_subject() -> None:
    cluster = builders.cluster()
    ids = subjects(cluster, HOST, *"dbac")
    for tick in (NOON_TICK + 10, NOON_TICK):
        readings.write(tick, ("x",), [(pk, [float(tick + pk)]) for pk in reversed(ids)])
    found = read(cluster, "x")
    order = [(tick, pk) for tick in (NOON_TICK, NOON_TICK + 10) for pk in sorted(ids)]
    assert list(zip(found.ticks.tolist(), found.subjects.tolist(), strict=True)) == order
    assert found.matrix[:, 0].tolist() == [tick + pk for tick, pk in order]


def test_of_what_nobody_tells_there_is_nothing() -> None:
    cluster = builders.cluster()
    assert len(read(cluster, "x").ticks) == 0
    assert columns.read_of([], ("x",), {1: ["x"]}, after=0, until=NOON_TICK).matrix.shape == (0, 1)
