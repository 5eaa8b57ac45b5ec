from __future__ import annotations

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.models.components import Health
from dashboard.queries import units, units_in_words
from dashboard.queries.units import UnitOnNode
from tests import builders
from tests.builders import NOON, later, node_health, report, unit, write

pytestmark = pytest.mark.django_db
NET, HOST = "dcos-net.service", "10.0.0.1"
DAY_SECONDS = 24 * 3600


def told(*nodes: object, at: datetime = NOON) -> None:
    write(Cluster.objects.first() or builders.cluster(), report(at, *nodes))  # type: ignore[arg-type]


def here(at: datetime = NOON) -> UnitOnNode:
    found = units.unit_on_node(Cluster.objects.get(), NET, HOST, at)
    assert found is not None
    return found


def day(at: datetime) -> list[tuple[str, int, int]]:
    """Spans as (state, from, to), in seconds after noon."""
    return [
        (span.state.word, int((span.starts_at - NOON).total_seconds()), int((span.ends_at - NOON).total_seconds()))
        for span in here(at).day
    ]


def test_a_unit_on_each_node_beside_the_node_itself() -> None:
    told(
        node_health("10.0.0.1", unit(NET), unit("x.service", 1), health=1),
        node_health("10.0.0.2", unit(NET, 1), health=1),
    )
    found = units.unit(Cluster.objects.get(), NET, NOON)
    assert found is not None and found.state.word == "Unhealthy"
    assert [(row.host, row.state.word, row.node_overall.word) for row in found.rows] == [
        ("10.0.0.2", "Unhealthy", "Unhealthy"),
        ("10.0.0.1", "Healthy", "Unhealthy"),
    ]
    assert found.counts == {Health.UNHEALTHY: 1, Health.HEALTHY: 1}


def test_hosts_are_ordered_as_numbers() -> None:
    told(*(node_health(f"10.0.0.{last}") for last in (10, 9, 100)))
    found = units.unit(Cluster.objects.get(), NET, NOON)
    assert found is not None and [row.host for row in found.rows] == ["10.0.0.9", "10.0.0.10", "10.0.0.100"]


def test_the_filter_looks_at_address_and_name() -> None:
    told(node_health("10.0.0.1"), node_health("10.0.0.2", unit(NET, 1)))
    found = units.unit(Cluster.objects.get(), NET, NOON)
    assert found is not None
    assert [row.host for row in units.filtered(found.rows, text="HOST-10.0.0.1")] == ["10.0.0.1"]
    assert [row.host for row in units.filtered(found.rows, health=Health.UNHEALTHY)] == ["10.0.0.2"]


def test_what_was_never_seen_is_none() -> None:
    told(node_health(HOST))
    cluster = Cluster.objects.get()
    assert units.unit(cluster, "other.service", NOON) is None
    assert units.unit_on_node(cluster, NET, "10.9.9.9", NOON) is None
    assert units.unit_on_node(cluster, "other.service", HOST, NOON) is None


def test_the_day_follows_the_changes() -> None:
    for seconds, health in ((0, 0), (60, 1), (180, 0)):
        told(node_health(HOST, unit(NET, health)), at=later(seconds))
    assert day(later(200)) == [("Healthy", 0, 60), ("Unhealthy", 60, 180), ("Healthy", 180, 200)]


def test_a_day_without_a_change_is_one_state() -> None:
    told(node_health(HOST))
    told(node_health(HOST), at=later(2 * DAY_SECONDS))
    assert day(later(2 * DAY_SECONDS)) == [("Healthy", DAY_SECONDS, 2 * DAY_SECONDS)]


def test_the_time_in_which_the_node_was_dark_is_no_data() -> None:
    told(node_health(HOST))
    told(node_health(HOST, dark=True), at=later(60))
    assert day(later(100)) == [("Healthy", 0, 60), ("No data", 60, 100)]
    told(node_health(HOST, unit(NET, 1)), at=later(120))
    assert day(later(130)) == [("Healthy", 0, 60), ("No data", 60, 120), ("Unhealthy", 120, 130)]
    told(node_health(HOST), at=later(180))
    assert day(later(190))[2:] == [("Unhealthy", 120, 180), ("Healthy", 180, 190)]


def test_a_unit_that_was_missing_for_a_while_is_unknown_for_that_while() -> None:
    other = unit("other.service")
    told(node_health(HOST, unit(NET), other))
    told(node_health(HOST, other), at=later(60))
    assert day(later(70)) == [("Healthy", 0, 60), ("No data", 60, 70)]
    told(node_health(HOST, unit(NET), other), at=later(120))
    assert day(later(130)) == [("Healthy", 0, 60), ("No data", 60, 120), ("Healthy", 120, 130)]


def test_a_unit_that_came_to_a_node_later_has_no_past_there() -> None:
    told(node_health(HOST, unit("other.service")), node_health("10.0.0.2"))
    told(node_health(HOST, dark=True), node_health("10.0.0.2"), at=later(60))
    told(node_health(HOST, unit("other.service"), unit(NET)), node_health("10.0.0.2"), at=later(120))
    assert day(later(130)) == [("Healthy", 120, 130)]


def test_since_the_last_report_nothing_is_known() -> None:
    told(node_health(HOST))
    assert day(later(1000)) == [("Healthy", 0, 0), ("No data", 0, 1000)][1:]
    told(node_health(HOST), at=later(1060))
    assert day(later(2000)) == [("Healthy", 0, 1060), ("No data", 1060, 2000)]
    assert (here(later(2000)).row.state.word, here(later(2000)).row.since) == ("No data", later(1060))


def test_how_it_is_elsewhere_tells_node_from_unit() -> None:
    told(node_health(HOST, unit(NET, 1), health=1), node_health("10.0.0.2"), node_health("10.0.0.3", unit(NET, 1)))
    found = here(later(90))
    assert units_in_words.since(found, later(90)).replace("\u00a0", " ") == "since 12:00:00, 1 min 30 s"
    assert units_in_words.why(found) == "The same unit on the other 2 nodes: Unhealthy on 1, Healthy on 1."
    assert (len(found.elsewhere), found.elsewhere_healthy) == (2, 1)


def test_a_dark_node_says_why_and_what_was_known() -> None:
    told(node_health(HOST), node_health("10.0.0.2"))
    told(node_health(HOST, dark=True), node_health("10.0.0.2"), at=later(60))
    found = here(later(60))
    assert units_in_words.since(found, later(60)).endswith("; was Healthy")
    assert units_in_words.why(found) == (
        "No data because diagnostics on this node did not answer. The same unit on the other node: Healthy on 1."
    )


def test_a_sick_node_is_named_beside_a_healthy_unit() -> None:
    told(node_health(HOST, unit(NET), unit("x.service", 1), health=1))
    assert units_in_words.why(here()) == "The node as a whole: Unhealthy."


def test_no_output_is_ok_only_where_it_is_healthy() -> None:
    told(node_health(HOST, unit(NET, 0, output="  ")))
    assert units_in_words.output(here()) == "OK"
    told(node_health(HOST, unit(NET, 1, output="")), at=later(60))
    assert units_in_words.output(here(later(60))) == "diagnostics gave no output"
    told(node_health(HOST, unit(NET, 1, output="core dumped")), at=later(120))
    assert units_in_words.output(here(later(120))) == "core dumped"


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    told(*(node_health(f"10.0.0.{last}") for last in range(1, 9)))
    cluster = Cluster.objects.get()
    with django_assert_num_queries(4):
        units.unit(cluster, NET, NOON)
    with django_assert_num_queries(6):
        units.unit_on_node(cluster, NET, HOST, NOON)
