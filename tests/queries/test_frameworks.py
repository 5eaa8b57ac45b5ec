from __future__ import annotations

from datetime import timedelta
from math import nan

import numpy as np
import plotly.graph_objects as go
import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.records import Bounds
from dashboard.charts import allocated_used
from dashboard.models import Cluster, Event
from dashboard.queries import framework, frameworks, freshness, window
from dashboard.queries.frameworks import FrameworkRow
from dashboard.store import container_totals
from tests import builders
from tests.applications import make_app, make_failed_task, make_marathon
from tests.builders import GIB, NOON, agent, role, roles, summary

pytestmark = pytest.mark.django_db
MARATHON = "id-of-marathon"


@pytest.fixture
def prod() -> Cluster:
    """Marathon holds a core of four; jobs is disconnected."""
    cluster = builders.cluster()
    away = builders.framework("jobs", connected=False)
    builders.write(cluster, summary(NOON, agent(), frameworks=(builders.framework(), away)))
    return Cluster.objects.get(pk=cluster.pk)


def listed(cluster: Cluster, seconds: float = 0) -> dict[str, FrameworkRow]:
    now = NOON + timedelta(seconds=seconds)
    return {row.framework.name: row for row in frameworks.of(cluster, freshness.of(cluster, now), now)}


def failed(cluster: Cluster, before: str, after: str, *, hours_ago: float) -> None:
    at = NOON - timedelta(hours=hours_ago)
    Event.objects.create(
        cluster=cluster,
        kind="tasks_failed",
        subject=MARATHON,
        name="marathon",
        before=before,
        after=after,
        taken_at=at,
        seen_at=at,
    )


def test_the_worst_stands_first(prod: Cluster) -> None:
    assert [(name, row.state.word) for name, row in listed(prod).items()] == [
        ("jobs", "Disconnected"),
        ("marathon", "Active"),
    ]


def test_shares_are_of_the_active_agents_together(prod: Cluster) -> None:
    row = listed(prod)["marathon"]
    assert row.totals["cpu"] == prod.cpus_total
    assert row.allocated_ratio("cpu") == pytest.approx(1 / (prod.cpus_total or 0))
    assert row.used_ratio("cpu") is None and row.allocated_ratio("gpu") is None


def test_an_old_summary_says_nothing_of_now(prod: Cluster) -> None:
    assert {row.state.word for row in listed(prod, seconds=600).values()} == {"No data"}


def test_failures_are_those_its_counters_told_in_a_day(prod: Cluster) -> None:
    assert listed(prod)["marathon"].failures_24h is None
    failed(prod, "failed 1", "failed 4", hours_ago=1)
    failed(prod, "failed 4", "failed 4, error 2", hours_ago=2)
    failed(prod, "", "failed 9", hours_ago=30)
    assert listed(prod)["marathon"].failures_24h == 5


def test_its_roles_come_with_their_quota(prod: Cluster) -> None:
    builders.write(prod, roles(NOON, role("data", frameworks=(MARATHON,), limit=Bounds(cpus=2))))
    (one,) = listed(prod)["marathon"].roles
    assert (one.name, one.cpus_limit, one.mem_limit_bytes) == ("data", 2, None)
    assert listed(prod)["jobs"].roles == ()


@pytest.mark.parametrize("label", frameworks.NAMED_BY)
def test_the_app_that_says_so_runs_it(prod: Cluster, label: str) -> None:
    marathon = make_marathon(prod, NOON)
    app = make_app(marathon, "/jobs", NOON, labels={label: "jobs"})
    make_app(marathon, "/gone", NOON, labels={label: "marathon"}, gone_at=NOON)
    rows = listed(prod)
    assert (rows["jobs"].app, rows["marathon"].app) == (app, None)


def test_one_that_completed_stands_last(prod: Cluster) -> None:
    later = NOON + timedelta(minutes=2)
    builders.write(prod, summary(later, agent(), frameworks=(builders.framework(),)), now=later)
    rows = listed(prod, seconds=120)
    assert list(rows) == ["marathon", "jobs"] and rows["jobs"].completed


def test_the_list_costs_the_same_for_one_framework_and_for_twenty(
    prod: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more = tuple(builders.framework(f"f{number}") for number in range(20))
    builders.write(prod, summary(NOON, agent(), frameworks=(builders.framework(), *more)))
    sources = freshness.of(prod, NOON)
    with django_assert_num_queries(6):
        frameworks.of(prod, sources, NOON)


def test_what_it_held_and_what_its_containers_used_are_on_the_same_steps() -> None:
    cluster = builders.cluster()
    for seconds in (120, 60, 0):
        at = NOON - timedelta(seconds=seconds)
        builders.write(cluster, summary(at, agent()), now=at)
        values = dict.fromkeys(container_totals.LAYOUT, 1.0) | {"mem_used_bytes": GIB, "disk_used_bytes": nan}
        totals = {f"framework:{MARATHON}": list(values.values()), "framework:other": list(values.values())}
        container_totals.write_many(cluster, [(int(at.timestamp()), totals)], seen_at=at)
    history = framework.history(cluster, MARATHON, window.of("1h", NOON))
    held, used = history.allocated["mem"], history.used["mem"]
    assert [float(np.nanmax(line)) for line in (held, used)] == [2 * GIB, GIB]
    assert len(held) == len(used) == history.window.steps
    assert np.isnan(held[0]) and np.isnan(history.used["disk"]).all()
    assert allocated_used.title(history, "disk").endswith("use not measured")
    assert allocated_used.title(history, "mem").replace("\xa0", " ") == "Memory: 2 GiB allocated, 1 GiB used"
    drawn = allocated_used.drawn(history, "mem")
    assert [line["meta"]["role"] for line in drawn["data"]] == ["allocated", "used"]
    assert drawn["layout"]["meta"]["unit"] == "GiB"
    go.Figure(drawn)


def test_one_framework_with_its_changes_and_failed_tasks(prod: Cluster) -> None:
    failed(prod, "failed 1", "failed 4", hours_ago=1)
    make_failed_task(prod, 1, NOON, framework_id=MARATHON)
    make_failed_task(prod, 2, NOON, framework_id="other")
    found = framework.one(prod, MARATHON, freshness.of(prod, NOON), window.of("1h", NOON), NOON)
    assert found is not None
    assert [change.text for change in found.changes][:1] == ["3\xa0tasks of marathon failed"]
    assert [row.task.container_id for row in found.failed] == ["container-1"]
    assert framework.one(prod, "nobody", freshness.of(prod, NOON), window.of("1h", NOON), NOON) is None
