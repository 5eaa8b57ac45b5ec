from __future__ import annotations

from collections.abc import Mapping

import pytest

from dashboard.alerts.definition import Measured
from dashboard.models import Cluster
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import later, master, write_masters

pytestmark = pytest.mark.django_db
A, B = "10.0.0.101", "10.0.0.102"
P99 = "allocator/mesos/allocation_run_ms/p99"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def say(
    cluster: Cluster, seconds: float, metrics: Mapping[str, float], standby: Mapping[str, float] | None = None
) -> None:
    at, uptime = later(seconds), 86_400 + seconds
    write_masters(
        cluster,
        master(A, at, elected=True, uptime_seconds=uptime, metrics=dict(metrics)),
        master(B, at, elected=False, uptime_seconds=uptime, metrics=dict(standby or {})),
        now=at,
    )


def one(key: str, cluster: Cluster, seconds: float = 0) -> Measured:
    (found,) = told(key, cluster, later(seconds)).values()
    return found


def test_the_longest_queue_of_the_leader_counts_and_is_named(cluster: Cluster) -> None:
    queues = {"messages": 3.0, "dispatches": 1_240.0, "http_requests": 7.0}
    say(cluster, 0, {f"master/event_queue_{name}": value for name, value in queues.items()})
    found = one("R25", cluster)
    assert (found.value, found.says) == (1_240, f"1,240 dispatches wait for the leading master {A}")


def test_an_old_mesos_that_does_not_tell_is_unknown(cluster: Cluster) -> None:
    say(cluster, 0, {})
    Cluster.objects.update(mesos_version="0.28.2")
    assert one("R26", cluster).why == f"this Mesos 0.28.2 does not tell {P99}"
    for key in ("R25", "R27", "R27b", "R29"):
        assert one(key, cluster).value is None
    assert {found.value for found in told("R28", cluster).values()} == {None}


def test_the_allocator_of_the_leader_is_judged_and_not_a_standbys(cluster: Cluster) -> None:
    say(cluster, 0, {P99: 40.0}, {P99: 9_000.0})
    assert one("R26", cluster).value == 40


def test_slow_writes_count_only_while_there_are_writes(cluster: Cluster) -> None:
    said = {
        "registrar/state_store_ms": 9.0,
        "registrar/state_store_ms/p99": 6_000.0,
        "registrar/state_store_ms/count": 9.0,
    }
    say(cluster, 0, said)
    say(cluster, 60, said)
    idle = one("R27", cluster, 60)
    assert (idle.value, idle.says) == (0, "nothing was written to the registry in 10 min")
    say(cluster, 120, said | {"registrar/state_store_ms/count": 12.0})
    assert one("R27", cluster, 120).value == 6_000


def test_a_single_write_is_no_percentile_and_no_alert(cluster: Cluster) -> None:
    say(cluster, 0, {"registrar/state_store_ms": 8_000.0})
    found = one("R27", cluster)
    assert found.value == 0 and "once" in found.says


def test_each_masters_log_is_judged_by_itself_and_a_silent_one_is_unknown(cluster: Cluster) -> None:
    say(cluster, 0, {"registrar/log/recovered": 1.0}, {"registrar/log/recovered": 0.0})
    found = told("R28", cluster)
    assert {place: one.value for place, one in found.items()} == {A: 1, B: 0}
    assert found[B].says == f"master {B} has not recovered its copy of the registry's log"
    write_masters(cluster, master(A, later(10), metrics={"registrar/log/recovered": 1.0}), silent=(B,), now=later(10))
    assert told("R28", cluster, later(10))[B].value is None


def test_messages_dropped_by_any_master_are_added_up(cluster: Cluster) -> None:
    say(cluster, 0, {"master/dropped_messages": 100.0}, {"master/dropped_messages": 5.0})
    say(cluster, 60, {"master/dropped_messages": 107.0}, {"master/dropped_messages": 9.0})
    assert one("R29", cluster, 60).value == 11


def test_writes_that_wait_for_the_registry_are_counted(cluster: Cluster) -> None:
    say(cluster, 0, {"registrar/queued_operations": 12.0})
    assert one("R27b", cluster).value == 12
