"""Polls between two ticks, asked for by streams: soon, not too often, and none beside one that is about to begin."""

from __future__ import annotations

import pytest

from collectors.errors import Outcome
from dashboard.models import Cluster, Collection, Poll
from dashboard.store import looks, slots
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def test_a_look_is_a_slot_that_is_due_now_and_sent(cluster: Cluster) -> None:
    poll = looks.ask(cluster, "apps", later(10))
    assert poll is not None and (poll.due_at, poll.sends) == (later(10), 1)
    assert looks.is_waiting(cluster, "apps", later(11)) and not looks.is_waiting(cluster, "queue", later(11))


def test_a_poll_that_has_begun_may_have_seen_less_so_another_is_asked_for(cluster: Cluster) -> None:
    poll = looks.ask(cluster, "apps", later(10))
    assert poll is not None and slots.claim(poll.pk, later(11))
    assert not looks.is_waiting(cluster, "apps", later(12))


def test_the_slot_of_the_tick_that_comes_in_a_moment_is_waited_for_but_not_for_long(cluster: Cluster) -> None:
    assert looks.ask(cluster, "tasks", later(1)) is None
    Poll.objects.create(cluster=cluster, source="tasks", due_at=NOON, ended_at=later(1), outcome=Outcome.OK)
    assert looks.ask(cluster, "tasks", later(2)) is not None
    assert looks.ask(cluster, "apps", later(6)) is not None


def test_who_answers_slowly_is_asked_less_often(cluster: Cluster) -> None:
    assert looks.rest_seconds(cluster, "apps") == 2
    Collection.objects.create(
        cluster=cluster, source="apps", host="", outcome=Outcome.OK, since=NOON, duration_seconds=3.0
    )
    assert looks.rest_seconds(cluster, "apps") == 12


def test_a_look_whose_message_was_not_sent_is_sent_by_the_dispatcher(cluster: Cluster) -> None:
    poll = looks.ask(cluster, "apps", later(10))
    assert poll is not None and slots.to_send(later(11)) == []
    looks.unsend(poll)
    assert [due.pk for due in slots.to_send(later(11))] == [poll.pk]


def test_nothing_is_asked_that_the_cluster_does_not_offer(cluster: Cluster) -> None:
    assert looks.is_offered(cluster, "apps") and not looks.is_offered(cluster, "nonesuch")
