from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome, PollError
from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Collection, Event, Pace, Poll
from dashboard.pace import LARGE_BYTES, SMALL_BYTES
from dashboard.queries import freshness
from dashboard.queries.freshness import Freshness
from dashboard.queries.happenings import told
from dashboard.store import ingest, paces, slots
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
SUMMARY, NODES = SOURCES_BY_NAME["summary"], SOURCES_BY_NAME["nodes"]


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def ran(
    cluster: Cluster,
    due: float,
    took: float,
    *,
    source: str = "summary",
    outcome: Outcome = Outcome.OK,
    bytes_read: int = 1000,
    **columns: int,
) -> None:
    """A slot in the period that is in force, polled from its beginning, and closed as polls are."""
    period = paces.period_of(cluster.pk, SOURCES_BY_NAME[source], paces.unusual())
    columns = {"period_seconds": period, "shard": 0, **columns}
    at = {"cluster": cluster, "source": source, "due_at": later(due), **columns}
    poll = Poll.objects.filter(**at).first() or Poll.objects.create(**at)
    poll.started_at = later(due)
    poll.save()
    poll.outcome, poll.bytes_read = outcome, bytes_read
    writing = Writing(cluster=cluster, tick=int(later(due).timestamp()), now=later(due + took), poll=poll)
    ingest.failure(writing, source, PollError(outcome, ""), duration_seconds=took)
    slots.end(poll, writing.now)
    paces.follow(writing, poll)


def skipped(cluster: Cluster, *dues: float, source: str = "summary") -> None:
    for due in dues:
        Poll.objects.create(
            cluster=cluster, source=source, due_at=later(due), ended_at=later(due + 20), outcome="missed"
        )


def period(cluster: Cluster, source: str = "summary") -> int:
    return paces.period_of(cluster.pk, SOURCES_BY_NAME[source], paces.unusual())


def from_now(cluster: Cluster, begins: float, polls: int, took: float, *, bytes_read: int = 1000) -> float:
    """So many polls one after the other, each in the period in force; returns when the next would be due."""
    due = begins
    for _ in range(polls):
        ran(cluster, due, took, bytes_read=bytes_read)
        step = period(cluster)
        due = (due // step + 1) * step
    return due


def test_a_source_keeps_its_own_period_while_polls_are_quick(cluster: Cluster) -> None:
    from_now(cluster, 0, 5, 0.2)
    assert period(cluster) == 10 and not Pace.objects.exists() and not Event.objects.filter(kind="pace").exists()


def test_three_slow_polls_in_a_row_double_the_period_and_it_says_why(cluster: Cluster) -> None:
    for due, took in ((0, 7), (10, 7), (20, 7.1)):
        assert period(cluster) == 10
        ran(cluster, due, took)
    pace = Pace.objects.get()
    assert (pace.period_seconds, pace.since) == (20, later(27.1))
    assert pace.reason.replace("\u00a0", " ") == "polls take 7.10 s of 10 s: the interval is too short"
    event = Event.objects.get(kind="pace")
    assert (event.subject, event.before, event.after) == ("summary", "10", "20")
    said = told(event).text.replace("\u00a0", " ")
    assert said == "Agents and frameworks: asked every 20 s, polls take 7.10 s of 10 s: the interval is too short"


def test_a_quick_poll_between_slow_ones_keeps_the_period(cluster: Cluster) -> None:
    for due, took in ((0, 7), (10, 1), (20, 7), (30, 7)):
        ran(cluster, due, took)
    assert period(cluster) == 10


def test_polls_that_failed_say_nothing_of_how_fast_the_cluster_answers(cluster: Cluster) -> None:
    for due in (0, 10, 20, 30):
        ran(cluster, due, 8, outcome=Outcome.TIMEOUT_HEADERS)
    assert period(cluster) == 10


def test_after_a_change_three_polls_in_the_new_period_decide_again(cluster: Cluster) -> None:
    due = from_now(cluster, 0, 3, 7)
    ran(cluster, due, 15)
    ran(cluster, due + 20, 15)
    assert period(cluster) == 20
    ran(cluster, due + 40, 15)
    assert period(cluster) == 60


def test_it_comes_back_after_ten_quick_slots_and_then_is_as_usual(cluster: Cluster) -> None:
    due = from_now(cluster, 0, 3, 7)
    due = from_now(cluster, due, 9, 1.0)
    assert period(cluster) == 20
    from_now(cluster, due, 1, 1.0)
    pace = Pace.objects.get()
    assert (pace.period_seconds, pace.reason) == (10, "")


def test_one_poll_that_is_not_quick_starts_the_count_anew(cluster: Cluster) -> None:
    due = from_now(cluster, 0, 3, 7)
    due = from_now(cluster, due, 9, 1.0)
    due = from_now(cluster, due, 1, 6.0)
    from_now(cluster, due, 9, 1.0)
    assert period(cluster) == 20


def test_two_slots_skipped_behind_a_running_poll_double_the_period(cluster: Cluster) -> None:
    ran(cluster, 0, 25, outcome=Outcome.TIMEOUT_BODY)
    skipped(cluster, 10, 20)
    ran(cluster, 30, 1)
    assert Pace.objects.get().reason.replace("\u00a0", " ") == "polls take 25.0 s of 10 s: the interval is too short"
    assert period(cluster) == 20


def test_two_slots_that_no_worker_took_while_others_worked_double_it_too(cluster: Cluster) -> None:
    ran(cluster, 0, 1)
    skipped(cluster, 10, 20)
    busy = builders.cluster("busy")
    Poll.objects.create(cluster=busy, source="masters", due_at=later(5), started_at=later(5), ended_at=later(29))
    ran(cluster, 30, 1)
    assert (period(cluster), Pace.objects.get().reason) == (20, "no worker was free for 2 polls in a row")


def test_workers_that_were_all_down_are_no_reason_to_ask_less_often(cluster: Cluster) -> None:
    ran(cluster, 0, 1)
    skipped(cluster, 10, 20, 30, 40)
    ran(cluster, 50, 1)
    assert period(cluster) == 10


def test_a_large_summary_is_asked_for_every_minute_until_it_is_small_again(cluster: Cluster) -> None:
    ran(cluster, 0, 1, bytes_read=LARGE_BYTES + 1)
    assert period(cluster) == 60
    reason = Pace.objects.get().reason.replace("\u00a0", " ")
    assert reason == "one answer is 5.00 MiB: over 5 MiB it is asked for once a minute"
    due = from_now(cluster, 60, 11, 1, bytes_read=SMALL_BYTES + 1)
    assert period(cluster) == 60
    from_now(cluster, due, 1, 1, bytes_read=SMALL_BYTES)
    assert period(cluster) == 30


def test_only_the_summary_has_a_size_that_counts(cluster: Cluster) -> None:
    ran(cluster, 0, 1, source="masters", bytes_read=LARGE_BYTES * 2)
    assert period(cluster, "masters") == 10


def test_one_slow_shard_makes_the_whole_source_wait_and_all_must_be_quick_to_come_back(cluster: Cluster) -> None:
    for due in (0, 60, 120):
        ran(cluster, due, 5, source="nodes", shards=2)
        ran(cluster, due, 40, source="nodes", shard=1, shards=2)
    assert period(cluster, "nodes") == 120
    for slot in range(10):
        ran(cluster, 240 + slot * 120, 5, source="nodes", shards=2)
        ran(cluster, 240 + slot * 120, 40 if slot == 4 else 5, source="nodes", shard=1, shards=2)
    assert period(cluster, "nodes") == 120


def test_a_source_asked_every_hour_never_gets_rarer_by_itself(cluster: Cluster) -> None:
    for due in (0, 3600, 7200):
        ran(cluster, due, 3000, source="flags")
    assert period(cluster, "flags") == 3600


def test_an_operator_multiplies_the_sources_own_period(cluster: Cluster) -> None:
    paces.set_factor(cluster, NODES, 3, NOON)
    assert period(cluster, "nodes") == 180
    assert told(Event.objects.get(kind="pace")).text.endswith("asked every 3\u00a0min, as set in the settings")
    paces.set_factor(cluster, NODES, 1, NOON)
    assert period(cluster, "nodes") == 60


def test_only_the_multiples_that_are_offered_are_taken(cluster: Cluster) -> None:
    with pytest.raises(ValueError, match="1, 2, 3, 6"):
        paces.set_factor(cluster, NODES, 5, NOON)


def test_a_smaller_multiple_leaves_what_day_two_lengthened(cluster: Cluster) -> None:
    paces.set_factor(cluster, SUMMARY, 2, NOON)
    for due in (0, 20, 40):
        ran(cluster, due, 15)
    assert period(cluster) == 60
    paces.set_factor(cluster, SUMMARY, 1, later(60))
    assert (period(cluster), bool(Pace.objects.get().reason)) == (60, True)
    paces.set_factor(cluster, SUMMARY, 6, later(60))
    assert (period(cluster), Pace.objects.get().reason) == (60, "")


def test_it_never_comes_back_below_the_operators_multiple(cluster: Cluster) -> None:
    paces.set_factor(cluster, SUMMARY, 3, NOON)
    due = from_now(cluster, 0, 3, 20)
    assert period(cluster) == 60
    from_now(cluster, due, 30, 0.5)
    assert period(cluster) == 30


@pytest.fixture
def fresh(cluster: Cluster) -> Iterator[Cluster]:
    builders.write(cluster, builders.summary(NOON))
    yield cluster


def judged(cluster: Cluster, at: float, source: str = "summary") -> Freshness:
    return freshness.of(cluster, later(at))[source].freshness


def test_nothing_is_late_because_it_is_asked_less_often_from_now_on(fresh: Cluster) -> None:
    assert judged(fresh, 31) is Freshness.NO_DATA
    paces.set_factor(fresh, SUMMARY, 6, later(1))
    assert [judged(fresh, at) for at in (31, 120, 121, 181)] == [
        *(Freshness.FRESH, Freshness.FRESH),
        *(Freshness.LATE, Freshness.NO_DATA),
    ]


def test_a_multiple_set_before_the_first_poll_counts_from_the_first_answer_on(cluster: Cluster) -> None:
    paces.set_factor(cluster, SUMMARY, 6, NOON)
    ran(cluster, 0, 1)
    assert Collection.objects.get(source="summary", host="").period_seconds == 60


def test_figures_of_a_longer_period_are_not_late_when_it_becomes_shorter(cluster: Cluster) -> None:
    paces.set_factor(cluster, NODES, 6, NOON)
    for shard in (0, 1):
        ran(cluster, 0, 1, source="nodes", shard=shard, shards=2)
    paces.set_factor(cluster, NODES, 1, later(300))
    expected = Collection.objects.filter(source="nodes", host="").values_list("period_seconds", flat=True)
    Poll.objects.create(cluster=cluster, source="nodes", due_at=later(300), shard=1, shards=2, period_seconds=60)
    ran(cluster, 300, 1, source="nodes", shards=2)
    assert expected.get() == 360  # the second shard's figures are still those of five minutes ago
    ran(cluster, 300, 30, source="nodes", shard=1, shards=2)
    assert expected.get() == 60


def test_a_straggler_of_the_old_period_changes_nothing(cluster: Cluster) -> None:
    ran(cluster, 0, 1)
    late = Poll.objects.create(cluster=cluster, source="summary", due_at=later(10), period_seconds=10)
    paces.set_factor(cluster, SUMMARY, 6, later(12))
    late.started_at, late.outcome = later(10), Outcome.OK
    writing = Writing(cluster=cluster, tick=0, now=later(13), poll=late)
    slots.end(late, later(13))
    paces.follow(writing, late)
    assert Collection.objects.get(source="summary", host="").period_seconds == 60


def test_a_slot_is_as_long_as_the_period_was_when_it_was_opened(cluster: Cluster) -> None:
    slots.open_due(later(15))
    paces.set_factor(cluster, SUMMARY, 6, later(16))
    slots.open_due(later(17))
    slots.open_due(later(75))
    due = Poll.objects.filter(source="summary").order_by("due_at").values_list("due_at", "period_seconds")
    assert list(due) == [(NOON, 60), (later(10), 10), (later(60), 60)]


def test_a_slot_is_missed_by_its_own_length(cluster: Cluster) -> None:
    paces.set_factor(cluster, SUMMARY, 6, NOON)
    slots.open_due(NOON)
    slot = Poll.objects.get(source="summary")
    slots.close_stale(later(150))
    slot.refresh_from_db()
    assert slot.outcome == ""
    slots.close_stale(later(151))
    slot.refresh_from_db()
    assert slot.outcome == "missed"


def test_dispatching_costs_no_query_for_each_cluster_or_source(
    cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Of four clusters there are more slots than SQLite takes in one INSERT of Django's: 52 rows of 19 columns.
    for name in ("one", "two"):
        other = builders.cluster(name)
        builders.write(other, builders.summary(NOON))
        paces.set_factor(other, NODES, 2, NOON)
    with django_assert_num_queries(7):
        slots.open_due(NOON)


def test_an_ordinary_poll_costs_three_queries_more(
    cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ran(cluster, 0, 1)
    poll = Poll.objects.get()
    with django_assert_num_queries(3):
        paces.follow(Writing(cluster=cluster, tick=0, now=later(1), poll=poll), poll)
