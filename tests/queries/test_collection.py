from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome, PollError
from collectors.records import Harvest
from collectors.sources import SOURCES, SOURCES_BY_NAME
from dashboard.models import Cluster, Pace, Poll
from dashboard.queries import collection
from dashboard.queries.collection import SourceRow
from dashboard.store import ingest, paces
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
    assert list(found) == [source.name for source in SOURCES]
    assert {(row.freshness.word, row.outcome.word, row.reason) for row in found.values()} == {
        ("Not yet", "Not yet", "not asked yet")
    }
    of_mesos = [source.name for source in SOURCES if "mesos" in source.kinds]
    assert list(rows(builders.cluster("lab", kind="mesos"))) == of_mesos and "nodes" not in of_mesos


def test_a_source_tells_how_many_of_its_nodes_answer_and_the_others_are_blind_spots() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), silent=("10.0.0.102", "10.0.0.103"))
    found = collection.report(cluster, NOON)
    row = found.sources[0]
    assert (row.outcome.word, row.nodes, row.nodes_answering) == ("In part", 3, 1)
    (spot,) = found.blind
    told = (spot.source.name, spot.state.word, spot.reason, spot.example, spot.others, spot.since)
    assert told == ("masters", "Failed", "connection refused", "10.0.0.102", 1, NOON)


def test_a_node_that_answered_too_long_ago_is_a_blind_spot_too() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"))
    assert collection.report(cluster, later(30)).blind == ()
    (spot,) = collection.report(cluster, later(31)).blind
    assert (spot.state.word, spot.reason) == ("No data", "it answered, and was not asked again since")


def test_a_longer_period_has_its_reason_and_makes_nothing_blind() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"))
    paces.set_factor(cluster, SOURCES_BY_NAME["masters"], 6, later(5))
    found = collection.report(cluster, later(120))
    row = found.sources[0]
    assert (row.every_seconds, row.since, row.freshness.word) == (60, later(5), "On time")
    assert row.why.replace("\u00a0", " ") == "6 times 10 s, as set in the settings"
    assert (found.unusual, found.blind) == ([row], ())


def test_what_is_asked_seldom_has_the_price_of_its_last_round() -> None:
    cluster = builders.cluster()
    harvest = Harvest(records=(), requests=1000, bytes_read=60_000)
    ingest.harvest(Writing(cluster=cluster, tick=0, now=NOON), "flags", harvest, duration_seconds=1)
    row = rows(cluster, 1800)["flags"]
    assert row.requests_per_minute == pytest.approx(1000 / 60)
    assert row.bytes_per_minute == 1000


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
    found = (row.polls.polls, row.requests_per_poll, row.bytes_per_poll, row.polls.mean_seconds)
    assert found == (4, 6, 1000, 2.5)
    # The first of them began 130 s ago: a rate is over the time that was watched.
    assert report.requests_per_minute == pytest.approx(24 / (130 / 60))
    assert report.bytes_per_minute == pytest.approx(4000 / (130 / 60))


def test_without_a_poll_there_is_no_mean_and_not_a_mean_of_zero() -> None:
    row = rows(builders.cluster())["summary"]
    assert (row.polls.mean_seconds, row.requests_per_poll, row.bytes_per_poll) == (None, None, None)


def test_when_no_slot_comes_due_for_a_minute_the_scheduler_is_down() -> None:
    cluster = builders.cluster()
    assert collection.report(cluster, later(59)).dispatching
    assert not collection.report(cluster, later(60)).dispatching
    slot(cluster, 100)
    assert collection.report(cluster, later(159)).dispatching
    assert not collection.report(cluster, later(160)).dispatching


def test_where_all_is_asked_every_ten_minutes_the_scheduler_is_not_down_after_one() -> None:
    cluster = builders.cluster()
    for source in SOURCES:
        Pace.objects.create(cluster=cluster, source=source.name, period_seconds=600, since=NOON)
    slot(cluster, 0)
    assert collection.report(cluster, later(629)).dispatching
    assert not collection.report(cluster, later(630)).dispatching


def test_when_slots_wait_and_none_is_taken_for_a_minute_no_worker_is_free() -> None:
    cluster = builders.cluster()
    slot(cluster, 0)
    slot(cluster, 10, took=None)
    assert collection.report(cluster, later(50)).working
    assert collection.report(cluster, later(69)).working
    stuck = collection.report(cluster, later(70))
    assert (stuck.working, stuck.polls.waiting, stuck.polls.waiting_since) == (False, 1, later(10))
    assert stuck.polls.last_taken_at == NOON


def test_a_shard_whose_turn_has_not_come_waits_for_nobody() -> None:
    cluster = builders.cluster()
    slot(cluster, 0)
    Poll.objects.create(cluster=cluster, source="nodes", due_at=later(60), shard=1, shards=2)
    found = collection.report(cluster, later(300))
    assert (found.working, found.polls.waiting) == (True, 0)


def test_what_nobody_took_is_told_apart_from_what_was_run_over() -> None:
    cluster = builders.cluster()
    for number, outcome in enumerate(["skipped_overlap", "skipped_overlap", "missed"]):
        Poll.objects.create(
            cluster=cluster, source="summary", due_at=later(-number), ended_at=later(5), outcome=outcome
        )
    Poll.objects.create(cluster=cluster, source="summary", due_at=later(1), started_at=later(2))
    polls = collection.report(cluster, later(10)).polls
    assert (polls.skipped, polls.missed, polls.running, polls.running_since) == (2, 1, 1, later(2))


def test_the_whole_in_a_sentence() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), silent=("10.0.0.102",))
    write(cluster, summary(later(-25)), now=NOON)
    told = collection.in_words(collection.report(cluster, NOON)).replace("\u00a0", " ")
    assert told == f"{len(SOURCES)} sources: 1 on time, 1 late, {len(SOURCES) - 2} not yet. 1 of 2 nodes asked answer."


def test_of_one_node_the_sentence_is_singular() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"))
    assert (
        collection.in_words(collection.report(cluster, NOON))
        .replace("\u00a0", " ")
        .endswith("1 of 1 node asked answers.")
    )


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    write_masters(cluster, master())
    slot(cluster, -5)
    with django_assert_num_queries(4):
        collection.report(cluster, NOON)
    with django_assert_num_queries(6):
        collection.report(cluster, later(3600))
