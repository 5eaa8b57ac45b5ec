from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import container_use
from dashboard.queries.freshness import Freshness
from dashboard.store import container_totals
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import MIB, NOON, agent, agent_containers, container_reading, later, summary, write_containers

pytestmark = pytest.mark.django_db

NBSP = "\N{NO-BREAK SPACE}"
HOSTS = ("10.0.0.1", "10.0.0.2")


@pytest.fixture
def cluster() -> Cluster:
    """Two agents, each with a task of Marathon and one of Kafka, measured at NOON and a minute before."""
    made = builders.cluster()
    builders.write(made, summary(later(-60), *(agent(host) for host in HOSTS)))
    for seconds in (-60, 0):
        answer(made, *HOSTS, seconds=seconds)
    return Cluster.objects.get()


def answer(cluster: Cluster, *hosts: str, seconds: float) -> None:
    at = later(seconds)
    said = [
        agent_containers(
            host, *(container_reading(f"{owner}-{host}", at, framework_id=owner) for owner in ("F1", "F2"))
        )
        for host in hosts
    ]
    write_containers(cluster, *said)
    writing = Writing(cluster=Cluster.objects.get(pk=cluster.pk), tick=int(at.timestamp()), now=at)
    container_totals.write(writing)


def test_the_use_of_each_framework_with_how_much_of_it_was_measured(
    cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        found = container_use.of_frameworks(cluster, later(10))
    assert set(found) == {"F1", "F2"}
    use = found["F1"]
    assert (use.mem_used_bytes, use.disk_used_bytes, use.containers) == (200 * MIB, 20 * MIB, 2)
    assert use.cpus_used == pytest.approx(1)
    assert (use.taken_at, use.age_seconds, use.freshness) == (NOON, 10, Freshness.FRESH)
    assert use.coverage("cpus_used") == f"2 of 2{NBSP}containers measured, 2 of 2{NBSP}agents answered"


def test_a_silent_agent_and_new_containers_show_in_the_coverage(cluster: Cluster) -> None:
    answer(cluster, "10.0.0.1", seconds=360)
    use = container_use.of_frameworks(cluster, later(360))["F1"]
    assert (use.cpus_used, use.mem_used_bytes) == (None, 100 * MIB)
    assert use.coverage("cpus_used") == f"0 of 1{NBSP}container measured, 1 of 2{NBSP}agents answered"
    assert use.coverage("mem_used_bytes") == f"1 of 1{NBSP}container measured, 1 of 2{NBSP}agents answered"


def test_what_is_too_old_is_not_the_present(cluster: Cluster) -> None:
    old = container_use.of_frameworks(cluster, later(181))["F1"]
    assert (old.freshness, old.current, old.age_seconds) == (Freshness.NO_DATA, False, 181)
    assert container_use.of_frameworks(cluster, later(150))["F1"].current


def test_a_framework_that_runs_nothing_any_more_is_in_no_total(cluster: Cluster) -> None:
    at = later(60)
    write_containers(
        cluster, *(agent_containers(host, container_reading("c", at, framework_id="F2")) for host in HOSTS)
    )
    container_totals.write(Writing(cluster=cluster, tick=int(at.timestamp()), now=at))
    assert set(container_use.of_frameworks(cluster, at)) == {"F2"}


def test_before_anything_was_measured_nothing_is_known(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    made = builders.cluster()
    with django_assert_num_queries(2):
        assert container_use.of_frameworks(made, NOON) == {}


def test_another_cluster_s_framework_is_none_of_this_one(cluster: Cluster) -> None:
    other = builders.cluster("other")
    assert container_use.of_frameworks(other, later(10)) == {}
