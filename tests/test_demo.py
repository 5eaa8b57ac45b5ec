"""The demo's past: what a day of collecting would have left."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from django.db.models import Count, Max, Min

from collectors.simulator import Settings, world_of
from dashboard import demo
from dashboard.models import Cluster, Interface, Machine, Reading
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_the_day_of_the_demo_has_use_beside_allocation_up_to_now() -> None:
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
