"""The pipeline with nothing faked but the cluster: a real broker, worker and beat, killed while they run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from collectors.simulator import Settings, Simulator
from dashboard.running import broker, processes
from tests.servers import migrated
from tests.servers.inbox import Inbox, listening, tell_at_once
from tests.servers.processes import Processes

pytestmark = [pytest.mark.slow, pytest.mark.engine]


class Pipeline(Processes):
    """Broker, worker and beat on a data folder of their own, started as `manage.py up` starts them."""

    def begin(self, name: str) -> None:
        commands = {
            "broker": broker.prepare(self.data),
            "worker": processes.worker(settings.WORKER_THREADS),
            "beat": processes.beat(self.data),
        }
        self.start(name, commands[name])

    def answered(self) -> int:
        answered = "SELECT COUNT(*) FROM dashboard_poll WHERE outcome IN ('ok', 'partial') AND source = 'summary'"
        return int(self.database.ask(answered)[0][0])


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(with_stories=False)).running() as running:
        yield running


@pytest.fixture
def pipeline(tmp_path: Path, simulator: Simulator) -> Iterator[Pipeline]:
    """Of which the worker has polled: how long it takes to start is not what is tested."""
    with migrated.own(tmp_path) as database:
        running = Pipeline(tmp_path, database)
        try:
            running.done("add_cluster", "sim", simulator.router_url)
            for name in ("broker", "worker", "beat"):
                running.begin(name)
            running.wait_until(lambda: running.answered() > 0, what="a first poll")
            yield running
        finally:
            running.kill_all()


def test_polls_survive_a_killed_worker_and_a_killed_broker(pipeline: Pipeline) -> None:
    pipeline.kill("worker")
    before = pipeline.answered()
    pipeline.begin("worker")
    again = "a poll after the worker was killed"
    pipeline.wait_until(lambda: pipeline.answered() > before, what=again)

    pipeline.kill("broker")
    time.sleep(2)
    before = pipeline.answered()
    pipeline.begin("broker")
    again = "a poll after the broker was killed"
    pipeline.wait_until(lambda: pipeline.answered() > before, what=again)
    assert pipeline.is_alive("worker"), f"the worker died with its broker\n{pipeline.told()}"

    slots = pipeline.database.ask("SELECT source, shard, due_at, COUNT(*) FROM dashboard_poll GROUP BY 1, 2, 3")
    assert all(count == 1 for *_, count in slots)
    torn = (
        "SELECT COUNT(*) FROM dashboard_poll WHERE outcome = 'ok' "
        "AND (ended_at IS NULL OR kept = 0 AND source NOT IN ('deployments', 'queue', 'app_metrics'))"
    )
    assert pipeline.database.ask(torn) == [(0,)]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with listening() as one:
        yield one


def test_a_killed_agent_becomes_an_incident_an_alert_and_a_notice(
    pipeline: Pipeline, simulator: Simulator, inbox: Inbox
) -> None:
    tell_at_once(pipeline, inbox)
    host = simulator.world.plan.agents[0].host

    simulator.failures.kill_agent(host)
    state = f"SELECT state FROM dashboard_incident WHERE subject = '{host}'"
    pipeline.wait_until(lambda: len(pipeline.database.ask(state)) == 1, what="an incident")
    pipeline.wait_until(lambda: inbox.told, what="a notice")
    assert inbox.told[0]["kind"] == "problem"

    simulator.failures.restart_agent(host)
    pipeline.wait_until(lambda: pipeline.database.ask(state) == [("recovered",)], what="the recovery")
