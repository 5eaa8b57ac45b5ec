"""What an event stream says while nothing happens, and what becomes of a reader that takes nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from collectors.simulator import Settings, Simulator, event_stream, marathon_events, mesos_events
from collectors.simulator.answers import Request
from collectors.simulator.event_stream import Subscription
from collectors.simulator.subscriptions import Subscriptions


class Stopwatch:
    """Stands in for the process's own clock."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    own = Stopwatch()
    monkeypatch.setattr(event_stream, "time", SimpleNamespace(monotonic=own.monotonic))
    return own


def joined(kind: str) -> Subscription:
    world = Simulator(Settings(agents=1, tasks_per_agent=1, with_stories=False)).world
    of = Subscriptions(world, lambda: world.timeline.begins_at)
    if kind == "mesos":
        answer = of.of_master()
    else:
        answer = of.of_marathon(Request("router", "GET", "/v2/events", {"accept": "text/event-stream"}))
    assert answer.stream is not None
    return answer.stream()


@pytest.mark.parametrize(
    ("kind", "seconds", "sign"),
    [("mesos", 15.0, mesos_events.HEARTBEAT), ("marathon", 5.0, marathon_events.ALIVE)],
)
def test_a_sign_of_life_comes_once_in_each_period(kind: str, seconds: float, sign: bytes, stopwatch: Stopwatch) -> None:
    stream = joined(kind)
    assert sign not in stream.take()
    for _ in range(3):
        stopwatch.now += seconds - 0.1
        assert sign not in stream.take()
        stopwatch.now += 0.1
        assert stream.take().count(sign) == 1


def test_a_reader_that_takes_nothing_is_dropped_and_what_waited_for_it_is_let_go() -> None:
    stream = joined("mesos")
    event = {"type": "HEARTBEAT", "padding": "x" * 2**20}
    stream.put([event] * 15)
    assert not stream.is_dropped
    stream.put([event])
    assert stream.is_dropped and stream.is_over and stream.take() == []


def test_a_reader_that_takes_what_comes_is_never_dropped() -> None:
    stream = joined("mesos")
    for _ in range(20):
        stream.put([{"type": "HEARTBEAT", "padding": "x" * 2**20}])
        stream.take()
    assert not stream.is_dropped
