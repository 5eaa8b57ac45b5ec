"""The demo's months: as a poller of the same world would have kept them, and at a price that a first start can pay."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db.models import Max, Min

from collectors.simulator import Settings, World, world_of
from dashboard.demo import quarter
from dashboard.models import Cluster, Reading, Subject
from dashboard.queries.readings import Series, series
from dashboard.queries.window import LONG_RANGES, of
from dashboard.store import thinning, use_totals
from tests import builders

pytestmark = pytest.mark.django_db

BEGINS_AT = 1_800_000_000
NOW = datetime.fromtimestamp(BEGINS_AT, UTC)
USE = dict.fromkeys(use_totals.LAYOUT, 0.0) | {
    "cpus_used": 60.0,
    "cpus_measured": 208.0,
    "mem_used_bytes": 4e11,
    "mem_measured_bytes": 8e11,
    "disk_used_bytes": 3e12,
    "disk_measured_bytes": 8e12,
    "agents_measured": 12.0,
    "agents_expected": 12.0,
}


@pytest.fixture
def world() -> World:
    return world_of(Settings(anchor=BEGINS_AT + 86_400), net=119)


@pytest.fixture
def written(world: World) -> Cluster:
    cluster = builders.cluster("demo")
    keys = ("cluster", "zone:eu-west-1", "pool:public")
    quarter.write(cluster, world, BEGINS_AT, {key: list(USE.values()) for key in keys})
    return cluster


def lines(kind: str, key: str, *names: str, range_name: str = "90d") -> Series:
    subject = Subject.objects.get(kind=kind, key=key)
    return series([subject.pk], list(names), of(range_name, NOW - timedelta(seconds=1), ranges=LONG_RANGES))


def test_every_long_range_has_a_figure_at_every_step(written: Cluster) -> None:
    for name in ("7d", "30d", "90d"):
        found = lines("cluster", "", "cpus_total", "cpus_allocated", "mem_offered_bytes", range_name=name)
        assert all(np.isfinite(column).all() for column in found.columns.values()), name


def test_the_parts_hold_together_what_the_cluster_holds(written: Cluster, world: World) -> None:
    whole = lines("cluster", "", "cpus_allocated")["cpus_allocated"]
    for kind in ("zone", "framework", "role"):
        keys = Subject.objects.filter(kind=kind).values_list("key", flat=True)
        parts = [lines(kind, key, "cpus_allocated")["cpus_allocated"] for key in keys]
        assert len(parts) > 2 and np.allclose(sum(parts), whole), kind
    frameworks = Subject.objects.filter(kind="framework").order_by("key").values_list("key", flat=True)
    assert list(frameworks) == [f"{world.plan.run_id}-{index:04d}" for index in range(5)]


def test_it_leads_up_to_what_the_world_holds_then(written: Cluster, world: World) -> None:
    tick = Reading.objects.filter(subject__kind="cluster").aggregate(last=Max("tick"))["last"]
    moment = world.at(float(tick))
    held = sum(agent.used.cpus_milli for agent in moment.agents) / 1000
    last = lines("cluster", "", "cpus_allocated", range_name="24h")["cpus_allocated"]
    assert last[np.isfinite(last)][-1] == pytest.approx(held)
    used = lines("use", "cluster", "cpus_used", range_name="24h")["cpus_used"]
    assert used[np.isfinite(used)][-1] == pytest.approx(60, rel=0.05)


def test_it_grows_slowly_and_breathes_with_the_days(written: Cluster) -> None:
    found = lines("cluster", "", "mem_allocated_bytes")["mem_allocated_bytes"]
    first, last = float(found[:56].mean()), float(found[-56:].mean())
    assert 1.1 < last / first < 1.6
    days = found[: len(found) // 8 * 8].reshape(-1, 8)
    assert float((days.max(axis=1) / days.min(axis=1)).min()) > 1.03


def test_a_role_keeps_its_quota_all_the_time(written: Cluster) -> None:
    found = lines("role", "kafka-role", "mem_guarantee_bytes", "mem_limit_bytes", "cpus_offered")
    assert float(found["mem_limit_bytes"].min()) > float(found["mem_guarantee_bytes"].max()) > 0
    assert np.isnan(lines("role", "*", "mem_limit_bytes")["mem_limit_bytes"]).all()


def test_it_needs_no_thinning_and_none_takes_anything_away(written: Cluster) -> None:
    count = Reading.objects.count()
    old = Reading.objects.filter(tick__lt=BEGINS_AT - 14 * 86_400)
    thinning.thin(NOW)
    assert old.count() and Reading.objects.count() == count
    assert Reading.objects.aggregate(first=Min("tick"))["first"] == BEGINS_AT - 90 * 86_400


def test_it_costs_no_more_than_a_first_start_can_pay(world: World) -> None:
    cluster = builders.cluster("demo")
    started = time.process_time()
    written = quarter.write(cluster, world, BEGINS_AT, {"cluster": list(USE.values())})
    assert written > 50_000
    # 1.3 s on the machine it was written on; a loaded one may take three times as long.
    assert time.process_time() - started < 5


def test_it_holds_totals_alone(written: Cluster) -> None:
    assert set(Subject.objects.values_list("kind", flat=True)) == {"cluster", "zone", "framework", "role", "use"}
