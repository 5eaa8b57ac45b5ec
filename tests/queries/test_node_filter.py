"""Which nodes a query keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.records import TaskCounts
from dashboard.models import Cluster, Container
from dashboard.queries import node_filter, nodes
from dashboard.queries.filter_line import LineQuery, word
from dashboard.queries.node_filter import FIGURES, IS, known, unanswerable
from dashboard.queries.node_query import FIGURES as NAMES
from dashboard.queries.node_query import IS as WORDS
from dashboard.queries.node_query import parse
from dashboard.queries.node_row import NodeRow
from tests import builders
from tests.builders import (
    GIB,
    NOON,
    agent,
    filesystem,
    host_metrics,
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
A, B, C, D = "10.0.0.9", "10.0.0.10", "10.0.0.11", "10.0.0.12"


def fleet() -> Cluster:
    """A: sick and busy. B: public, with an attribute. C: silent, dark. D: draining, without figures of use."""
    cluster = builders.cluster()
    write(
        cluster,
        summary(
            NOON,
            agent(A, hostname="web-1"),
            agent(B, public=True, zone="eu-b", attributes={"rack": "b4", "SSD": "yes"}),
            agent(C, active=False, region="us"),
            agent(D, active=False, draining=True, tasks=TaskCounts(running=30)),
        ),
    )
    write(cluster, report(NOON, node_health(A, unit(health=1)), node_health(B), node_health(C, dark=True)))
    busy = {"cpu.total": 79.6, "load.1min": 8.0, "memory.free": 0.5 * GIB, "memory.cached": 0.5 * GIB}
    write_machines(cluster, host_metrics(A, metrics=busy, filesystems=(filesystem("/", 95, 5),)), host_metrics(B))
    write_masters(cluster, master("10.0.0.101"))
    return cluster


def rows_of(cluster: Cluster) -> list[NodeRow]:
    return list(nodes.listing(Cluster.objects.get(pk=cluster.pk), NOON).rows)


def kept(cluster: Cluster, query: LineQuery) -> set[str]:
    return {row.host for row in node_filter.filtered(rows_of(cluster), query, known(cluster, query))}


def test_every_word_and_every_figure_of_the_grammar_can_be_answered() -> None:
    assert set(IS) == set(WORDS) and set(FIGURES) == set(NAMES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("is:healthy", {B}),
        ("is:unhealthy", {A}),
        ("is:na", {C, D, "10.0.0.101"}),
        ("is:silent", {C}),
        ("is:public", {B}),
        ("is:private", {A, C, D}),
        ("is:unmeasured", {C, D, "10.0.0.101"}),
        ("is:public,silent", {B, C}),
        ("-is:private", {B, "10.0.0.101"}),
        ("status:draining", {D}),
        ("status:active,silent -is:public", {A, C}),
        ("status:leading", {"10.0.0.101"}),
        ("region:US", {C}),
        ("zone:eu-b", {B}),
        ("zone:*-b", {B}),
        ("zone:eu*a", {A, C, D}),
        ("zone:b", set()),
        ("attr:rack=b4", {B}),
        ("attr:rack=a1,b*", {B}),
        ("attr:ssd", {B}),
        ("attr:rack=b5", set()),
        ("web", {A}),
        ("ID-OF-10.0.0.9", {A}),
        ('"10.0.0.1"', {B, C, D, "10.0.0.101"}),
        ("10.0.0 eu-b", {B}),
        ("cpu.used>79.5", {A}),
        ("cpu.used=80", {A}),
        ("cpu.used=79.7", set()),
        ("cpu.used<=25", {B}),
        ("cpu.alloc=25 zone:eu-a", {A, C, D}),
        ("mem.used>50", {A}),
        ("disk.used>=95", {A}),
        ("disk.alloc<10.5", {A, B, C, D}),
        ("load>1.5", {A}),
        ("tasks>20", {D}),
        ("gpu.alloc>0", set()),
    ],
)
def test_what_a_query_keeps(text: str, found: set[str]) -> None:
    assert kept(fleet(), parse(text)) == found


def test_what_is_not_known_is_neither_above_nor_not_above() -> None:
    cluster = fleet()
    assert kept(cluster, parse("cpu.used>50")) == {A}
    assert kept(cluster, parse("-cpu.used>50")) == {B}


def test_a_part_that_cannot_be_read_leaves_the_rest_in_force() -> None:
    assert kept(fleet(), parse("rack:b4 is:public")) == {B}


def test_the_words_of_the_links_end_in_the_same_filter() -> None:
    cluster = fleet()
    assert kept(cluster, parse("web").with_terms(word("is", "private"))) == {A}
    assert kept(cluster, LineQuery().with_terms(word("zone", "eu-b"))) == {B}


def test_frameworks_are_known_by_their_containers() -> None:
    cluster = fleet()
    common = {"cluster": cluster, "first_seen": NOON, "listed_at": NOON, "measured_at": NOON}
    Container.objects.create(host=A, container_id="1", framework_name="Marathon", framework_id="f-1", **common)
    Container.objects.create(host=B, container_id="2", framework_name="spark", framework_id="f-2", **common)
    Container.objects.create(host=C, container_id="3", framework_name="marathon", ended_at=NOON, **common)
    assert kept(cluster, parse("framework:marathon")) == {A}
    assert kept(cluster, parse("framework:f-2,mara*")) == {A, B}
    assert kept(cluster, parse("-framework:marathon is:public")) == {B}


def test_without_containers_a_framework_cannot_be_asked_for_and_that_is_said() -> None:
    cluster, query = fleet(), parse("framework:marathon is:public")
    (problem,) = unanswerable(query, known(cluster, query))
    assert problem.part == "framework:marathon" and "none are collected yet" in problem.why
    assert kept(cluster, query) == {B}


def test_words_and_zones_are_counted() -> None:
    rows = rows_of(fleet())
    counts = node_filter.counts(rows)
    assert (counts["public"], counts["silent"], counts["unmeasured"]) == (1, 1, 3)
    assert node_filter.zones(rows) == {"eu-a": 3, "eu-b": 1}


def test_only_what_is_asked_of_attributes_or_frameworks_costs_a_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    cluster = fleet()
    for text, queries in (("is:public cpu.used>3 web", 0), ("attr:rack=b4 -attr:ssd", 1), ("framework:x", 2)):
        with django_assert_num_queries(queries):
            known(cluster, parse(text))


@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="ab", max_size=12))
def test_a_star_stands_for_anything(pattern: str, text: str) -> None:
    assert node_filter.like((pattern,))(text) == _slowly(pattern, text)


def _slowly(pattern: str, text: str) -> bool:
    """The definition: a star is nothing, or one character and a star again."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return _slowly(pattern[1:], text) or bool(text and _slowly(pattern, text[1:]))
    return bool(text) and text[0] == pattern[0] and _slowly(pattern[1:], text[1:])
