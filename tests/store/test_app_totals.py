"""What the containers of an app use together: a total a minute, its present on the app's row, and a day's 95th percentile."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from collectors.records import ContainerReading
from dashboard.applications import OF_APP
from dashboard.models import App, Cluster, Layout, Reading, Subject
from dashboard.rolling import Rows
from dashboard.store import app_p95, chunks, container_totals, readings, roll_up
from dashboard.store.writing import Writing
from dashboard.tiers import Tier
from tests import applications, builders
from tests.builders import MIB, NOON, agent, agent_containers, container_reading, framework, later, summary

pytestmark = pytest.mark.django_db
UUID = "06ce1970-31a3-4adc-b418-{:012d}"
HOST = "10.0.0.1"


@pytest.fixture
def cluster() -> Cluster:
    made = builders.cluster()
    frameworks = (framework("marathon"), framework("spark"))
    builders.write(made, summary(later(-60), agent(HOST), agent("10.0.0.2"), frameworks=frameworks))
    return made


@pytest.fixture
def app(cluster: Cluster) -> App:
    marathon = applications.make_marathon(cluster, NOON, framework_id="id-of-marathon")
    return applications.make_app(marathon, "/shop/web", NOON)


def instance(number: int, name: str = "shop_web", owner: str = "marathon", at: int = 0) -> ContainerReading:
    executor = f"{name}.{UUID.format(number)}"
    return container_reading(f"c{number}", later(at), framework_id=f"id-of-{owner}", executor_id=executor)


def polled(cluster: Cluster, *found: ContainerReading, at: int = 0) -> None:
    builders.write_containers(cluster, agent_containers(HOST, *found, at=later(at)), now=later(at))
    tick = int(later(at).timestamp()) // 60 * 60
    container_totals.write(Writing(cluster=Cluster.objects.get(pk=cluster.pk), tick=tick, now=later(at)))


def keys() -> set[str]:
    of_apps = Subject.objects.filter(kind=Subject.Kind.CONTAINER_USE, key__startswith=OF_APP)
    return set(of_apps.values_list("key", flat=True))


def test_the_instances_of_an_app_are_one_total(cluster: Cluster, app: App) -> None:
    polled(cluster, instance(1), instance(2), instance(3, "shop_api"))
    assert keys() == {"app:marathon:/shop/web", "app:marathon:/shop/api"}
    row = Reading.objects.get(subject__key="app:marathon:/shop/web")
    told = dict(zip(container_totals.LAYOUT, memoryview(row.data).cast("d"), strict=True))
    assert (told["containers"], told["mem_used_bytes"]) == (2, 2 * 100 * MIB)


def test_what_another_framework_runs_under_such_an_id_is_no_app(cluster: Cluster, app: App) -> None:
    polled(cluster, instance(1, owner="spark"))
    assert keys() == set()


def test_the_present_stands_on_the_row_with_its_age_and_how_many_told_it(cluster: Cluster, app: App) -> None:
    polled(cluster, instance(1), instance(2))
    polled(cluster, instance(1, at=60), instance(2, at=60), at=60)
    app.refresh_from_db()
    assert (app.containers, app.containers_measured, app.mem_used_bytes) == (2, 2, 200 * MIB)
    assert app.used_at == later(60) and app.cpus_used is not None


def test_before_two_samples_the_cores_that_are_used_are_not_known(cluster: Cluster, app: App) -> None:
    polled(cluster, instance(1))
    app.refresh_from_db()
    assert app.cpus_used is None and app.containers_measured == 0


def used(cluster: Cluster, cpus: list[float], *, ends: int) -> None:
    """Five-minute tiers of an app that used so many cores in the minutes before `ends`."""
    kind, key = Subject.Kind.CONTAINER_USE, "app:marathon:/shop/web"
    of = readings.subjects(cluster, {(kind, key): key}, seen_at=NOON)[kind, key]
    ticks = np.arange(ends - 60 * len(cpus), ends, 60)
    values = np.zeros((len(cpus), len(container_totals.LAYOUT)))
    values[:, container_totals.LAYOUT.index("cpus_used")] = cpus
    values[:, container_totals.LAYOUT.index("mem_used_bytes")] = np.nan
    rows = Rows(np.full(len(cpus), of), ticks, values, ticks)
    layout = Layout.objects.get(pk=readings.layout_id(container_totals.LAYOUT))
    chunks.write(roll_up.roll_rows(layout, rows, tiers=[Tier.FIVE_MINUTES]))


def test_the_95th_percentile_is_of_means_over_five_minutes(cluster: Cluster, app: App) -> None:
    # A peak of one minute in five counts as the mean that it makes.
    used(cluster, [1.0, 1.0, 1.0, 1.0, 6.0] * 2 + [1.0] * 90, ends=int(NOON.timestamp()))
    assert app_p95.work_out(cluster.pk, NOON) == 1
    app.refresh_from_db()
    assert app.cpus_used_p95 == pytest.approx(np.percentile([2.0, 2.0] + [1.0] * 18, 95))
    assert (app.mem_used_p95_bytes, app.p95_seconds) == (None, 6_000)


def test_an_hour_is_the_least_that_is_told(cluster: Cluster, app: App) -> None:
    used(cluster, [1.0] * 55, ends=int(NOON.timestamp()))
    app_p95.work_out(cluster.pk, NOON)
    app.refresh_from_db()
    assert app.cpus_used_p95 is None


def test_what_was_used_more_than_a_day_ago_counts_no_more(cluster: Cluster, app: App) -> None:
    used(cluster, [9.0] * 600, ends=int((NOON - timedelta(days=1)).timestamp()))
    used(cluster, [1.0] * 60, ends=int(NOON.timestamp()))
    app_p95.work_out(cluster.pk, NOON)
    app.refresh_from_db()
    assert (app.cpus_used_p95, app.p95_seconds) == (1.0, 3_600)
