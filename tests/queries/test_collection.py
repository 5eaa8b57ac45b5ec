from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome, PollError
from collectors.records import Harvest
from dashboard.models import Cluster, Poll
from dashboard.queries import collection
from dashboard.queries.collection import SourceRow
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import NOON, later, master, report, summary, write, write_harvest, write_masters

pytestmark = pytest.mark.django_db


def rows(cluster: Cluster, seconds: float = 0) -> dict[str, SourceRow]:
    return {row.age.source.name: row for row in collection.report(cluster, later(seconds)).sources}


def slot(cluster: Cluster, due: float, *, took: float | None = 0.5, source: str = "masters", **columns: int) -> None:
    started = None if took is None else later(due)
    ended = None if took is None else later(due) + timedelta(seconds=took)
    Poll.objects.create(
        cluster=cluster, source=source, due_at=later(due), started_at=started, ended_at=ended, outcome="ok", **columns
    )


def test_each_source_of_the_kind_of_cluster_is_listed_before_it_was_ever_asked() -> None:
    found = rows(builders.cluster())
    assert list(found) == ["masters", "summary", "component_health", "nodes"]
    assert {(row.freshness.word, row.outcome.word, row.reason) for row in found.values()} == {
        ("Not yet", "Not yet", "not asked yet")
    }
    assert list(rows(builders.cluster("lab", kind="mesos"))) == ["masters", "summary"]


def test_each_node_asked_has_its_reason_and_the_silent_come_first() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), silent=("10.0.0.102",))
    row = rows(cluster)["masters"]
    assert [(node.host, node.state.word, node.reason) for node in row.nodes] == [
        ("10.0.0.102", "Failed", "connection refused — refused"),
        ("10.0.0.101", "Answered", "answered"),
    ]
    assert (row.outcome.word, row.nodes_answering) == ("In part", 1)


def test_a_failure_keeps_the_last_success_and_its_age() -> None:
    cluster = builders.cluster()
    write(cluster, summary())
    error = PollError(Outcome.FORBIDDEN, "403 from /mesos/master/state-summary")
    ingest.failure(Writing(cluster=cluster, tick=0, now=later(10)), "summary", error, duration_seconds=0.2)
    row = rows(cluster, 15)["summary"]
    assert (row.outcome.word, row.freshness.word) == ("Failed", "On time")
    assert row.reason == "the token may not read this — 403 from /mesos/master/state-summary"
    assert (row.age.last_success_at, row.age.since, row.age.age_seconds) == (NOON, later(10), 15)


def test_what_the_cluster_does_not_offer_is_no_failure() -> None:
    cluster = builders.cluster()
    ingest.failure(
        Writing(cluster=cluster, tick=0, now=NOON), "component_health", PollError(Outcome.NOT_FOUND, "404"), duration_seconds=0
    )  # fmt: skip
    assert rows(cluster)["component_health"].outcome.mark == "mute"


def test_a_sources_notes_are_told() -> None:
    cluster = builders.cluster()
    harvest = Harvest(records=(report(),), notes=("The health report is over 16 MiB.", "Nodes are read in turn."))
    write_harvest(cluster, "component_health", harvest, now=NOON)
    assert rows(cluster)["component_health"].age.notes == "The health report is over 16 MiB. Nodes are read in turn."


def test_asking_has_a_price_per_poll_and_per_minute() -> None:
    cluster = builders.cluster()
    for number in range(4):
        slot(cluster, -100 - 10 * number, took=1 + number, requests=6, bytes_read=1000)
    slot(cluster, -1200, requests=99, bytes_read=99)
    report = collection.report(cluster, NOON)
    row = report.sources[0]
    assert (row.polls, row.requests_per_poll, row.bytes_per_poll, row.mean_seconds) == (4, 6, 1000, 2.5)
    # The first of them began 130 s ago: a rate is over the time that was watched.
    assert report.requests_per_minute == pytest.approx(24 / (130 / 60))
    assert report.bytes_per_minute == pytest.approx(4000 / (130 / 60))


def test_without_a_poll_there_is_no_mean_and_not_a_mean_of_zero() -> None:
    row = rows(builders.cluster())["summary"]
    assert (row.mean_seconds, row.requests_per_poll, row.bytes_per_poll) == (None, None, None)


def test_when_no_slot_comes_due_for_a_minute_the_scheduler_is_down() -> None:
    cluster = builders.cluster()
    assert collection.report(cluster, later(59)).dispatching
    assert not collection.report(cluster, later(60)).dispatching
    slot(cluster, 100)
    assert collection.report(cluster, later(159)).dispatching
    assert not collection.report(cluster, later(160)).dispatching


def test_when_slots_wait_and_none_is_taken_for_a_minute_no_worker_is_free() -> None:
    cluster = builders.cluster()
    slot(cluster, 0)
    slot(cluster, 10, took=None)
    assert collection.report(cluster, later(50)).working
    stuck = collection.report(cluster, later(61))
    assert (stuck.working, stuck.dispatching, stuck.waiting, stuck.last_taken_at) == (False, True, 1, NOON)


def test_the_whole_in_a_sentence() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), silent=("10.0.0.102",))
    write(cluster, summary(later(-25)), now=NOON)
    told = collection.in_words(collection.report(cluster, NOON)).replace("\u00a0", " ")
    assert told == "4 sources: 1 on time, 1 late, 2 not yet. 1 of 2 nodes asked answer."


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    write_masters(cluster, master())
    with django_assert_num_queries(3):
        collection.report(cluster, NOON)
