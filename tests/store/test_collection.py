from __future__ import annotations

from datetime import datetime

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import Harvest, NodeOutcome
from dashboard.models import Cluster, Collection, Event, Poll
from dashboard.store import ingest, slots
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import NOON, host_metrics, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def close(
    cluster: Cluster, shard: int, brought: Harvest | PollError, *, of: int = 2, due_at: datetime = NOON
) -> Collection:
    """One shard of the slot ends, as at the end of a poll; returns how the source stands then."""
    poll = Poll.objects.create(
        cluster=cluster, source="nodes", shard=shard, shards=of, due_at=due_at, started_at=due_at
    )
    writing = Writing(cluster=cluster, tick=int(due_at.timestamp()), now=due_at, poll=poll)
    if isinstance(brought, Harvest):
        ingest.harvest(writing, "nodes", brought, duration_seconds=1.0)
        poll.outcome, poll.detail, poll.sample_at = (
            brought.outcome,
            ingest.in_words(brought),
            ingest.sampled_at(brought),
        )
        poll.requests, poll.bytes_read = brought.requests, brought.bytes_read
    else:
        ingest.failure(writing, "nodes", brought, duration_seconds=1.0)
        poll.outcome, poll.detail = brought.outcome, brought.detail
    slots.end(poll, due_at)
    return Collection.objects.get(source="nodes", host="")


def answer(host: str, at: datetime = NOON) -> Harvest:
    machine = host_metrics(host, at)
    return Harvest(records=(machine,), nodes=(NodeOutcome(host=host, outcome=Outcome.OK),), requests=10, bytes_read=500)


REFUSED = PollError(Outcome.REFUSED, "10.0.0.9:443 refused")


def test_the_source_is_as_old_as_its_oldest_shard_and_costs_what_all_cost(cluster: Cluster) -> None:
    close(cluster, 0, answer("10.0.0.1", later(-50)))
    stood = close(cluster, 1, answer("10.0.0.2", later(-20)))
    assert (stood.outcome, stood.sample_at) == (Outcome.OK, later(-50))
    assert (stood.requests, stood.bytes_read) == (20, 1000)


def test_a_shard_without_an_answer_leaves_the_source_answering_in_part(cluster: Cluster) -> None:
    close(cluster, 0, answer("10.0.0.1"))
    stood = close(cluster, 1, REFUSED)
    assert (stood.outcome, stood.detail) == (Outcome.PARTIAL, "part 2 of 2: 10.0.0.9:443 refused")
    assert (stood.sample_at, stood.failures_in_row) == (NOON, 0)


def test_the_source_stays_partial_while_the_other_shards_of_the_next_slot_end(cluster: Cluster) -> None:
    close(cluster, 0, answer("10.0.0.1"))
    since = close(cluster, 1, REFUSED).since
    stood = close(cluster, 0, answer("10.0.0.1", later(60)), due_at=later(60))
    assert (stood.outcome, stood.since) == (Outcome.PARTIAL, since)
    stood = close(cluster, 1, answer("10.0.0.2", later(60)), due_at=later(60))
    assert stood.outcome == Outcome.OK


def test_where_no_shard_answers_the_source_fails_and_it_is_told_once(cluster: Cluster) -> None:
    for shard in (0, 1):
        close(cluster, shard, answer(f"10.0.0.{shard}"))
    for minute in (1, 2):
        for shard in (0, 1):
            stood = close(cluster, shard, REFUSED, due_at=later(60 * minute))
    assert (stood.outcome, stood.sample_at, stood.last_success_at) == (Outcome.REFUSED, NOON, later(60))
    assert list(Event.objects.values_list("subject", "after")) == [("nodes", Outcome.REFUSED)]


def test_shards_of_another_division_say_nothing_of_this_one(cluster: Cluster) -> None:
    close(cluster, 0, answer("10.0.0.1"))
    close(cluster, 1, REFUSED)
    stood = close(cluster, 0, answer("10.0.0.1", later(60)), of=1, due_at=later(60))
    assert (stood.outcome, stood.detail) == (Outcome.OK, "")


def test_a_shard_touches_no_row_but_those_of_its_own_machines(cluster: Cluster) -> None:
    close(cluster, 0, answer("10.0.0.1"))
    close(cluster, 1, answer("10.0.0.2", later(60)), due_at=later(60))
    asked = dict(Collection.objects.exclude(host="").values_list("host", "asked_at"))
    assert asked == {"10.0.0.1": NOON, "10.0.0.2": later(60)}
