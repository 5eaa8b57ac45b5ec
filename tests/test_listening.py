"""Listening with nothing faked but the cluster: what fails there is here before any poll, and a killed listener costs nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from collectors.records import ClusterTasks, Turn
from collectors.simulator import Settings, Simulator
from collectors.sources import SOURCES_BY_NAME
from collectors.target import Kind, Target
from dashboard.running import broker, processes
from tests.patience import HANG_SECONDS
from tests.servers import databases
from tests.servers.processes import Processes

pytestmark = [pytest.mark.slow, pytest.mark.engine, pytest.mark.alone]
APP = "web"
PER_HOUR = 180
STREAMS = 2


class Heard(Processes):
    """Broker, worker, beat and listener on a data folder of their own, started as `manage.py up` starts them."""

    def begin(self, name: str) -> None:
        commands = {
            "broker": broker.prepare(self.data),
            "worker": processes.worker(settings.WORKER_THREADS),
            "beat": processes.beat(self.data),
            "listener": processes.listener(),
        }
        self.start(name, commands[name])

    def is_read(self) -> bool:
        """Whether every stream is, under a lease that holds."""
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        read = f"SELECT COUNT(*) FROM dashboard_stream WHERE outcome = 'ok' AND lease_until > '{now}'"
        return self.database.ask(read) == [(STREAMS,)]

    def failures(self) -> list[tuple[str, timedelta]]:
        """The tasks whose failures were told, and how long after they had failed by Mesos' word."""
        return self._told("")

    def unpolled(self) -> list[tuple[str, timedelta]]:
        """Those that were told before any poll could have: none was begun between the failure and its telling."""
        return self._told(
            "AND task.last_status_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM dashboard_poll poll WHERE "
            "poll.source = 'tasks' AND poll.ended_at >= task.last_status_at AND poll.started_at <= event.seen_at)"
        )

    def _told(self, which: str) -> list[tuple[str, timedelta]]:
        rows = self.database.ask(
            "SELECT event.subject, task.last_status_at, event.seen_at FROM dashboard_event event "
            "JOIN dashboard_task task ON task.task_id = event.subject "
            f"WHERE event.kind = 'task_failed' {which} ORDER BY event.id"
        )
        return [(subject, _time(seen) - _time(failed)) for subject, failed, seen in rows]

    def failed(self) -> set[str]:
        """The tasks that are known to have failed."""
        return {row[0] for row in self.database.ask("SELECT task_id FROM dashboard_task WHERE state = 'TASK_FAILED'")}


def _time(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


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
            running.done("migrate", "--verbosity", "0")
            running.done("add_cluster", "sim", simulator.router_url)
            for name in ("broker", "worker", "beat", "listener"):
                running.begin(name)
            polled = "SELECT COUNT(*) FROM dashboard_poll WHERE outcome = 'ok' AND source = 'tasks'"
            running.wait_until(
                lambda: running.database.ask(polled) != [(0,)] and running.is_read(),
                seconds=HANG_SECONDS,
                what="a first poll, and streams that are read",
            )
            yield running
        finally:
            running.kill_all()


def test_a_failure_is_here_before_any_poll_and_a_killed_listener_loses_and_doubles_nothing(
    heard: Heard, simulator: Simulator
) -> None:
    simulator.failures.crash_app(APP, per_hour=PER_HOUR)
    heard.wait_until(
        lambda: len(heard.unpolled()) >= 2, seconds=HANG_SECONDS, what="failures that only a stream can have told"
    )
    took = [waited for _, waited in heard.unpolled()]
    print("told after", ", ".join(f"{one.total_seconds():.2f} s" for one in took))
    assert timedelta() < min(took)

    heard.kill("listener")
    by_stream = heard.failed()
    heard.wait_until(lambda: heard.failed() - by_stream, seconds=HANG_SECONDS, what="a failure that a poll tells")
    heard.wait_until(lambda: not heard.is_read(), seconds=HANG_SECONDS, what="the end of the killed listener's leases")
    heard.begin("listener")
    heard.wait_until(heard.is_read, seconds=HANG_SECONDS, what="streams that are read again")

    simulator.failures.mend_app(APP)
    truth = _failed_in(simulator)
    heard.wait_until(lambda: heard.failed() >= truth, seconds=HANG_SECONDS, what="every failure")
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
