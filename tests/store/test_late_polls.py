"""Polls that end long after their slot began: what is too late is refused, counted and shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collectors.errors import Outcome
from collectors.records import Harvest, NodeOutcome
from dashboard.models import Chunk, Cluster, Collection, Container, Poll, Reading, Subject
from dashboard.store import compaction, ingest, tick_totals
from dashboard.store.ingest import Ingested
from dashboard.store.writing import Writing
from dashboard.tiers import LATEST_SECONDS
from tests import builders
from tests.builders import NOON, agent_containers, container_reading, later

pytestmark = pytest.mark.django_db


def ended(cluster: Cluster, host: str, *, seconds: float) -> tuple[Writing, Ingested]:
    """A poll that was due at NOON brings a container of a host so long afterwards, with figures of that moment."""
    now = later(seconds)
    poll, _ = Poll.objects.get_or_create(
        cluster=cluster, source="containers", due_at=NOON, defaults={"period_seconds": 60}
    )
    said = agent_containers(host, container_reading("c1", now), at=now)
    harvest = Harvest(records=(said,), nodes=(NodeOutcome(host=host, outcome=Outcome.OK, direct=False),))
    writing = Writing(cluster=cluster, tick=int(NOON.timestamp()), now=now, poll=poll)
    return writing, ingest.harvest(writing, "containers", harvest, duration_seconds=1)


def test_a_poll_may_end_two_hours_after_its_slot_began() -> None:
    _, found = ended(builders.cluster(), "10.0.0.1", seconds=LATEST_SECONDS)
    assert found.kept and Reading.objects.exists()


def test_later_than_that_nothing_of_it_is_kept_and_it_is_told() -> None:
    _, found = ended(builders.cluster(), "10.0.0.1", seconds=LATEST_SECONDS + 1)
    assert not found.kept and not Reading.objects.exists() and not Container.objects.exists()
    assert found.harvest.dropped == {"answer: its slot began more than 2 h ago": 1}
    row = Collection.objects.get(host="")
    assert (row.outcome, row.detail) == (Outcome.PARTIAL, "1 dropped: answer: its slot began more than 2 h ago")


def test_a_poll_that_an_operator_asks_for_in_a_long_slot_is_not_late() -> None:
    cluster, now = builders.cluster(), later(4 * 3600)
    poll = Poll(cluster=cluster, source="flags", due_at=now, period_seconds=5 * 3600)
    assert not Writing(cluster=cluster, tick=int(NOON.timestamp()), now=now, poll=poll).too_late


def test_totals_of_an_hour_that_is_in_chunks_are_not_made_of_what_came_late() -> None:
    cluster = builders.cluster()
    builders.write(cluster, builders.summary(NOON))
    writing, _ = ended(cluster, "10.0.0.1", seconds=5)
    Poll.objects.update(ended_at=NOON)
    tick_totals.poll_ended(writing, Poll.objects.get())
    compaction.run(cluster.pk, lambda: NOON + timedelta(hours=2))
    totals = Subject.objects.filter(kind=Subject.Kind.CONTAINER_USE)
    assert totals.exists() and Chunk.objects.filter(subject__in=totals).exists()
    late, found = ended(cluster, "10.0.0.2", seconds=LATEST_SECONDS)
    tick_totals.poll_ended(late, Poll.objects.get())
    assert found.kept
    assert not Reading.objects.filter(subject__in=totals).exists()


def test_a_slot_that_was_left_open_for_hours_writes_no_totals() -> None:
    cluster = builders.cluster()
    ended(cluster, "10.0.0.1", seconds=5)
    compaction.run(cluster.pk, lambda: NOON + timedelta(hours=2))
    before = Reading.objects.count()
    tick_totals.write_overdue(NOON + timedelta(hours=2))
    assert Reading.objects.count() == before
