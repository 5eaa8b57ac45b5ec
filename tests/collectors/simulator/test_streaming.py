"""Readers of a stream that do not read, over a real socket."""

from __future__ import annotations

import select
from contextlib import suppress

import pytest

from collectors.simulator import Settings, Simulator, streaming
from tests.collectors.simulator.streams import MESOS, subscribed

DROPPED_WITHIN_MS = 20_000


def test_a_reader_that_takes_nothing_is_dropped_and_another_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "READER_SECONDS", 0.3)
    settings = Settings(agents=3, tasks_per_agent=4, with_stories=False, with_control=True)
    with Simulator(settings).running() as simulator:
        simulator.fault(MESOS, "oversized", 32)
        with subscribed(simulator) as stream:
            end = select.poll()
            end.register(stream.response.fileno(), 0)
            assert end.poll(DROPPED_WITHIN_MS), "told without anything being read"
            with suppress(ConnectionResetError):
                stream.to_its_end()
            assert len(stream.body) < 32 * 2**20
        simulator.clear(MESOS)
        with subscribed(simulator) as stream:
            stream.until(lambda one: bool(one.records()))
