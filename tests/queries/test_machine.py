from __future__ import annotations

import numpy as np
import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import machine, machine_history, machine_in_words, window
from dashboard.queries.machine import Node
from dashboard.queries.machine_history import History
from dashboard.tiers import Tier
from tests import builders
from tests.builders import (
    GIB,
    NOON,
    agent,
    filesystem,
    host_metrics,
    interface,
    later,
    master,
    node_health,
    report,
    summary,
    unit,
    write,
    write_machines,
    write_masters,
)

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"
OUT = 5e6


def watched(*minutes: int, kind: str = "dcos") -> Cluster:
    """A machine read each of these minutes after NOON: 1 kB/s in, 2 kB/s out."""
    cluster = builders.cluster(kind=kind)
    for minute in minutes:
        at = later(60 * minute)
        write(cluster, summary(at, agent(HOST)))
        traffic = interface("eth0", 60_000.0 * minute, 120_000.0 * minute)
        write_machines(cluster, host_metrics(HOST, at, interfaces=(traffic,)))
    return cluster


def found(cluster: Cluster, at: float = 0, host: str = HOST) -> Node:
    node = machine.node(Cluster.objects.get(pk=cluster.pk), host, later(at))
    assert node is not None
    return node


def history(cluster: Cluster, at: float) -> History:
    return machine_history.history(cluster, HOST, [5051], window.of("1h", later(at)))


def verdict(node: Node, at: float = 0) -> str:
    mark, say = machine_in_words.verdict(node, later(at))
    return f"{mark.word}: {say}".replace("\u00a0", " ")


def test_a_host_that_was_never_seen_is_none() -> None:
    assert machine.node(watched(0), "10.9.9.9", NOON) is None


def test_filesystems_come_fullest_first_and_old_ones_last() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(HOST)))
    gone, full = filesystem("/mnt", 99, 1), filesystem("/var", 80, 20)
    write_machines(cluster, host_metrics(HOST, filesystems=(gone, filesystem("/"), full)))
    write_machines(cluster, host_metrics(HOST, later(600), filesystems=(filesystem("/"), full)))
    write(cluster, summary(later(600), agent(HOST)))
    disks = found(cluster, 600).disks
    assert [(disk.filesystem.path, disk.current) for disk in disks][:2] == [("/var", True), ("/", True)]
    assert all(not disk.current for disk in disks[2:])


def test_a_filesystem_without_a_number_of_inodes_has_no_share_of_them() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(HOST)))
    counted = filesystem("/a", inodes_used=30.0, inodes_free=70.0)
    write_machines(cluster, host_metrics(HOST, filesystems=(counted, filesystem("/b"))))
    assert {disk.filesystem.path: disk.inodes_ratio for disk in found(cluster).disks} == {"/a": 0.3, "/b": None}


def test_units_here_come_worst_first_and_events_are_of_this_host() -> None:
    cluster = watched(0)
    write(cluster, summary(later(5), agent(HOST), agent("10.0.0.2")))
    write(cluster, report(later(5), node_health(HOST, unit("dcos-a.service"), unit("dcos-b.service"))))
    write(cluster, report(later(65), node_health(HOST, unit("dcos-a.service"), unit("dcos-b.service", 1))))
    lost = (agent(HOST, active=False), agent("10.0.0.2", active=False))
    write(cluster, summary(later(65), *lost))
    node = found(cluster, 70)
    assert [row.unit for row in node.units] == ["dcos-b.service", "dcos-a.service"]
    assert {event.text for event in node.events} == {
        f"{HOST} lost its connection to Mesos",
        f"b.service unhealthy on {HOST}",
    }


def test_the_verdict_is_the_worst_that_is_known() -> None:
    cluster = watched(0)
    assert verdict(found(cluster), 0).startswith("Active: since 12:00:00")
    full = host_metrics(HOST, later(60), filesystems=(filesystem("/var", 95, 5),))
    write_machines(cluster, full)
    write(cluster, summary(later(60), agent(HOST)))
    assert verdict(found(cluster, 60), 60) == "Nearly full: /var is 95 % full"
    write(cluster, report(later(60), node_health(HOST, unit("dcos-net.service", 1))))
    assert verdict(found(cluster, 60), 60) == "Unhealthy: net.service unhealthy for 0 s"
    write(cluster, summary(later(70), agent(HOST, active=False)))
    assert verdict(found(cluster, 75), 75) == "Silent: since 12:01:10, 5 s; 3 tasks at risk"


def test_old_figures_are_not_called_the_present() -> None:
    node = found(watched(0), 600)
    assert verdict(node, 600) == "No data: last seen active at 12:00:00, 10 min ago"
    assert machine_in_words.why_unmeasured(node) == "no poll has ended since"


def test_why_a_machine_is_not_measured() -> None:
    lab = builders.cluster("lab", kind="mesos")
    write(lab, summary(NOON, agent(HOST)))
    assert "plain Mesos" in machine_in_words.why_unmeasured(found(lab))
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(HOST)))
    assert machine_in_words.why_unmeasured(found(cluster)) == "it has not been asked by itself yet"
    write_machines(cluster, host_metrics("10.0.0.2"), silent=(HOST,))
    assert "connection refused" in machine_in_words.why_unmeasured(found(cluster))
    write_machines(cluster, host_metrics(HOST))
    assert machine_in_words.why_unmeasured(found(cluster)) == ""


def test_a_master_is_a_node_too() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"))
    node = found(cluster, host="10.0.0.101")
    assert (node.row.kind, machine_in_words.title(node.row), verdict(node)) == (
        "master",
        "Master",
        "Leading: process up 1 h",
    )


def test_the_history_has_use_and_allocation_on_the_same_steps() -> None:
    past = history(watched(0, 1, 2, 3), 180)
    for values, value in (
        (past.cpu_used, 0.25),
        (past.cpu_allocated, 0.25),
        (past.load, 1.5),
        (past.memory_used, 2 * GIB),
        (past.memory_cached, 3 * GIB),
        (past.memory_allocated, 2 * GIB),
        (past.network_in, 1000),
        (past.network_out, 2000),
        (past.errors, 0),
        (past.processes, 200),
    ):
        assert len(values) == past.window.steps
        assert np.nanmax(values) == np.nanmin(values) == pytest.approx(value)
    assert past.filesystems[0].path == "/"
    assert past.filesystems[0].latest == pytest.approx(1 / 3)


def test_of_many_filesystems_only_those_asked_for_are_read() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(HOST)))
    write_machines(cluster, host_metrics(HOST, filesystems=tuple(filesystem(f"/data{n}") for n in range(9))))
    asked = machine_history.history(cluster, HOST, [5051], window.of("1h", NOON), paths=["/data3", "/gone"])
    assert ([one.path for one in asked.filesystems], asked.filesystems_known) == (["/data3"], 9)
    assert len(history(cluster, 0).filesystems) == 9


def test_a_minute_without_an_answer_is_a_gap_in_every_line() -> None:
    past = history(watched(0, 1, 2, 6, 7, 8), 480)
    measured = [past.window.moment(int(step)) for step in np.flatnonzero(np.isfinite(past.cpu_used))]
    assert [(moment - NOON).total_seconds() / 60 for moment in measured] == [0, 1, 2, 6, 7, 8]
    assert np.isfinite(past.network_in).sum() == 4


def test_a_lost_agent_has_no_allocation_of_zero() -> None:
    cluster = watched(0, 1)
    write(cluster, summary(later(120), agent(HOST, active=False)))
    past = history(cluster, 120)
    assert np.nanmin(past.memory_allocated) == 2 * GIB
    assert np.nanmin(past.cpu_allocated) == 0.25


def test_one_interface_that_began_anew_makes_the_sum_unknown_and_not_smaller() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(HOST)))
    for minute, anew in enumerate((1e6, 2e6, 5.0, 1e6, 2e6)):
        pair = (interface("eth0", 6e4 * minute, OUT), interface("eth1", anew, OUT))
        write_machines(cluster, host_metrics(HOST, later(60 * minute), interfaces=pair))
    past = history(cluster, 240)
    assert np.isfinite(past.network_in).sum() == 3


def test_a_boot_and_a_change_of_state_are_marked_where_they_were() -> None:
    cluster = watched(0, 1)
    write(cluster, summary(later(90), agent(HOST, active=False)))
    for minute, uptime in ((2, 4000.0), (3, 25.0), (4, 85.0)):
        write_machines(cluster, host_metrics(HOST, later(60 * minute), metrics={"system.uptime": uptime}))
    marked = [(one.text, one.mark, (one.taken_at - NOON).total_seconds()) for one in history(cluster, 240).happenings]
    assert marked == [(f"{HOST} lost its connection to Mesos", "bad", 90), (f"{HOST} booted", "warn", 155)]


def test_a_step_of_four_minutes_is_the_mean_of_its_readings_and_no_gap_comes_of_it() -> None:
    cluster = watched(*range(0, 30))
    long = machine_history.history(cluster, HOST, [5051], machine_history.asked("24h", later(29 * 60)))
    assert long.window.step_seconds == 240
    assert np.isfinite(long.cpu_used).sum() == np.isfinite(long.memory_allocated).sum() == 8
    assert np.isfinite(long.network_in).sum() == 8


def test_a_range_that_reaches_back_further_than_figures_do_says_since_when_there_are_any() -> None:
    cluster = watched(*range(0, 30))
    long = machine_history.history(cluster, HOST, [5051], machine_history.asked("30d", later(29 * 60)))
    assert (long.window.name, long.window.step_seconds, long.window.tier) == ("30d", 7200, Tier.HOURS)
    assert long.begins_at == NOON
    assert np.isfinite(long.cpu_used).sum() == 1
    assert history(cluster, 29 * 60).begins_at == NOON


def test_what_is_lost_with_an_agent_is_told_with_its_amounts() -> None:
    cluster = watched(0)
    assert machine_in_words.at_risk(found(cluster)) == ""
    write(cluster, summary(later(60), agent(HOST, active=False)))
    said = machine_in_words.at_risk(found(cluster, 60)).replace("\u00a0", " ")
    assert said.startswith("3 tasks may be gone or cut off, with 1 core, 2 GiB of memory, 10 GiB of disk allocated")


def test_a_machine_that_never_told_anything_has_no_history() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(HOST)))
    assert not history(cluster, 0).measured


def test_the_price_is_the_same_for_any_number_of_filesystems(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, *(agent(f"10.0.0.{number}") for number in range(30))))
    disks = tuple(filesystem(f"/data{number}") for number in range(20))
    write_machines(cluster, host_metrics(HOST, filesystems=disks))
    with django_assert_num_queries(11):  # one more where Mesos counts an agent as unreachable
        machine.node(cluster, HOST, NOON)
    with django_assert_num_queries(4):
        history(cluster, 0)
