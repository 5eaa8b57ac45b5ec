"""The demo's past: what a day of collecting would have left."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.db.models import Count, F, Max, Min

from collectors.simulator import Settings, world_of
from dashboard import codec, demo
from dashboard.models import Cluster, Container, Interface, Machine, Reading
from dashboard.store import container_totals
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_the_day_of_the_demo_has_use_beside_allocation_and_containers_up_to_now() -> None:
    cluster, now = builders.cluster("demo"), time.time()
    demo.write_history(cluster, world_of(Settings(anchor=now), net=119), datetime.fromtimestamp(now, UTC))
    use = Reading.objects.filter(subject__kind="use", subject__key="cluster")
    day = use.aggregate(first=Min("tick"), last=Max("tick"), count=Count("tick"))
    assert day["last"] - day["first"] >= 23.5 * 3600 and day["count"] >= 144
    assert now - day["last"] < 2 * demo.STEP_SECONDS
    row = Cluster.objects.get()
    assert (row.agents_measured, row.cpus_measured) == (row.agents_expected, row.cpus_total)
    assert 0 < (row.cpus_used or 0) < (row.cpus_allocated or 0)
    assert set(Machine.objects.values_list("role", flat=True)) == {"master", "agent"}
    assert not Interface.objects.filter(in_bytes_per_second=None).exists()
    _has_containers(now)


def _has_containers(now: float) -> None:
    """Rows of those that run and of those that ended, each with figures; lines without a gap of what they used together."""
    running = Container.objects.filter(ended_at=None, parent_id="")
    assert running.filter(first_seen__lt=datetime.fromtimestamp(now - 900, UTC)).exists()
    old = running.filter(first_seen__lt=datetime.fromtimestamp(now - 900, UTC), host__in=_hosts_that_answered())
    assert not old.filter(cpus_used=None).exists() and not old.filter(mem_used_bytes=None).exists()
    assert Container.objects.filter(ended_at__gt=F("listed_at")).exists()
    lines = Reading.objects.filter(subject__kind="container_use")
    keys = set(lines.values_list("subject__key", flat=True))
    assert {key.partition(":")[0] for key in keys} == {"cluster", "zone", "framework"}
    ticks = list(lines.filter(subject__key="cluster").order_by("tick").values_list("tick", flat=True))
    assert max(after - before for before, after in pairwise(ticks)) <= 600 and now - ticks[-1] < 2 * demo.STEP_SECONDS
    names = container_totals.LAYOUT
    values = codec.unpack([bytes(lines.get(subject__key="cluster", tick=ticks[-1]).data)], width=len(names))[0]
    said = dict(zip(names, values, strict=True))
    assert 0 < said["cpus_used"] < (Cluster.objects.get().cpus_used or 0)


def _hosts_that_answered() -> set[str]:
    latest = Container.objects.aggregate(at=Max("listed_at"))["at"]
    return set(Container.objects.filter(listed_at=latest).values_list("host", flat=True))
