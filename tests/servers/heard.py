"""What listens to a cluster's event streams, with all that polls it beside, and what it told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings

from dashboard.running import broker, processes
from tests.servers.processes import Processes

STREAMS = 2
"""Of a DC/OS cluster with one Marathon."""


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

    def begin_all(self, router_url: str) -> None:
        """On an empty database, until a cluster was polled once and its streams are read."""
        self.done("migrate", "--verbosity", "0")
        self.done("add_cluster", "sim", router_url)
        for name in ("broker", "worker", "beat", "listener"):
            self.begin(name)
        polled = "SELECT COUNT(*) FROM dashboard_poll WHERE outcome = 'ok' AND source = 'tasks'"
        self.wait_until(
            lambda: self.database.ask(polled) != [(0,)] and self.is_read(),
            what="a first poll, and streams that are read",
        )

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
