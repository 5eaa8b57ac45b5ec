"""The pipeline with nothing faked but the cluster: a real broker, worker and beat, killed while they run."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

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
            "DAYTWO_ALLOW_LOOPBACK": "true",
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
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(with_stories=False)).running() as running:
        yield running


@pytest.fixture
def pipeline(tmp_path: Path, simulator: Simulator) -> Iterator[Pipeline]:
    running = Pipeline(tmp_path)
    try:
        running.django("migrate", "--verbosity", "0")
        running.django("add_cluster", "sim", simulator.router_url)
        for name in ("broker", "worker", "beat"):
            running.start(name)
        yield running
    finally:
        for name in running.processes:
            running.kill(name)


def test_polls_survive_a_killed_worker_and_a_killed_broker(pipeline: Pipeline) -> None:
    wait_until(lambda: pipeline.answered() >= 1, seconds=60, what="a first poll")

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


class Inbox:
    """A receiver of webhooks on loopback; what it was told, in order."""

    def __init__(self) -> None:
        told: list[dict[str, Any]] = []

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing on the test's output."""

        self.told = told
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    one = Inbox()
    thread = Thread(target=one.server.serve_forever, daemon=True)
    thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()
    thread.join()


TELL_AT_ONCE = """
from django.contrib.auth.models import User
from django.utils import timezone
from dashboard.models import Rule
from dashboard.store import channels, rules
now = timezone.now()
channels.create(channels.Given(name="inbox", kind="webhook", target="{url}"), now)
rules.change(Rule.objects.get(key="R7"), dict(for_seconds=0, warning_on=True), User.objects.create(username="ops"), now)
"""


def test_a_killed_agent_becomes_an_incident_an_alert_and_a_notice(
    pipeline: Pipeline, simulator: Simulator, inbox: Inbox
) -> None:
    rules = "SELECT COUNT(*) FROM dashboard_rule WHERE key = 'R7' AND subjects > 0"
    wait_until(lambda: pipeline.ask(rules) == [(1,)], seconds=60, what="rules that were judged")
    pipeline.django("shell", "-c", TELL_AT_ONCE.format(url=inbox.url))
    host = simulator.world.plan.agents[0].host

    simulator.failures.kill_agent(host)
    incidents = f"SELECT kind, state FROM dashboard_incident WHERE subject = '{host}'"
    wait_until(lambda: len(pipeline.ask(incidents)) == 1, seconds=30, what="an incident")
    wait_until(lambda: bool(inbox.told), seconds=60, what="a notice")
    assert inbox.told[0]["kind"] == "problem"

    simulator.failures.restart_agent(host)
    wait_until(lambda: pipeline.ask(incidents)[0][1] == "recovered", seconds=60, what="the recovery")
