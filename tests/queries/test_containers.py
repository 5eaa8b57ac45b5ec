from __future__ import annotations

from datetime import datetime

import pytest

from dashboard.models import Cluster, Container
from dashboard.queries import containers, freshness
from dashboard.queries.containers import ContainerRow
from tests import builders
from tests.builders import MIB, NOON, agent_containers, container_reading, later, write_containers

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"


def told(*names: str, at: datetime = NOON, cluster: Cluster | None = None, **said: object) -> Cluster:
    """A poll that lists these containers."""
    to = cluster or builders.cluster()
    write_containers(
        to, agent_containers(HOST, *(container_reading(name, at, **said) for name in names), at=at), now=at
    )
    return to


def rows(cluster: Cluster, now: datetime) -> list[ContainerRow]:
    source = freshness.of(cluster, now)[containers.SOURCE]
    return [
        *containers.on_host(cluster, HOST, source, now),
        *containers.ended_on_host(cluster, HOST, source, now),
    ]


def test_a_first_sample_has_no_rate_and_says_that_it_learns() -> None:
    (row,) = rows(told("c1"), later(5))
    assert (row.state.word, row.use and row.use.cpus_used, row.name) == ("Learning", None, "task-of-c1")


def test_two_samples_make_it_running_with_shares_of_its_limits() -> None:
    cluster = told("c1")
    told("c1", at=later(60), cluster=cluster)
    (row,) = rows(cluster, later(65))
    assert row.state.word == "Running"
    assert row.cpu_used_ratio == pytest.approx(0.25)
    assert row.mem_used_ratio == pytest.approx(100 / 1024)
    assert not row.near_limit and not row.held_back


def test_without_a_limit_use_is_held_against_what_was_asked_for() -> None:
    metrics = {"cpus_limit": None, "cpus_soft_limit": 0.25}
    cluster = told("c1", metrics=metrics)
    told("c1", at=later(60), cluster=cluster, metrics=metrics)
    assert rows(cluster, later(65))[0].cpu_used_ratio == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("metrics", "near", "held"),
    [
        ({"mem_rss_bytes": 950.0 * MIB}, True, False),
        ({"disk_used_bytes": 1000.0 * MIB}, True, False),
        ({"cpus_nr_throttled": 5.0}, False, True),
    ],
)
def test_near_a_limit_and_held_back_are_called_so(metrics: dict[str, float], near: bool, held: bool) -> None:
    cluster = told("c1", metrics={**metrics, "cpus_nr_throttled": 0.0})
    told("c1", at=later(60), cluster=cluster, metrics={**metrics, "cpus_nr_throttled": 300.0 * held})
    (row,) = rows(cluster, later(65))
    assert (row.near_limit, row.held_back) == (near, held)


def test_an_ended_container_has_no_present() -> None:
    cluster = told("c1", "c2")
    told("c1", at=later(60), cluster=cluster)
    row = rows(cluster, later(65))[-1]
    assert (row.name, row.state.word, row.use, row.mem_used_ratio) == ("task-of-c2", "Ended", None, None)
    assert row.container.mem_used_bytes == 100 * MIB


def test_what_was_read_too_long_ago_is_no_data_and_not_the_present() -> None:
    (row,) = rows(told("c1"), later(600))
    assert (row.state.word, row.current, row.use) == ("No data", False, None)


def test_a_container_listed_with_an_old_sample_is_not_measured() -> None:
    cluster = told("c1")
    for seconds in (60, 120, 180, 240):
        write_containers(
            cluster, agent_containers(HOST, container_reading("c1"), at=later(seconds)), now=later(seconds)
        )
    (row,) = rows(cluster, later(245))
    assert (row.state.word, row.use) == ("Not measured", None)


def test_a_nested_container_is_named_by_itself_and_stands_below_its_root() -> None:
    cluster = builders.cluster()
    nested = container_reading("n1", parent_id="root", task_name="")
    deeper = container_reading("d1", parent_id="n1", task_name="")
    write_containers(cluster, agent_containers(HOST, deeper, nested, container_reading("root"), container_reading("a")))
    placed = containers.nested(rows(cluster, later(5)))
    assert [(row.name, row.depth) for row in placed] == [("task-of-a", 0), ("task-of-root", 0), ("n1", 1), ("d1", 2)]


def test_containers_nested_in_each_other_are_not_lost() -> None:
    cluster = builders.cluster()
    pair = (container_reading("a", parent_id="b"), container_reading("b", parent_id="a"))
    write_containers(cluster, agent_containers(HOST, *pair, container_reading("c", parent_id="c")))
    placed = containers.nested(rows(cluster, later(5)))
    assert sorted(row.container.container_id for row in placed) == ["a", "b", "c"]


def test_the_busiest_are_roots_and_the_unknown_come_last() -> None:
    cluster = builders.cluster()
    for seconds, base in ((0, 0.0), (60, 60.0)):
        at = later(seconds)
        readings = [
            container_reading(name, at, parent_id=parent, metrics={"cpus_user_time_secs": base * cores})
            for name, cores, parent in (("idle", 0.0, ""), ("busy", 3.0, ""), ("inside", 2.9, "busy"))
        ]
        new = [container_reading("new", at)] if seconds else []
        write_containers(cluster, agent_containers(HOST, *readings, *new, at=at), now=at)
    found = containers.busiest(rows(cluster, later(65)), 10)
    assert [row.container.container_id for row in found] == ["busy", "idle", "new"]


def test_a_nested_container_whose_root_is_not_told_is_not_lost_among_the_busiest() -> None:
    orphan = container_reading("inside", parent_id="nowhere")
    cluster = builders.cluster()
    write_containers(cluster, agent_containers(HOST, orphan, container_reading("root")))
    found = containers.busiest(rows(cluster, later(5)), 10)
    assert sorted(row.container.container_id for row in found) == ["inside", "root"]


def test_the_lists_read_no_packed_counters() -> None:
    cluster = told("c1")
    row = rows(cluster, later(5))[0]
    assert "counters" in row.container.get_deferred_fields()
    assert Container.objects.get().counters
