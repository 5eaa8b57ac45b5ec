from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import failures_at_risk
from dashboard.queries.failures_at_risk import CANNOT, CANNOT_TELL, RESTARTS
from tests import builders
from tests.builders import GIB, agent, agent_containers, container_reading, summary, write, write_containers

pytestmark = pytest.mark.django_db

LOST = "10.0.0.9"
QUERIES = 5


def cluster_of(*others: str, public: tuple[str, ...] = ()) -> Cluster:
    cluster = builders.cluster()
    hosts = [LOST, *others]
    write(cluster, summary(builders.NOON, *(agent(host, public=host in public) for host in hosts)))
    return cluster


def run(cluster: Cluster, *mem_gib: float, framework_id: str = "id-of-marathon") -> None:
    readings = [
        container_reading(f"{framework_id}-{number}", framework_id=framework_id, metrics={"mem_limit_bytes": gib * GIB})
        for number, gib in enumerate(mem_gib)
    ]
    write_containers(cluster, agent_containers(LOST, *readings))


def test_what_has_room_elsewhere_restarts_and_the_host_itself_is_no_place() -> None:
    cluster = cluster_of("10.0.0.1", "10.0.0.2")
    run(cluster, 1, 2)
    found = failures_at_risk.risk(cluster, LOST)
    (row,) = found.rows
    assert (row.framework, row.tasks, row.of, row.mark, row.agents) == ("marathon", 2, 3, RESTARTS, 2)
    assert (found.tasks, found.cannot, found.agents) == (2, 0, 2)


def test_what_fits_on_no_other_agent_cannot_restart() -> None:
    cluster = cluster_of("10.0.0.1")
    run(cluster, 1, 500)
    found = failures_at_risk.risk(cluster, LOST)
    (row,) = found.rows
    assert (row.mark, row.cannot, row.agents, found.cannot) == (CANNOT, 1, 0, 1)


def test_a_size_that_is_not_known_is_no_reason_for_hope() -> None:
    cluster = cluster_of("10.0.0.1")
    reading = container_reading("c1", metrics={"mem_limit_bytes": None})
    write_containers(cluster, agent_containers(LOST, reading))
    found = failures_at_risk.risk(cluster, LOST)
    assert (found.rows[0].mark, found.rows[0].largest, found.unknown) == (CANNOT_TELL, None, 1)


def test_a_public_agent_is_no_place_for_what_ran_on_a_private_one() -> None:
    cluster = cluster_of("10.0.0.1", public=("10.0.0.1",))
    run(cluster, 1)
    assert failures_at_risk.risk(cluster, LOST).rows[0].mark is CANNOT


def test_those_that_cannot_restart_come_first() -> None:
    cluster = cluster_of("10.0.0.1")
    few = [container_reading("s", framework_id="spark", metrics={"mem_limit_bytes": 500.0 * GIB})]
    many = [container_reading(f"m{number}") for number in range(5)]
    write_containers(cluster, agent_containers(LOST, *many, *few))
    assert [row.mark for row in failures_at_risk.risk(cluster, LOST).rows] == [CANNOT, RESTARTS]


def test_hundreds_of_containers_cost_five_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = cluster_of(*(f"10.0.1.{number}" for number in range(50)))
    run(cluster, *(1 + number / 100 for number in range(300)))
    with django_assert_num_queries(QUERIES):
        found = failures_at_risk.risk(cluster, LOST)
    assert found.tasks == 300
    assert found.rows[0].mark is CANNOT_TELL, "more sizes than are looked at: what was not looked at is not promised"


def test_a_host_of_which_nothing_is_known_has_nothing_at_risk() -> None:
    assert failures_at_risk.risk(builders.cluster(), "10.9.9.9").rows == ()
