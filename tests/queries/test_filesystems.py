from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.queries import filesystems
from tests import builders
from tests.builders import NOON, filesystem, host_metrics, later, write_machines

pytestmark = pytest.mark.django_db


def test_the_fullest_of_all_machines_come_first_and_the_empty_are_left_out() -> None:
    cluster = builders.cluster()
    nothing = filesystem("/proc", 0, 0, total_bytes=0.0)
    write_machines(
        cluster,
        host_metrics("10.0.0.1", filesystems=(filesystem("/", 50, 50), nothing)),
        host_metrics("10.0.0.2", filesystems=(filesystem("/", 70, 30), filesystem("/var", 20, 80))),
    )
    found = filesystems.fullest(cluster, NOON, limit=2, period_seconds=60)
    assert [(row.machine.host, row.path) for row in found.rows] == [("10.0.0.2", "/"), ("10.0.0.1", "/")]
    assert found.measured == 3


def test_what_is_reserved_for_root_is_in_no_share() -> None:
    cluster = builders.cluster()
    write_machines(cluster, host_metrics(filesystems=(filesystem("/", 30, 60, total_bytes=1e12),)))
    (row,) = filesystems.fullest(cluster, NOON, limit=1, period_seconds=60).rows
    assert filesystems.used_ratio(row) == pytest.approx(1 / 3)


def test_a_disk_that_was_measured_too_long_ago_fills_nothing_now() -> None:
    cluster = builders.cluster()
    write_machines(cluster, host_metrics())
    assert filesystems.fullest(cluster, later(600), limit=5, period_seconds=60).rows == ()


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    write_machines(cluster, *(host_metrics(f"10.0.0.{number}") for number in range(20)))
    with django_assert_num_queries(2):
        found = filesystems.fullest(cluster, NOON, limit=10, period_seconds=60)
        assert [row.machine.host for row in found.rows]
