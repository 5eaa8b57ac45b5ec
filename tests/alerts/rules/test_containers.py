from __future__ import annotations

from collections.abc import Mapping

import pytest

from dashboard.models import Cluster
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import GIB, MIB, agent_containers, container_reading, later, write_containers

pytestmark = pytest.mark.django_db
NEAR, FAR = {"mem_rss_bytes": 0.95 * GIB}, {"mem_rss_bytes": 0.5 * GIB}


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def write(
    cluster: Cluster, *containers: Mapping[str, float | None], host: str = "10.0.0.1", seconds: float = 0
) -> None:
    at = later(seconds)
    told = [container_reading(f"c{place}", at, metrics=dict(metrics)) for place, metrics in enumerate(containers)]
    write_containers(cluster, agent_containers(host, *told, at=at), now=at)


def test_a_container_near_its_limit_is_told_and_those_far_from_it_are_left_out(cluster: Cluster) -> None:
    write(cluster, NEAR, FAR, FAR)
    found = told("R45", cluster)
    assert {subject: one.value for subject, one in found.items()} == {"10.0.0.1/c0": 0.95}
    assert (found["10.0.0.1/c0"].name, found["10.0.0.1/c0"].host) == ("task-of-c0", "10.0.0.1")


def test_file_cache_is_not_counted_where_only_the_total_is_told(cluster: Cluster) -> None:
    cached = {"mem_rss_bytes": None, "mem_total_bytes": 1000.0 * MIB, "mem_cache_bytes": 800.0 * MIB}
    write(cluster, cached)
    assert told("R45", cluster)["10.0.0.1/c0"].value == pytest.approx(200 / 1024)


def test_a_limit_of_nothing_is_no_limit(cluster: Cluster) -> None:
    write(cluster, {**NEAR, "mem_limit_bytes": 0.0, "disk_limit_bytes": 0.0}, FAR)
    assert list(told("R45", cluster)) == ["10.0.0.1/c1"]
    assert list(told("R47", cluster)) == ["10.0.0.1/c1"]


def test_a_container_that_is_fine_again_is_told_while_its_alert_is_open(cluster: Cluster) -> None:
    write(cluster, NEAR, FAR, FAR)
    assert told("R45", cluster, opened=frozenset({"10.0.0.1/c2"}))["10.0.0.1/c2"].value == 0.5


def test_a_container_of_a_silent_agent_is_unknown(cluster: Cluster) -> None:
    write(cluster, NEAR)
    write(cluster, FAR, host="10.0.0.2", seconds=600)
    found = told("R45", cluster, later(600))
    assert (found["10.0.0.1/c0"].value, found["10.0.0.1/c0"].why) == (None, "not measured for 10\u00a0min")
    assert found["10.0.0.2/c0"].value == 0.5


def test_being_held_back_is_a_share_of_the_periods_between_two_samples(cluster: Cluster) -> None:
    write(cluster, {"cpus_nr_periods": 1000.0, "cpus_nr_throttled": 0.0})
    write(cluster, {"cpus_nr_periods": 1600.0, "cpus_nr_throttled": 360.0}, seconds=60)
    assert told("R44", cluster, later(60))["10.0.0.1/c0"].value == 0.6


def test_pressure_is_counted_of_those_near_their_limit_and_not_told_is_not_none(cluster: Cluster) -> None:
    for seconds, pressed in ((0, 1.0), (60, 1.0), (120, 4.0)):
        near = {**NEAR, "mem_critical_pressure_counter": pressed}
        write(cluster, near, NEAR, {**FAR, "mem_critical_pressure_counter": pressed}, seconds=seconds)
    found = told("R46", cluster, later(120))
    assert found["10.0.0.1/c0"].value == 3.0
    assert (found["10.0.0.1/c1"].value, found["10.0.0.1/c1"].why[:25]) == (None, "its agent does not tell h")
    assert "10.0.0.1/c2" not in found
