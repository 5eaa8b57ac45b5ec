"""Streams as leased rows: one reader each, a fence for who lost it, and longer and longer waits after failures."""

from __future__ import annotations

import pytest

from collectors.errors import Outcome
from dashboard.models import Cluster, MarathonUrl, Stream
from dashboard.store import clusters, streams
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


@pytest.fixture
def stream(cluster: Cluster) -> Stream:
    return Stream.objects.create(cluster=cluster, kind=Stream.Kind.MESOS)


def opened(stream: Stream, seconds: float) -> None:
    streams.note(stream, opened=1, events=0, dropped=0, heard_at=later(seconds), now=later(seconds))


def test_a_cluster_has_mesos_own_stream_and_one_of_each_marathon(cluster: Cluster) -> None:
    MarathonUrl.objects.create(cluster=cluster, url="http://router.test/service/team/mom", position=0)
    for _ in range(2):
        streams.keep(cluster, clusters.target_of(cluster))
    found = Stream.objects.order_by("kind", "key").values_list("kind", "key")
    assert list(found) == [("marathon", "marathon"), ("marathon", "team/mom"), ("mesos", "")]
    cluster.marathon_urls.all().delete()
    streams.keep(cluster, clusters.target_of(cluster))
    assert Stream.objects.count() == 2


def test_of_two_listeners_one_has_the_stream(cluster: Cluster, stream: Stream) -> None:
    mine, others = streams.free(cluster, NOON)[0], streams.free(cluster, NOON)[0]
    assert streams.claim(mine, NOON) and not streams.claim(others, NOON)
    assert streams.free(cluster, later(11)) == []
    streams.check_fence(mine)
    with pytest.raises(streams.Lost):
        streams.check_fence(others)


def test_a_lease_that_is_not_renewed_ends_after_twelve_seconds_and_another_goes_on(
    cluster: Cluster, stream: Stream
) -> None:
    streams.claim(stream, NOON)
    assert streams.renew(stream, later(5), later(5))
    assert streams.free(cluster, later(16)) == []
    taken = streams.free(cluster, later(18))[0]
    assert streams.claim(taken, later(18))
    assert not streams.renew(stream, None, later(19))
    with pytest.raises(streams.Lost):
        streams.check_fence(stream)
    assert Stream.objects.get().heard_at == later(5)


def test_a_lease_of_a_clock_that_was_set_back_holds_nobody_up(cluster: Cluster, stream: Stream) -> None:
    streams.claim(stream, later(7200))
    assert streams.free(cluster, NOON)


def test_who_lost_the_stream_notes_nothing(cluster: Cluster, stream: Stream) -> None:
    streams.claim(stream, NOON)
    taken = streams.free(cluster, later(13))[0]
    streams.claim(taken, later(13))
    streams.fail(stream, Outcome.REFUSED, "connection refused", later(14))
    opened(stream, 14)
    row = Stream.objects.get()
    assert (row.outcome, row.opened, row.failures_in_row) == ("", 0, 0)


def test_a_stream_of_a_paused_cluster_is_not_taken_and_not_kept(cluster: Cluster, stream: Stream) -> None:
    streams.claim(stream, NOON)
    clusters.set_enabled(cluster, False)
    assert not streams.renew(stream, None, later(5))
    assert not streams.claim(streams.free(cluster, later(20))[0], later(20))


def test_waits_double_up_to_a_minute_and_never_fall_together() -> None:
    assert [streams.wait_seconds(failures, 0) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert streams.wait_seconds(10_000, 1) == 48
    assert 0.8 <= streams.wait_seconds(1, 0.9) < 1


def test_a_stream_that_failed_waits_longer_each_time_and_says_why_and_since_when(
    cluster: Cluster, stream: Stream
) -> None:
    for failures, seconds in ((1, 0), (2, 10), (3, 20)):
        streams.claim(stream, later(seconds))
        streams.fail(stream, Outcome.REFUSED, "refused", later(seconds))
        stream.refresh_from_db()
        assert stream.failures_in_row == failures and stream.lease_until is None
        assert streams.free(cluster, later(seconds + 0.5)) == [] or failures > 1
    assert (stream.outcome, stream.detail, stream.since) == (Outcome.REFUSED, "refused", NOON)
    assert stream.next_try_at is not None and later(23) < stream.next_try_at <= later(24)
    assert streams.free(cluster, later(25))


def test_a_stream_that_breaks_soon_after_it_opened_waits_on_as_before(cluster: Cluster, stream: Stream) -> None:
    stream.failures_in_row = 4
    stream.save()
    streams.claim(stream, NOON)
    opened(stream, 0)
    streams.fail(stream, Outcome.TRUNCATED, "cut", later(5))
    assert Stream.objects.get().failures_in_row == 5


def test_a_minute_of_health_forgets_what_was(cluster: Cluster, stream: Stream) -> None:
    stream.failures_in_row = 4
    stream.save()
    streams.claim(stream, NOON)
    opened(stream, 0)
    assert streams.renew(stream, later(61), later(61))
    assert Stream.objects.get().failures_in_row == 0
    streams.fail(stream, Outcome.TRUNCATED, "cut", later(62))
    assert Stream.objects.get().failures_in_row == 1


def test_what_came_is_counted_and_an_opened_stream_is_well(cluster: Cluster, stream: Stream) -> None:
    streams.claim(stream, NOON)
    streams.fail(stream, Outcome.REFUSED, "refused", NOON)
    streams.claim(stream, later(2))
    streams.note(stream, opened=1, events=3, dropped=1, heard_at=later(2), now=later(2))
    streams.note(stream, opened=0, events=4, dropped=0, heard_at=later(9), now=later(9))
    row = Stream.objects.get()
    assert (row.outcome, row.detail, row.since, row.heard_at) == (Outcome.OK, "", later(2), later(9))
    assert (row.opened, row.events, row.dropped, row.next_try_at) == (1, 7, 1, None)


def test_a_listener_that_ends_lets_another_begin_at_once(cluster: Cluster, stream: Stream) -> None:
    streams.claim(stream, NOON)
    streams.release([stream])
    assert streams.free(cluster, later(0.1))
