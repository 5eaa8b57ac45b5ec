from __future__ import annotations

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Layout, Reading
from dashboard.store import layouts, readings
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db

A, B, C = ("a",), ("a", "b"), ("b", "a")


def test_layouts_are_found_by_their_names_in_their_order_and_made_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(3):
        found = layouts.ids_of({A, B, C})
    assert {names: Layout.objects.get(pk=pk).names for names, pk in found.items()} == {A: ["a"], B: [*B], C: [*C]}
    with django_assert_num_queries(1):
        assert layouts.ids_of([C, A]) == {C: found[C], A: found[A]}
    assert readings.layout_id(B) == found[B]


def test_new_layouts_are_made_in_one_order_whoever_makes_them_so_that_shards_never_wait_in_a_circle() -> None:
    wanted = [(f"metric-{number}",) for number in range(20)]
    found = Layout.objects.filter(pk__in=layouts.ids_of(wanted).values())
    made = list(found.order_by("pk").values_list("digest", flat=True))
    assert len(made) == len(wanted) and made == sorted(made)


def test_what_is_remembered_is_bounded_and_no_id() -> None:
    assert layouts.digest_of.cache_info().maxsize == layouts.MOST_REMEMBERED


def test_readings_of_layouts_of_their_own_are_written_together() -> None:
    cluster = builders.cluster()
    ids = readings.subjects(cluster, {("app_metrics", key): key for key in "xyz"}, seen_at=NOON)
    x, y, z = (ids["app_metrics", key] for key in "xyz")
    for last in (5.0, 6.0):
        assert readings.write_free(60, [(z, C, [3.0, 4.0]), (x, A, [1.0]), (y, B, [2.0, last])]) == 3
    found = {row.subject_id: (tuple(row.layout.names), bytes(row.data)) for row in Reading.objects.all()}
    assert {key: names for key, (names, _) in found.items()} == {x: A, y: B, z: C}
    assert found[y][1] == np.array([2.0, 6.0]).tobytes()
    assert readings.write_free(60, []) == 0
