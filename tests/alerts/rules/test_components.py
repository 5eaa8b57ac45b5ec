from __future__ import annotations

import pytest

from dashboard.models import Cluster
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import NOON, later, node_health, report, unit, write

pytestmark = pytest.mark.django_db
NET, MESOS = "dcos-net.service", "dcos-mesos-slave.service"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def test_a_sick_unit_is_told_where_it_is_and_only_what_all_hangs_on_is_critical(cluster: Cluster) -> None:
    first = node_health("10.0.0.1", unit(NET, 1), unit(MESOS, 1), unit("dcos-pkgpanda-api.service", 0))
    write(cluster, report(NOON, first, node_health("10.0.0.2", unit(NET, 0), unit(MESOS, 0))))
    found = told("R31", cluster)
    assert set(found) == {f"{NET}/10.0.0.1", f"{MESOS}/10.0.0.1"}
    assert (found[f"{NET}/10.0.0.1"].value, found[f"{NET}/10.0.0.1"].critical_value) == (1.0, 0.0)
    assert (found[f"{MESOS}/10.0.0.1"].value, found[f"{MESOS}/10.0.0.1"].critical_value) == (1.0, 1.0)
    assert found[f"{MESOS}/10.0.0.1"].host == "10.0.0.1"
    assert found[f"{MESOS}/10.0.0.1"].reason == MESOS


def test_a_unit_of_a_dark_node_is_unknown_and_not_healed(cluster: Cluster) -> None:
    write(cluster, report(NOON, node_health("10.0.0.1", unit(NET, 1))))
    write(cluster, report(later(60), node_health("10.0.0.1", dark=True)))
    found = told("R31", cluster, later(60), opened=frozenset({f"{NET}/10.0.0.1"}))
    assert found[f"{NET}/10.0.0.1"].value is None
    assert found[f"{NET}/10.0.0.1"].why
    assert found["10.0.0.1"].value is None


def test_a_unit_that_healed_is_told_once_more_while_its_alert_is_open(cluster: Cluster) -> None:
    write(cluster, report(NOON, node_health("10.0.0.1", unit(NET, 1))))
    write(cluster, report(later(60), node_health("10.0.0.1", unit(NET, 0))))
    found = told("R31", cluster, later(60), opened=frozenset({f"{NET}/10.0.0.1"}))
    assert found[f"{NET}/10.0.0.1"].value == 0.0


def test_all_healthy_is_known_and_not_nothing(cluster: Cluster) -> None:
    write(cluster, report(NOON, node_health("10.0.0.1", unit(NET, 0))))
    for key in ("R31", "R32", "R33"):
        assert [one.value for one in told(key, cluster).values()] == [0.0]


def test_half_of_the_nodes_that_tell_counts_and_dark_ones_tell_nothing(cluster: Cluster) -> None:
    nodes = [node_health("10.0.0.1", unit(NET, 1)), node_health("10.0.0.2", unit(NET, 0))]
    write(cluster, report(NOON, *nodes, node_health("10.0.0.3", dark=True)))
    assert told("R32", cluster)[NET].value == 0.5


def test_one_node_alone_is_not_the_whole_cluster(cluster: Cluster) -> None:
    write(cluster, report(NOON, node_health("10.0.0.1", unit(NET, 1))))
    assert NET not in told("R32", cluster)


def test_a_unit_that_comes_and_goes_is_counted_and_darkness_is_no_change_of_it(cluster: Cluster) -> None:
    for minute, health in enumerate((0, 1, 0, 1)):
        write(cluster, report(later(60 * minute), node_health("10.0.0.1", unit(NET, health))))
    write(cluster, report(later(300), node_health("10.0.0.1", dark=True)))
    assert told("R33", cluster, later(300))[f"{NET}/10.0.0.1"].value == 3.0
    calm = told("R33", cluster, later(4000), opened=frozenset({f"{NET}/10.0.0.1"}))
    assert calm[f"{NET}/10.0.0.1"].value == 0.0
