"""The listener against a real cluster's streams: what it takes, writes, lets go, and whom it asks for a look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from collectors.errors import Outcome
from collectors.simulator import Settings, Simulator
from dashboard.listening.listener import Held, Listener, write
from dashboard.models import Cluster, Credential, Poll, Stream, Task
from dashboard.queries import streams as stored
from dashboard.store import clusters, streams
from tests.builders import later
from tests.patience import HANG_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)
SOON_SECONDS = HANG_SECONDS
Sent = list[tuple[str, int]]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(with_stories=False)).running() as running:
        yield running


@pytest.fixture
def cluster(simulator: Simulator) -> Cluster:
    return Cluster.objects.create(name="sim", kind="dcos", url=simulator.router_url, created_at=now())


@pytest.fixture
def sent() -> Sent:
    return []


@pytest.fixture
def listener(sent: Sent) -> Iterator[Listener]:
    def send(task: str, key: int, within_seconds: float) -> bool:
        sent.append((task, key))
        return True

    one = Listener(clock=now, send=send)
    yield one
    one._let_go()


def until(listener: Listener, true: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_SECONDS
    while not true():
        assert time.monotonic() < deadline, list(Stream.objects.values())
        listener.turn()
        time.sleep(0.05)


def read() -> int:
    return Stream.objects.filter(outcome=Outcome.OK, lease_until__gt=now()).count()


def test_every_stream_of_a_cluster_is_read_and_its_tasks_are_rows(cluster: Cluster, listener: Listener) -> None:
    until(listener, lambda: read() == 2 and Task.objects.exists())
    row = Stream.objects.get(kind=Stream.Kind.MESOS)
    assert (row.opened, row.fence, row.failures_in_row) == (1, 1, 0) and row.heard_at is not None


def test_a_failure_tells_the_workers_to_follow_it(
    cluster: Cluster, listener: Listener, simulator: Simulator, sent: Sent
) -> None:
    until(listener, lambda: read() == 2)
    simulator.failures.crash_app("web", per_hour=3600)
    until(listener, lambda: ("dashboard.tasks.follow_events", cluster.pk) in sent)
    simulator.failures.mend_app("web")
    assert cluster.events.filter(kind="task_failed").exists()


def test_what_a_stream_tells_in_part_is_polled_soon_and_once(cluster: Cluster, listener: Listener, sent: Sent) -> None:
    until(listener, lambda: any(task == "dashboard.tasks.poll" for task, _ in sent))
    for _ in range(5):
        listener.turn()
    opened = Poll.objects.values_list("source", flat=True)
    assert len(opened) == len(set(opened)) and set(opened) <= {"tasks", "apps", "deployments", "queue", "marathon"}


def test_a_paused_cluster_is_left_and_a_resumed_one_read_again(cluster: Cluster, listener: Listener) -> None:
    until(listener, lambda: read() == 2)
    clusters.set_enabled(cluster, False)
    until(listener, lambda: read() == 0)
    assert not listener._held
    clusters.set_enabled(cluster, True)
    until(listener, lambda: read() == 2)


def test_two_listeners_share_and_when_one_ends_the_other_has_all(cluster: Cluster, listener: Listener) -> None:
    until(listener, lambda: read() == 2)
    other = Listener(clock=now, send=lambda *_: True)
    other.turn()
    assert not other._held
    listener._let_go()
    until(other, lambda: read() == 2 and len(other._held) == 2)
    other._let_go()


def test_who_lost_its_lease_writes_nothing(cluster: Cluster, listener: Listener) -> None:
    until(listener, lambda: read() == 2)
    held = next(iter(listener._held.values()))
    Stream.objects.filter(pk=held.stream.pk).update(fence=99)
    before = Stream.objects.values().get(pk=held.stream.pk)
    with pytest.raises(streams.Lost):
        write(Held(held.stream, held.target, held.reader), [], later(0))
    assert Stream.objects.values().get(pk=held.stream.pk) == before


def test_a_credential_that_cannot_be_opened_any_more_ends_what_was_read_and_says_why(
    cluster: Cluster, listener: Listener
) -> None:
    until(listener, lambda: read() == 2)
    Credential.objects.create(cluster=cluster, sealed=b"by a key that is gone", set_at=now())
    until(listener, lambda: Stream.objects.filter(outcome=Outcome.AUTH).count() == 2)
    assert not listener._held and not read()
    told = {(one.state.word, one.is_read) for one in stored.everywhere(now())}
    assert told == {("Not read", False)}
    assert Stream.objects.filter(detail__contains="cannot be opened").count() == 2
    Credential.objects.all().delete()
    Stream.objects.update(next_try_at=None)
    until(listener, lambda: read() == 2)


def test_a_cluster_whose_credential_never_could_be_opened_has_a_stream_that_says_so(listener: Listener) -> None:
    restored = Cluster.objects.create(name="restored", kind="mesos", url="http://127.0.0.1:9", created_at=now())
    Credential.objects.create(cluster=restored, sealed=b"by a key that is gone", set_at=now())
    for _ in range(2):
        listener._look()
    (row,) = stored.everywhere(now())
    assert (row.title, row.state.word) == ("Mesos", "Not read") and "DAYTWO_CREDENTIAL_KEYS" in row.reason


def test_a_stream_that_cannot_be_opened_says_why_and_is_tried_again(listener: Listener) -> None:
    Cluster.objects.create(name="gone", kind="mesos", url="http://127.0.0.1:9", created_at=now())
    until(listener, lambda: Stream.objects.filter(failures_in_row=2).exists())
    row = Stream.objects.get()
    assert row.outcome == Outcome.REFUSED and row.detail and row.next_try_at is not None
