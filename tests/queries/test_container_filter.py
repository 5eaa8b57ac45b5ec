from __future__ import annotations

import pytest

from dashboard.queries import container_filter, containers, freshness
from dashboard.queries.container_filter import Wanted
from dashboard.queries.containers import ContainerRow
from tests import builders
from tests.builders import agent_containers, container_reading, later, write_containers

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"


def rows() -> list[ContainerRow]:
    cluster, now = builders.cluster(), later(5)
    every = (
        container_reading("pod", task_name="Web", framework_id="f1", framework_name="marathon"),
        container_reading("in-pod", parent_id="pod", task_name=""),
        container_reading("job", executor_id="nightly", framework_id="f2", framework_name="metronome"),
    )
    write_containers(cluster, agent_containers(HOST, *every))
    return containers.on_host(cluster, HOST, freshness.of(cluster, now)[containers.SOURCE], now)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["in-pod", "job", "pod"]),
        (Wanted(text="wEB"), ["pod"]),
        (Wanted(text="nightly"), ["job"]),
        (Wanted(framework="f2"), ["job"]),
        (Wanted(word="ended"), []),
        (Wanted(word="running", text="pod"), ["in-pod", "pod"]),
    ],
)
def test_containers_are_found_by_word_framework_and_text(wanted: Wanted, found: list[str]) -> None:
    kept = container_filter.filtered(rows(), wanted)
    assert [row.container.container_id for row in kept] == found


def test_a_nested_one_that_matches_brings_what_it_is_nested_in() -> None:
    every = rows()
    kept = container_filter.filtered(every, Wanted(text="in-pod"))
    shown = container_filter.with_parents(kept, every)
    assert [row.container.container_id for row in shown] == ["in-pod", "pod"]


def test_frameworks_are_listed_by_name() -> None:
    named = container_filter.frameworks(rows())
    assert list(named.items()) == [("id-of-marathon", "id-of-marathon"), ("f1", "marathon"), ("f2", "metronome")]


def test_counts_are_of_all_words() -> None:
    assert container_filter.counts(rows()) == {"running": 3}
