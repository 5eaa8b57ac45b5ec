from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.metrics import AGENT_METRICS
from dashboard import codec
from dashboard.models import AgentProcess, Cluster, Event, Reading, Subject
from dashboard.store import agent_processes
from tests import builders
from tests.builders import GIB, NOON, agent, agent_snapshot, later, summary, write

pytestmark = pytest.mark.django_db

HOST = "10.0.0.1"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def told() -> list[tuple[str, str, str, str]]:
    return list(Event.objects.order_by("pk").values_list("kind", "subject", "before", "after"))


def test_what_an_agent_says_of_itself_stands_in_its_row(cluster: Cluster) -> None:
    write(cluster, agent_snapshot(HOST))
    row = AgentProcess.objects.get()
    assert (row.host, row.port, row.agent_id, row.registered) == (HOST, 5051, f"id-of-{HOST}", True)
    assert (row.uptime_seconds, row.started_at, row.recovery_seconds) == (3600, later(-3600), 1.5)
    assert (row.executors_running, row.executors_terminated, row.tasks_failed, row.container_launch_errors) == (
        3,
        7,
        2,
        0,
    )
    assert (row.host_cpus, row.host_load_1min, row.host_mem_free_bytes) == (4, 1.5, 3 * GIB)
    assert (row.first_seen, row.taken_at) == (NOON, NOON)
    assert told() == []


def test_a_reading_holds_every_metric_and_nothing_for_those_that_were_not_said(cluster: Cluster) -> None:
    write(cluster, agent_snapshot(HOST, later(-5), metrics={"slave/tasks_failed": None}), now=NOON)
    found = Reading.objects.get(subject__kind="agent", subject__key=HOST)
    names = agent_processes.LAYOUT
    said = dict(zip(names, codec.unpack([bytes(found.data)], width=len(names))[0].tolist(), strict=True))
    assert (found.tick, said["slave/executors_running"], said["sample.age_seconds"]) == (int(NOON.timestamp()), 3, 5)
    assert said["slave/tasks_failed"] != said["slave/tasks_failed"]
    assert names[:-1] == tuple(metric.name for metric in AGENT_METRICS)
    assert Subject.objects.get(kind="agent").parent == Subject.objects.get(kind="host", key=HOST)


def test_an_agent_whose_uptime_fell_restarted(cluster: Cluster) -> None:
    write(cluster, agent_snapshot(HOST))
    write(cluster, agent_snapshot(HOST, later(60)))
    assert told() == []
    write(cluster, agent_snapshot(HOST, later(120), uptime_seconds=20.0))
    assert told() == [("agent_restart", HOST, "2026-11-22T11:00:00+00:00", "2026-11-22T12:01:40+00:00")]
    assert (Event.objects.get().taken_at, AgentProcess.objects.get().started_at) == (later(100), later(100))


def test_one_that_restarted_during_a_long_silence_is_noticed_though_its_uptime_rose(cluster: Cluster) -> None:
    write(cluster, agent_snapshot(HOST, uptime_seconds=30.0))
    write(cluster, agent_snapshot(HOST, later(7200), uptime_seconds=3600.0))
    assert [kind for kind, *_ in told()] == ["agent_restart"]


def test_clocks_that_drift_are_no_restart(cluster: Cluster) -> None:
    for minute in range(5):
        write(cluster, agent_snapshot(HOST, later(60 * minute), uptime_seconds=3600.0 + 58 * minute))
    assert told() == []


def test_a_young_process_whose_uptime_is_rounded_is_no_restart(cluster: Cluster) -> None:
    for seconds, uptime in ((0, 2.0), (60, 59.0)):
        write(cluster, agent_snapshot(HOST, later(seconds), uptime_seconds=uptime))
    assert told() == []


def test_an_uptime_that_cannot_be_is_no_restart(cluster: Cluster) -> None:
    write(cluster, agent_snapshot(HOST))
    for seconds, uptime in ((60, None), (120, -5.0), (180, 1e12)):
        write(cluster, agent_snapshot(HOST, later(seconds), uptime_seconds=uptime, metrics={"slave/uptime_secs": None}))
    assert (told(), AgentProcess.objects.get().started_at) == ([], later(-3600))


def test_an_agent_that_loses_its_master_and_finds_it_again_is_told_twice(cluster: Cluster) -> None:
    write(cluster, agent_snapshot(HOST))
    for seconds, registered in ((60, False), (120, False), (180, True)):
        write(cluster, agent_snapshot(HOST, later(seconds), registered=registered))
    assert told() == [
        ("agent_registered", HOST, "registered", "not registered"),
        ("agent_registered", HOST, "not registered", "registered"),
    ]


def test_one_that_was_never_seen_before_is_no_news(cluster: Cluster) -> None:
    write(cluster, agent_snapshot(HOST, registered=False, uptime_seconds=1.0))
    assert told() == []


def test_an_agent_with_a_new_id_at_its_old_place_is_the_same_process_row(cluster: Cluster) -> None:
    write(cluster, agent_snapshot(HOST, agent_id="S1"))
    write(cluster, agent_snapshot(HOST, later(60), agent_id="S2", uptime_seconds=5.0))
    assert AgentProcess.objects.get().agent_id == "S2"
    assert [kind for kind, *_ in told()] == ["agent_restart"]


def test_two_agents_on_one_host_are_told_apart_by_their_ports(cluster: Cluster) -> None:
    write(cluster, summary(NOON, agent(HOST, agent_id="S1"), agent(HOST, agent_id="S2", port=5052)))
    Event.objects.all().delete()
    for seconds in (0, 60):
        for name, uptime in (("S1", 900.0), ("S2", 100.0)):
            write(cluster, agent_snapshot(HOST, later(seconds), agent_id=name, uptime_seconds=uptime + seconds))
    assert told() == []
    assert set(AgentProcess.objects.values_list("port", "agent_id")) == {(5051, "S1"), (5052, "S2")}
    assert set(Subject.objects.filter(kind="agent").values_list("key", flat=True)) == {HOST, f"{HOST}:5052"}


def test_the_number_of_queries_does_not_grow_with_the_agents(cluster: Cluster) -> None:
    counted = []
    for count in (2, 150):
        said = tuple(agent_snapshot(f"10.0.{count}.{place}") for place in range(count))
        with CaptureQueriesContext(connection) as queries:
            builders.write_agents(cluster, *said)
        counted.append(len(queries))
    assert counted[1] <= counted[0]  # the first time the layout is written too
