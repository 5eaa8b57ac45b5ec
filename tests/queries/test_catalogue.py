from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Subject
from dashboard.queries import catalogue
from dashboard.queries.catalogue import SOURCES, Entry
from tests import builders
from tests.builders import NOON, agent_containers, container_reading, host_metrics, later

pytestmark = pytest.mark.django_db
A, B = "10.0.0.1", "10.0.0.2"


def watched() -> Cluster:
    cluster = builders.cluster()
    for host, also in ((A, {}), (B, {"cpu.wait": None})):
        builders.write_machines(cluster, host_metrics(host, later(-60)), now=later(-60))
        builders.write_machines(cluster, host_metrics(host, NOON, metrics=also), now=NOON)
    builders.write_containers(cluster, agent_containers(A, container_reading("c1"), container_reading("c2")))
    return cluster


def entry(cluster: Cluster, kind: Subject.Kind, name: str, seconds: float = 0) -> Entry:
    (found,) = [one for one in catalogue.entries(cluster, later(seconds)) if (one.kind, one.name) == (kind, name)]
    return found


def test_a_metric_says_what_it_is_who_tells_it_and_when() -> None:
    found = entry(watched(), Subject.Kind.HOST, "cpu.total")
    assert (found.subjects, found.last_seen, found.known.unit, found.is_counter) == (2, NOON, "percent", False)
    assert found.where in (A, B)
    assert entry(Cluster.objects.get(), Subject.Kind.INTERFACE, "in_bytes").is_counter


def test_what_nobody_ever_told_is_no_metric_although_its_layout_has_it() -> None:
    names = {one.name for one in catalogue.entries(watched(), NOON) if one.kind == Subject.Kind.HOST}
    assert "cpu.idle" not in names
    assert "sample.age_seconds" not in names


def test_what_was_told_longer_ago_is_listed_with_its_time_and_without_a_count() -> None:
    found = entry(watched(), Subject.Kind.CONTAINER, "mem_rss_bytes", seconds=600)
    assert (found.subjects, found.last_seen) == (None, NOON)


def test_every_kind_of_subject_belongs_to_one_source() -> None:
    kinds = [kind for _, of in SOURCES.values() for kind in of]
    assert sorted(kinds) == sorted(Subject.Kind)


def test_words_are_looked_for_in_names_meanings_and_units() -> None:
    every = catalogue.entries(watched(), NOON)
    assert {one.name for one in catalogue.matching(every, "memory BYTES used", "containers")} == {"mem_used_bytes"}
    assert catalogue.matching(every, "no such thing") == []


def test_more_machines_need_no_more_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = watched()
    with django_assert_num_queries(4):
        catalogue.entries(cluster, NOON)
