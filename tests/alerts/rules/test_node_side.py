"""What holds for all rules about nodes together: their price, and that odd data breaks none of them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.alerts import catalogue
from dashboard.alerts.definition import Definition
from dashboard.alerts.facts import Facts
from dashboard.alerts.rules import (
    agent_processes,
    clocks,
    collection,
    components,
    containers,
    filesystems,
    machine_lives,
    machines,
    network,
)
from dashboard.models import Cluster, Filesystem
from tests import builders
from tests.alerts.rules.judging import facts
from tests.builders import NOON, later
from tests.cost import least_cpu_seconds

pytestmark = pytest.mark.django_db
MODULES = (
    *(collection, agent_processes, components, machines, machine_lives, filesystems),
    *(network, containers, clocks),
)
RULES: tuple[Definition, ...] = tuple(rule for module in MODULES for rule in module.RULES)


def fleet(nodes: int, name: str = "prod") -> Cluster:
    """Half of them full, sick and about to be killed for memory; two minutes of figures of each."""
    cluster = builders.cluster(name)
    hosts = [f"10.0.{at // 250}.{at % 250 + 1}" for at in range(nodes)]
    builders.write(cluster, builders.summary(NOON, *map(builders.agent, hosts)))
    for minute in (0, 1):
        at = later(60 * minute)
        disks = (builders.filesystem("/", 95, 5), builders.filesystem("/data", 10, 90))
        near = builders.container_reading("c1", at, metrics={"mem_rss_bytes": 0.98 * builders.GIB})
        builders.write_machines(cluster, *(builders.host_metrics(host, at, filesystems=disks) for host in hosts))
        errors = {"slave/container_launch_errors": 5.0 * minute}
        builders.write_agents(cluster, *(builders.agent_snapshot(host, at, metrics=errors) for host in hosts))
        builders.write_containers(cluster, *(builders.agent_containers(host, near, at=at) for host in hosts))
        sick = [builders.node_health(host, builders.unit(health=minute)) for host in hosts]
        builders.write(cluster, builders.report(at, *sick))
    return cluster


def judged(found: Facts) -> dict[str, int]:
    """How many subjects each rule told of."""
    return {rule.key: len(list(rule.measure(found, catalogue.row(rule)))) for rule in RULES}


def queries(nodes: int) -> tuple[int, dict[str, int]]:
    found = facts(fleet(nodes), later(60))
    with CaptureQueriesContext(connection) as asked:
        told = judged(found)
    return len(asked), told


def test_the_number_of_queries_does_not_grow_with_the_fleet() -> None:
    few, told_few = queries(3)
    Cluster.objects.all().delete()
    many, told_many = queries(30)
    assert few == many
    assert few <= 55
    assert told_many["R38"] == 10 * told_few["R38"] == 30


def test_a_cluster_of_which_nothing_is_known_yet_breaks_no_rule() -> None:
    assert judged(facts(builders.cluster()))["R1"] > 0


def test_a_cluster_without_machines_metrics_is_judged_by_what_it_has() -> None:
    mesos = builders.cluster(kind="mesos")
    found = facts(mesos)
    for rule in catalogue.of_kind(mesos, RULES).values():
        assert isinstance(list(rule.measure(found, catalogue.row(rule))), list)


def test_every_rule_names_its_sources_and_says_what_to_do() -> None:
    keys = [rule.key for rule in RULES]
    assert len(keys) == len(set(keys))
    for rule in RULES:
        assert rule.advice.endswith("."), rule.key
        assert set(rule.sources) <= {"nodes", "agents", "containers", "component_health"}, rule.key
        assert (rule.warning is None) <= (not rule.warning_on), rule.key
        assert (rule.critical is None) <= (not rule.critical_on), rule.key


@pytest.mark.slow
def test_what_judging_costs_grows_no_faster_than_the_fleet() -> None:
    """Half of each breaks every rule, and all rules are on: the worst day."""
    few, many = fleet(20, "few"), fleet(200, "many")
    assert Filesystem.objects.count() == 440
    of_few = least_cpu_seconds(lambda: judged(facts(few, later(60))))
    of_many = least_cpu_seconds(lambda: judged(facts(many, later(60))))
    assert of_many < 2 * 10 * of_few
