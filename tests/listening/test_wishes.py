"""Wishes for polls: none is lost, none is granted twice, none too soon after the last."""

from __future__ import annotations

import pytest

from dashboard.listening.wishes import Wishes
from dashboard.models import Cluster, Poll
from dashboard.store import clusters, slots
from tests import builders
from tests.builders import later

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def begun(poll: Poll, seconds: float) -> None:
    assert slots.claim(poll.pk, later(seconds))
    Poll.objects.filter(pk=poll.pk).update(ended_at=later(seconds))


def test_many_wishes_are_one_poll_and_the_last_one_comes_when_its_time_has_come(cluster: Cluster) -> None:
    sent: list[int] = []

    def send(task: str, key: int, within_seconds: float) -> bool:
        sent.append(key)
        return True

    wishes = Wishes(send)
    for _ in range(5):
        wishes.add(cluster, ["apps"])
    (first,) = wishes.grant(later(10))
    begun(first, 10.1)
    wishes.add(cluster, ["apps"])
    assert wishes.grant(later(11)) == []
    (second,) = wishes.grant(later(12.5))
    assert sent == [first.pk, second.pk] and wishes.grant(later(20)) == []


def test_a_poll_that_waits_to_begin_grants_the_wish_too(cluster: Cluster) -> None:
    wishes = Wishes(lambda *_: True)
    slots.open_now(cluster, "apps", later(9))
    wishes.add(cluster, ["apps"])
    assert wishes.grant(later(10)) == [] and wishes.grant(later(40)) == []


def test_without_a_broker_the_dispatcher_has_it(cluster: Cluster) -> None:
    wishes = Wishes(lambda *_: False)
    wishes.add(cluster, ["queue"])
    (poll,) = wishes.grant(later(10))
    assert [due.pk for due in slots.to_send(later(10))] == [poll.pk]


def test_a_paused_cluster_wishes_for_nothing(cluster: Cluster) -> None:
    wishes = Wishes(lambda *_: True)
    wishes.add(cluster, ["apps"])
    clusters.set_enabled(cluster, False)
    assert wishes.grant(later(10)) == []
    clusters.set_enabled(cluster, True)
    assert wishes.grant(later(20)) == []
