from __future__ import annotations

import pytest

from collectors.records import Resources
from dashboard.alerts.definition import Measured
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Cluster
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import GIB, agent, later, master, summary, write, write_masters

pytestmark = pytest.mark.django_db
A, B = "10.0.0.101", "10.0.0.102"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def hold(cluster: Cluster, cpus: float, mem_gib: float = 2, *, gpus: float = 0, active: bool = True) -> None:
    total = Resources(cpus=4, mem_bytes=8 * GIB, disk_bytes=100 * GIB, gpus=gpus)
    allocated = Resources(cpus=cpus, mem_bytes=mem_gib * GIB, disk_bytes=50 * GIB, gpus=gpus)
    write_masters(cluster, master(A))
    write(cluster, summary(later(0), agent(total=total, allocated=allocated, active=active)))


def one(key: str, cluster: Cluster) -> Measured:
    (found,) = told(key, cluster).values()
    return found


def test_the_allocated_share_is_told_with_its_basis(cluster: Cluster) -> None:
    hold(cluster, 3.7, mem_gib=7.28)
    assert [one(key, cluster).value for key in ("R19", "R20", "R21")] == pytest.approx([0.925, 0.91, 0.5])
    found = one("R20", cluster)
    assert found.says.replace("\u00a0", " ") == "memory 91 % allocated on active agents"
    assert found.measured_at == later(0)


def test_a_share_above_one_is_legal(cluster: Cluster) -> None:
    hold(cluster, 4.4)
    assert one("R19", cluster).value == pytest.approx(1.1)


def test_nothing_to_allocate_is_no_share_of_zero(cluster: Cluster) -> None:
    hold(cluster, 1, active=False)
    assert (one("R19", cluster).value, one("R19", cluster).why) == (None, "no agent is active")


def test_a_cluster_without_gpus_is_not_judged_by_them(cluster: Cluster) -> None:
    hold(cluster, 1)
    assert told("R21b", cluster) == {}
    hold(cluster, 1, gpus=2)
    assert one("R21b", cluster).value == 1


@pytest.mark.parametrize(("leaders", "why"), [((), "no master leads"), ((A, B), "2 masters say that they lead")])
def test_without_one_leader_allocation_is_not_known(cluster: Cluster, leaders: tuple[str, ...], why: str) -> None:
    hold(cluster, 3.9)
    write_masters(cluster, *(master(host, elected=host in leaders) for host in (A, B)))
    for key in ("R19", "R20", "R21", "R21b", "R22"):
        assert (one(key, cluster).value, one(key, cluster).why) == (None, why)


def test_before_a_summary_nothing_is_known(cluster: Cluster) -> None:
    write_masters(cluster, master(A))
    assert one("R19", cluster).why == "no summary has told it yet"
    assert one("R22", cluster).why == "no summary has told it yet"


def test_time_to_full_needs_three_days(cluster: Cluster) -> None:
    hold(cluster, 3.9)
    found = told("R22", cluster)
    assert set(found) == {"cpu", "mem", "disk"}
    assert found["cpu"].value is None and found["cpu"].why.startswith("known after 3")


def test_allocation_is_back_tested_on_what_it_is_measured_by() -> None:
    history = BY_KEY["R20"].history
    assert history is not None
    assert (history.kind, history.metric, history.of) == ("cluster", "mem_allocated_bytes", "mem_total_bytes")
