from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Event, UnitState
from tests import builders
from tests.builders import NOON, later, node_health, report, unit, write

pytestmark = pytest.mark.django_db
UNITS = tuple(unit(f"dcos-{letter}.service") for letter in "abcdefgh")


def queries_of_a_repeat(nodes: int) -> int:
    cluster = builders.cluster(f"with-{nodes}")
    hosts = [node_health(f"10.0.0.{number}", *UNITS) for number in range(nodes)]
    write(cluster, report(NOON, *hosts))
    with CaptureQueriesContext(connection) as captured:
        write(cluster, report(later(60), *hosts))
    return len(captured)


def test_a_report_without_changes_costs_the_same_for_any_number_of_nodes() -> None:
    assert queries_of_a_repeat(2) == queries_of_a_repeat(60)


def test_the_units_of_a_new_node_are_no_news_but_a_new_unit_on_a_known_node_is() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health("10.0.0.1", *UNITS)))
    write(cluster, report(later(60), node_health("10.0.0.1", *UNITS), node_health("10.0.0.2", *UNITS)))
    assert not Event.objects.exists()
    grown = node_health("10.0.0.2", *UNITS, unit("dcos-new.service"))
    write(cluster, report(later(120), node_health("10.0.0.1", *UNITS), grown))
    assert [(event.subject, event.place) for event in Event.objects.all()] == [("dcos-new.service", "10.0.0.2")]


def test_a_unit_that_only_says_something_else_keeps_its_since() -> None:
    cluster = builders.cluster()
    for seconds, words in ((0, "no"), (60, "still no")):
        write(cluster, report(later(seconds), node_health("10.0.0.1", unit(health=1, output=words))))
    state = UnitState.objects.get()
    assert (state.output, state.since, state.taken_at) == ("still no", NOON, later(60))


def test_a_unit_that_a_node_lists_twice_is_told_once() -> None:
    cluster = builders.cluster()
    twice = node_health("10.0.0.1", unit(health=0), unit(health=1))
    for seconds in (0, 60, 120):
        write(cluster, report(later(seconds), twice))
    assert (UnitState.objects.get().health, Event.objects.count()) == (1, 0)


def test_a_missing_unit_does_not_grow_younger_with_its_neighbours() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health("10.0.0.1", unit("dcos-a.service"), unit("dcos-b.service"))))
    write(cluster, report(later(60), node_health("10.0.0.1", unit("dcos-a.service"))))
    ages = dict(UnitState.objects.values_list("component__unit", "taken_at"))
    assert ages == {"dcos-a.service": later(60), "dcos-b.service": NOON}
