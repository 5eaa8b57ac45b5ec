"""The pipeline with nothing faked but the cluster: a real broker, worker and beat, killed while they run."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collectors.simulator import Settings, Simulator
from dashboard.running import broker

ROOT = Path(__file__).resolve().parent.parent
CELERY = [sys.executable, "-m", "celery", "-A", "dashboard"]

pytestmark = pytest.mark.slow


class Pipeline:
    """Broker, worker and beat on a data folder of their own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("D")},
            "DAYTWO_DATA_DIR": str(data),
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        commands = {
            "broker": broker.prepare(self.data),
            "worker": [*CELERY, "worker", "-P", "threads", "-c", "4", "--without-gossip", "--without-mingle"],
            "beat": [*CELERY, "beat", "-s", str(self.data / "beat"), "--pidfile="],
        }
        log = (self.data / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(commands[name], env=self.environment, cwd=ROOT, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def django(self, *words: str) -> None:
        subprocess.run([sys.executable, "manage.py", *words], env=self.environment, cwd=ROOT, check=True)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.data / "daytwo.sqlite3", timeout=20)) as connection:
            return connection.execute(sql).fetchall()

    def answered(self) -> int:
        return len(self.ask("SELECT 1 FROM dashboard_poll WHERE outcome IN ('ok', 'partial') AND source = 'summary'"))


def wait_until(true: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    running = Pipeline(tmp_path)
    with Simulator(Settings(with_stories=False)).running() as simulator:
        running.django("migrate", "--verbosity", "0")
        running.django("add_cluster", "sim", simulator.router_url)
        for name in ("broker", "worker", "beat"):
            running.start(name)
        yield running
        for name in running.processes:
            running.kill(name)


def test_polls_survive_a_killed_worker_and_a_killed_broker(pipeline: Pipeline) -> None:
    wait_until(lambda: pipeline.answered() >= 1, seconds=30, what="a first poll")

    pipeline.kill("worker")
    before = pipeline.answered()
    pipeline.start("worker")
    wait_until(lambda: pipeline.answered() > before, seconds=30, what="a poll after the worker was killed")

    pipeline.kill("broker")
    time.sleep(2)
    before = pipeline.answered()
    pipeline.start("broker")
    wait_until(lambda: pipeline.answered() > before, seconds=30, what="a poll after the broker was killed")
    assert pipeline.processes["worker"].poll() is None, "the worker died with its broker"

    slots = pipeline.ask("SELECT source, shard, due_at, COUNT(*) FROM dashboard_poll GROUP BY 1, 2, 3")
    assert all(count == 1 for *_, count in slots)
    torn = pipeline.ask("SELECT COUNT(*) FROM dashboard_poll WHERE outcome = 'ok' AND (ended_at IS NULL OR kept = 0)")
    assert torn == [(0,)]
