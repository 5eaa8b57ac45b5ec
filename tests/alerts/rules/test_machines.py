from __future__ import annotations

import pytest

from dashboard.models import Cluster, Node
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import GIB, NOON, agent, filesystem, host_metrics, later, summary, write, write_machines

pytestmark = pytest.mark.django_db
SHORT = {"memory.free": 0.2 * GIB, "memory.buffers": 0.1 * GIB, "memory.cached": 0.1 * GIB}
CACHED = {"memory.free": 0.2 * GIB, "memory.buffers": 0.5 * GIB, "memory.cached": 4.0 * GIB}


@pytest.fixture
def cluster() -> Cluster:
    cluster = builders.cluster()
    write(cluster, summary(NOON, *(agent(f"10.0.0.{number}") for number in (1, 2, 3))))
    return cluster


def test_the_busiest_machine_is_told_and_those_that_are_fine_are_left_out(cluster: Cluster) -> None:
    loads = {"10.0.0.1": 95.0, "10.0.0.2": 40.0, "10.0.0.3": 30.0}
    write_machines(cluster, *(host_metrics(host, metrics={"cpu.total": busy}) for host, busy in loads.items()))
    found = told("R34", cluster)
    assert list(found) == ["10.0.0.1"]
    assert (found["10.0.0.1"].value, found["10.0.0.1"].host) == (0.95, "10.0.0.1")
    assert found["10.0.0.1"].says == "10.0.0.1: 95\u00a0% of all cores busy"


def test_where_all_are_fine_the_nearest_is_told(cluster: Cluster) -> None:
    write_machines(cluster, *(host_metrics(f"10.0.0.{at}", metrics={"cpu.total": 10.0 * at}) for at in (1, 2, 3)))
    assert {host: one.value for host, one in told("R34", cluster).items()} == {"10.0.0.3": 0.3}


def test_one_whose_alert_is_open_is_told_though_it_is_fine(cluster: Cluster) -> None:
    write_machines(cluster, *(host_metrics(f"10.0.0.{at}", metrics={"cpu.total": 10.0 * at}) for at in (1, 2, 3)))
    assert told("R34", cluster, opened=frozenset({"10.0.0.1"}))["10.0.0.1"].value == 0.1


def test_page_cache_is_memory_that_can_be_had(cluster: Cluster) -> None:
    machines = [host_metrics("10.0.0.1", metrics=CACHED), host_metrics("10.0.0.2", metrics=SHORT)]
    write_machines(cluster, *machines, host_metrics("10.0.0.3"))
    found = told("R36", cluster)
    assert list(found) == ["10.0.0.2"]
    assert found["10.0.0.2"].value == pytest.approx(0.05)


def test_a_machine_whose_figures_are_late_is_unknown_and_says_why(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1", metrics=SHORT), host_metrics("10.0.0.2"))
    write_machines(cluster, host_metrics("10.0.0.2", later(600)), silent=("10.0.0.1",))
    found = told("R36", cluster, later(600))
    assert found["10.0.0.1"].value is None
    assert found["10.0.0.1"].why == "not measured for 10\u00a0min: connection refused — refused"
    assert (found["10.0.0.3"].value, found["10.0.0.3"].why) == (None, "never measured")
    assert found["10.0.0.2"].value == pytest.approx(0.75)


def test_the_machine_of_an_agent_that_left_is_no_subject_any_more(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1"), host_metrics("10.0.0.9", metrics=SHORT))
    write_machines(cluster, host_metrics("10.0.0.1", later(600)))
    assert "10.0.0.9" not in told("R36", cluster, later(600))


def test_load_is_told_by_core_and_swap_by_what_there_is_of_it(cluster: Cluster) -> None:
    metrics = {"load.5min": 10.0, "swap.total": 4.0 * GIB, "swap.used": 1.0 * GIB}
    write_machines(
        cluster,
        host_metrics("10.0.0.1", metrics=metrics),
        host_metrics("10.0.0.2", metrics={"load.5min": 1.0, "swap.total": 0.0, "swap.used": 0.0}),
        host_metrics("10.0.0.3", metrics={"load.5min": None}),
    )
    assert told("R35", cluster)["10.0.0.1"].value == 2.5
    assert told("R35", cluster)["10.0.0.3"].value is None
    assert told("R37", cluster)["10.0.0.1"].value == 0.25
    assert told("R37", cluster, opened=frozenset({"10.0.0.2"}))["10.0.0.2"].value == 0.0


def test_one_boot_is_no_alert_and_two_within_the_hour_are(cluster: Cluster) -> None:
    uptimes = {"10.0.0.1": (9000, 9060, 30, 90, 20), "10.0.0.2": (9000, 9060, 30, 90, 150)}
    for minute in range(5):
        at = later(60 * minute)
        write_machines(
            cluster,
            *(host_metrics(host, at, metrics={"system.uptime": told[minute]}) for host, told in uptimes.items()),
        )
    found = told("R42", cluster, later(240), opened=frozenset(uptimes))
    assert {host: one.value for host, one in found.items() if one.value is not None} == {"10.0.0.1": 2, "10.0.0.2": 1}


def test_many_processes_are_an_explosion_only_beside_the_usual_number(cluster: Cluster) -> None:
    for hour in range(4):
        at = later(3600 * hour)
        counts = {"10.0.0.1": 1000 if hour < 3 else 8000, "10.0.0.2": 8000}
        write_machines(
            cluster, *(host_metrics(host, at, metrics={"process.count": count}) for host, count in counts.items())
        )
    found = told("R43", cluster, later(3 * 3600), opened=frozenset({"10.0.0.2"}))
    assert (found["10.0.0.1"].value, found["10.0.0.2"].value) == (8.0, 1.0)


def test_a_clock_ahead_is_told_to_the_second_and_figures_refused_for_it_count_too(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1", later(45)), host_metrics("10.0.0.2"), now=NOON)
    write_machines(cluster, host_metrics("10.0.0.3", later(3600)), now=NOON)
    found = told("R67", cluster, opened=frozenset({"10.0.0.2"}))
    assert found["10.0.0.1"].value == 45
    assert found["10.0.0.2"].value == 0
    assert found["10.0.0.3"].value == 600
    assert "60 min ahead of our clock" in found["10.0.0.3"].says


def test_a_full_filesystem_of_mesos_is_critical_five_points_sooner(cluster: Cluster) -> None:
    disks = (filesystem("/var/lib/mesos", 86, 14), filesystem("/data", 86, 14), filesystem("/", 10, 90))
    write_machines(cluster, host_metrics("10.0.0.1", filesystems=disks), host_metrics("10.0.0.2"))
    found = told("R38", cluster)
    assert set(found) == {"10.0.0.1|/var/lib/mesos", "10.0.0.1|/data"}
    assert found["10.0.0.1|/data"].value == found["10.0.0.1|/data"].critical_value == 0.86
    assert found["10.0.0.1|/var/lib/mesos"].critical_value == pytest.approx(0.91)


def test_filesystems_of_a_silent_machine_are_unknown_not_fine(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1", filesystems=(filesystem("/", 95, 5),)), host_metrics("10.0.0.2"))
    write_machines(cluster, host_metrics("10.0.0.2", later(900)), silent=("10.0.0.1",))
    found = told("R38", cluster, later(900))
    assert found["10.0.0.1|/"].value is None
    assert found["10.0.0.1|/"].why.startswith("not measured for 15\u00a0min")


def test_no_inodes_to_count_is_none_used_up_and_not_unknown(cluster: Cluster) -> None:
    disks = (filesystem("/btrfs"), filesystem("/ext4", inodes_total=100, inodes_used=96, inodes_free=4))
    write_machines(cluster, host_metrics("10.0.0.1", filesystems=disks))
    found = told("R39", cluster, opened=frozenset({"10.0.0.1|/btrfs"}))
    assert found["10.0.0.1|/ext4"].value == pytest.approx(0.96)
    assert found["10.0.0.1|/btrfs"].value == 0.0


def test_a_filesystem_that_fills_is_told_with_the_time_it_has_left(cluster: Cluster) -> None:
    for hour in range(9):
        disks = (filesystem("/", 50 + 5 * hour, 50 - 5 * hour), filesystem("/still", 50, 50))
        write_machines(cluster, host_metrics("10.0.0.1", later(3600 * hour), filesystems=disks))
    found = told("R40", cluster, later(8 * 3600), opened=frozenset({"10.0.0.1|/still"}))
    assert found["10.0.0.1|/"].value == pytest.approx(2 * 3600, rel=0.05)
    assert (found["10.0.0.1|/still"].value or 0) > 300 * 86_400


def test_a_filesystem_watched_for_an_hour_has_no_pace_yet(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1"))
    found = told("R40", cluster)["10.0.0.1|/"]
    assert (found.value, found.why) == (None, "known after 6\u00a0h of figures")


def test_a_clock_that_is_set_right_after_a_boot_is_no_second_boot(cluster: Cluster) -> None:
    for minute, uptime, ahead in ((0, 9000, 0), (1, 30, -100), (2, 90, 0), (3, 150, 0)):
        at, now = later(60 * minute + ahead), later(60 * minute)
        write_machines(cluster, host_metrics("10.0.0.1", at, metrics={"system.uptime": uptime}), now=now)
    assert told("R42", cluster, later(180), opened=frozenset({"10.0.0.1"}))["10.0.0.1"].value == 1


def test_of_a_machine_whose_agent_left_no_filesystem_and_no_clock_is_told(cluster: Cluster) -> None:
    full = (filesystem("/", 95, 5),)
    write_machines(cluster, host_metrics("10.0.0.1", later(45), filesystems=full), host_metrics("10.0.0.2"), now=NOON)
    Node.objects.filter(host="10.0.0.1").update(state=Node.State.UNREGISTERED)
    write_machines(cluster, host_metrics("10.0.0.2", later(900)))
    assert "10.0.0.1|/" not in told("R38", cluster, later(900), opened=frozenset({"10.0.0.1|/"}))
    assert "10.0.0.1" not in told("R67", cluster, later(900), opened=frozenset({"10.0.0.1"}))


def test_of_a_machine_whose_agent_is_unreachable_the_figures_are_unknown_and_not_gone(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1", metrics=SHORT), host_metrics("10.0.0.2"))
    Node.objects.filter(host="10.0.0.1").update(state=Node.State.UNREACHABLE)
    write_machines(cluster, host_metrics("10.0.0.2", later(900)))
    assert told("R36", cluster, later(900))["10.0.0.1"].value is None
