from __future__ import annotations

import pytest

from dashboard.models import Subject
from dashboard.queries import metric_catalogue
from dashboard.store import (
    apps,
    container_figures,
    container_totals,
    launch_waits,
    machine_figures,
    marathons,
    masters,
    roles,
    totals,
    use_totals,
)
from dashboard.store.agent_processes import LAYOUT as AGENT
from dashboard.store.components import COUNT_LAYOUT

Kind = Subject.Kind
LAYOUTS = {
    Kind.CLUSTER: totals.LAYOUT,
    Kind.ZONE: totals.LAYOUT,
    Kind.NODE: totals.LAYOUT,
    Kind.FRAMEWORK: totals.LAYOUT,
    Kind.MASTER: masters.LAYOUT,
    Kind.COMPONENTS: COUNT_LAYOUT,
    Kind.HOST: machine_figures.HOST_LAYOUT,
    Kind.FILESYSTEM: machine_figures.FILESYSTEM_LAYOUT,
    Kind.INTERFACE: machine_figures.INTERFACE_LAYOUT,
    Kind.USE: use_totals.LAYOUT,
    Kind.AGENT: AGENT,
    Kind.CONTAINER: container_figures.LAYOUT,
    Kind.CONTAINER_USE: container_totals.LAYOUT,
    Kind.ROLE: roles.LAYOUT,
    Kind.APP: apps.LAYOUT,
    Kind.QUEUE: launch_waits.LAYOUT,
    Kind.MARATHON: marathons.LAYOUT,
    Kind.APP_METRICS: ("heap.used_bytes", "latency_seconds", "sample.age_seconds"),
}


def test_every_kind_has_a_source_and_a_layout_here() -> None:
    assert set(metric_catalogue.SOURCES) == set(Kind) == set(LAYOUTS)


@pytest.mark.parametrize("kind", Kind)
def test_every_stored_metric_has_words_and_a_unit(kind: Subject.Kind) -> None:
    unknown = [one.name for one in metric_catalogue.offered(kind, LAYOUTS[kind]) if not one.unit]
    assert unknown == []


@pytest.mark.parametrize("kind", metric_catalogue.SHARES)
def test_every_share_is_of_metrics_that_are_stored(kind: Subject.Kind) -> None:
    offered = {one.name for one in metric_catalogue.offered(kind, LAYOUTS[kind])}
    assert set(metric_catalogue.SHARES[kind]) <= offered


def test_counters_are_told_from_gauges() -> None:
    assert metric_catalogue.known(Kind.MASTER, "master/tasks_lost").counter
    assert metric_catalogue.known(Kind.INTERFACE, "in_errors").counter
    assert not metric_catalogue.known(Kind.CLUSTER, "tasks_running").counter
    assert metric_catalogue.known(Kind.MARATHON, "tasks.launched.counter").counter


def test_a_metric_that_nobody_knows_is_called_as_it_is() -> None:
    found = metric_catalogue.known(Kind.CONTAINER, "my.app.requests")
    assert (found.words, found.unit, found.counter) == ("my.app.requests", "", False)


def test_what_an_application_said_has_a_unit_only_where_its_name_tells_one_and_is_never_a_counter() -> None:
    kind = Kind.APP_METRICS
    units = {
        name: metric_catalogue.known(kind, name).unit for name in ("a.b_bytes", "a.seconds", "a_ms", "bytes", "a÷b")
    }
    assert units == {"a.b_bytes": "bytes", "a.seconds": "s", "a_ms": "ms", "bytes": "", "a÷b": ""}
    assert not metric_catalogue.known(kind, "master/tasks_failed").counter
