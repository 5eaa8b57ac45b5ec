from __future__ import annotations

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.models.components import Health
from dashboard.queries import components
from dashboard.queries.components import Overview
from tests import builders
from tests.builders import NOON, later, node_health, report, unit, write

pytestmark = pytest.mark.django_db


def told(*nodes: object, at: datetime = NOON) -> Cluster:
    cluster = Cluster.objects.first() or builders.cluster()
    write(cluster, report(at, *nodes))  # type: ignore[arg-type]
    return cluster


def overview(at: datetime = NOON) -> Overview:
    return components.overview(Cluster.objects.get(), at)


def every_state() -> None:
    states = {"a.service": 0, "b.service": 1, "c.service": 2, "d.service": 3}
    units = [unit(name, health) for name, health in states.items()]
    told(node_health("10.0.0.1", *units), node_health("10.0.0.2", unit("e.service")))
    told(node_health("10.0.0.1", *units), node_health("10.0.0.2", dark=True), at=later(60))


def test_worst_first_and_unknown_before_healthy() -> None:
    every_state()
    found = overview(later(60))
    assert [(row.unit, row.state.word) for row in found.rows] == [
        ("b.service", "Unhealthy"),
        ("e.service", "No data"),
        ("d.service", "N/A"),
        ("c.service", "Warning"),
        ("a.service", "Healthy"),
    ]


def test_the_counts_add_up_to_all() -> None:
    every_state()
    found = overview(later(60))
    assert sum(found.counts.values()) == found.total == 5
    assert {health: found.counts[health] for health in Health} == dict.fromkeys(Health, 1)


def test_a_component_is_as_it_is_on_the_worst_of_its_nodes() -> None:
    told(*(node_health(f"10.0.0.{last}", unit(health=int(last == 3))) for last in (1, 2, 3)))
    (row,) = overview().rows
    assert (row.health, row.nodes_healthy, row.nodes) == (Health.UNHEALTHY, 2, 3)


def test_an_unhealthy_node_does_not_make_its_healthy_units_unhealthy() -> None:
    told(node_health("10.0.0.1", unit("good.service"), unit("bad.service", 1), health=1))
    assert {row.unit: row.state.word for row in overview().rows} == {
        "bad.service": "Unhealthy",
        "good.service": "Healthy",
    }


def test_a_dark_node_is_never_green() -> None:
    told(node_health("10.0.0.1"), node_health("10.0.0.2"))
    told(node_health("10.0.0.1"), node_health("10.0.0.2", dark=True), at=later(60))
    (row,), found = overview(later(60)).rows, overview(later(60))
    assert (row.state.word, row.last_known.word, row.nodes_healthy) == ("No data", "Healthy", 1)
    assert [(node.host, node.reason) for node in found.dark_nodes] == [
        ("10.0.0.2", "diagnostics on this node did not answer")
    ]
    assert (found.nodes, found.answering) == (2, 1)


def test_when_the_report_is_too_old_all_is_no_data_and_what_it_was_stays() -> None:
    told(node_health("10.0.0.1", unit("a.service"), unit("b.service", 1)))
    found = overview(later(3600))
    assert [(row.unit, row.state.word, row.last_known.word) for row in found.rows] == [
        ("b.service", "No data", "Unhealthy"),
        ("a.service", "No data", "Healthy"),
    ]
    assert found.counts == {Health.NO_DATA: 2}
    assert {row.since for row in found.rows} == {NOON} and {row.nodes_healthy for row in found.rows} == {0}


def test_a_late_report_still_stands() -> None:
    told(node_health("10.0.0.1"))
    assert overview(later(200)).source.freshness == "late"
    assert overview(later(200)).rows[0].state.word == "Healthy"


def test_flips_are_changes_of_the_past_day_on_any_node() -> None:
    for seconds, health in ((0, 0), (60, 1), (120, 0)):
        told(node_health("10.0.0.1", unit(health=health)), node_health("10.0.0.2"), at=later(seconds))
    assert overview(later(120)).rows[0].flips == (later(60), later(120))
    assert overview(later(120 + 24 * 3600)).rows[0].flips == ()


def test_a_unit_that_appears_has_not_flipped() -> None:
    told(node_health("10.0.0.1", unit("a.service")))
    told(node_health("10.0.0.1", unit("a.service"), unit("new.service")), at=later(60))
    assert [row.flips for row in overview(later(60)).rows] == [(), ()]


def test_since_is_when_the_first_of_the_bad_nodes_turned() -> None:
    told(node_health("10.0.0.1"), node_health("10.0.0.2"))
    told(node_health("10.0.0.1", unit(health=1)), node_health("10.0.0.2"), at=later(60))
    told(node_health("10.0.0.1", unit(health=1)), node_health("10.0.0.2", unit(health=1)), at=later(120))
    assert overview(later(120)).rows[0].since == later(60)


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        (["agent", "master"], "Masters, agents"),
        (["agent_public"], "Public agents"),
        (["agent", "zookeeper"], "Agents, zookeeper"),
        ([], ""),
    ],
)
def test_where_it_runs_in_words(roles: list[str], words: str) -> None:
    assert components.runs_on(roles) == words


def test_a_filter_looks_at_name_and_unit_and_keeps_the_order() -> None:
    told(node_health("10.0.0.1", unit("dcos-net.service", 1), unit("dcos-net.socket"), unit("dcos-dns.service")))
    rows = overview().rows
    assert [row.unit for row in components.filtered(rows, text=" NET ")] == ["dcos-net.service", "dcos-net.socket"]
    assert [row.unit for row in components.filtered(rows, text="net", health=Health.HEALTHY)] == ["dcos-net.socket"]
    assert components.filtered(rows, text="nothing") == []


def test_only_dcos_offers_components() -> None:
    assert components.offered(builders.cluster()) and not components.offered(builders.cluster("lab", kind="mesos"))


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    every_state()
    cluster = Cluster.objects.get()
    with django_assert_num_queries(5):
        components.overview(cluster, later(60))
