"""Listening with nothing faked but the cluster: what fails there is here before any poll, and a killed listener costs nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors.records import ClusterTasks, Turn
from collectors.simulator import Settings, Simulator
from collectors.sources import SOURCES_BY_NAME
from collectors.target import Kind, Target
from tests.servers import databases
from tests.servers.heard import Heard

pytestmark = [pytest.mark.slow, pytest.mark.engine, pytest.mark.alone]
APP = "web"
PER_HOUR = 180


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(with_stories=False)).running() as running:
        yield running


@pytest.fixture
def heard(tmp_path: Path, simulator: Simulator) -> Iterator[Heard]:
    """Polled once, and its streams are read."""
    with databases.own(tmp_path) as database:
        running = Heard(tmp_path, database)
        try:
            running.begin_all(simulator.router_url)
            yield running
        finally:
            running.kill_all()


def test_a_failure_is_here_before_any_poll_and_a_killed_listener_loses_and_doubles_nothing(
    heard: Heard, simulator: Simulator
) -> None:
    simulator.failures.crash_app(APP, per_hour=PER_HOUR)
    heard.wait_until(lambda: len(heard.unpolled()) >= 2, what="failures that only a stream can have told")
    took = [waited for _, waited in heard.unpolled()]
    print("told after", ", ".join(f"{one.total_seconds():.2f} s" for one in took))
    assert timedelta() < min(took)

    heard.kill("listener")
    by_stream = heard.failed()
    heard.wait_until(lambda: heard.failed() - by_stream, what="a failure that a poll tells")
    heard.wait_until(lambda: not heard.is_read(), what="the end of the killed listener's leases")
    heard.begin("listener")
    heard.wait_until(heard.is_read, what="streams that are read again")

    simulator.failures.mend_app(APP)
    truth = _failed_in(simulator)
    heard.wait_until(lambda: heard.failed() >= truth, what="every failure")
    times = Counter(subject for subject, _ in heard.failures())
    assert set(times.values()) == {1} and set(times) <= heard.failed()


def _failed_in(simulator: Simulator) -> set[str]:
    """As the leading master lists them, those of the past minutes."""
    turn = Turn(tick=int(time.time()), period_seconds=30)
    (listed,) = SOURCES_BY_NAME["tasks"].poll(Target(Kind.DCOS, simulator.router_url), turn).records
    assert isinstance(listed, ClusterTasks)
    since = datetime.now(UTC) - timedelta(minutes=2)
    failed = [one for one in listed.tasks if one.state == "TASK_FAILED"]
    return {one.task_id for one in failed if one.last_status_at and one.last_status_at > since}
