"""Mesos agent processes: what each said of itself, whether it restarted; a reading of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from collectors.metrics import AGENT_METRICS
from collectors.records import AGENT_PORT, AgentSnapshot
from dashboard.models import AgentProcess, Cluster, Event, Node, Subject
from dashboard.store import readings
from dashboard.store.readings import SubjectKey
from dashboard.store.upserts import upsert
from dashboard.store.writing import Writing, Written

AGENT = Subject.Kind.AGENT.value
HOST = Subject.Kind.HOST.value
LAYOUT = (*(metric.name for metric in AGENT_METRICS), "sample.age_seconds")
RESTART_TOLERANCE = timedelta(seconds=5)
"""Answers take time and clocks drift, so a start is compared no more exactly than this."""
LONGEST_UPTIME_SECONDS = 1e9

METRICS = {
    "recovery_seconds": "slave/recovery_time_secs",
    "executors_running": "slave/executors_running",
    "executors_terminated": "slave/executors_terminated",
    "container_launch_errors": "slave/container_launch_errors",
    "tasks_failed": "slave/tasks_failed",
    "host_cpus": "system/cpus_total",
    "host_load_1min": "system/load_1min",
    "host_mem_total_bytes": "system/mem_total_bytes",
    "host_mem_free_bytes": "system/mem_free_bytes",
}
"""Column of the row → the metric it shows."""
UPDATED = ["agent_id", "taken_at", "started_at", "registered", "uptime_seconds", *METRICS]

Place = tuple[str, int]
"""Host and port: an agent's Mesos id changes when its work_dir is wiped, its place stays."""


def write(writing: Writing, snapshots: Iterable[AgentSnapshot]) -> Written:
    """Write what agents said of themselves. A fixed number of queries, and one more for each event."""
    snapshots = list(snapshots)
    ports = ports_of(writing.cluster, [said.agent_id for said in snapshots])
    placed = {(said.host, ports.get(said.agent_id, AGENT_PORT)): said for said in snapshots}
    known = AgentProcess.objects.filter(cluster=writing.cluster, host__in=[host for host, _ in placed])
    rows = {(row.host, row.port): row for row in known}
    for place, said in placed.items():
        rows[place] = _update(writing, rows.get(place), place, said)
    upsert((rows[place] for place in placed), unique=["cluster", "host", "port"], update=UPDATED)
    return Written(kept=_write_readings(writing, placed))


def ports_of(cluster: Cluster, agent_ids: Sequence[str]) -> dict[str, int]:
    """The port of each agent, by its id, as the last summary had it. One query."""
    return dict(Node.objects.filter(cluster=cluster, agent_id__in=agent_ids).values_list("agent_id", "port"))


def _update(writing: Writing, row: AgentProcess | None, place: Place, said: AgentSnapshot) -> AgentProcess:
    if row is None:
        row = AgentProcess(cluster=writing.cluster, host=place[0], port=place[1], first_seen=said.taken_at)
    elif row.registered != said.registered:
        words = {True: "registered", False: "not registered"}
        _tell(
            writing,
            Event.Kind.AGENT_REGISTERED,
            row,
            before=words[row.registered],
            after=words[said.registered],
            at=said.taken_at,
        )
    _note_start(writing, row, said)
    row.agent_id, row.taken_at, row.registered = said.agent_id, said.taken_at, said.registered
    row.uptime_seconds = said.uptime_seconds
    for column, metric in METRICS.items():
        setattr(row, column, said.metrics.get(metric))
    return row


def _note_start(writing: Writing, row: AgentProcess, said: AgentSnapshot) -> None:
    """A process that started after its place last answered is another life; clocks that drift or jump are none."""
    uptime_seconds = said.uptime_seconds
    if uptime_seconds is None or not 0 <= uptime_seconds <= LONGEST_UPTIME_SECONDS:
        return
    started_at = said.taken_at - timedelta(seconds=uptime_seconds)
    if row.started_at is not None:
        if started_at <= max(row.taken_at - RESTART_TOLERANCE, row.started_at + RESTART_TOLERANCE):
            return
        before, after = (at.isoformat(timespec="seconds") for at in (row.started_at, started_at))
        _tell(writing, Event.Kind.AGENT_RESTART, row, before=before, after=after, at=started_at)
    row.started_at = started_at


def _tell(writing: Writing, kind: Event.Kind, row: AgentProcess, *, before: str, after: str, at: datetime) -> None:
    writing.event(kind, row.host, name=row.host, before=before, after=after, taken_at=at)


def subject_key(place: Place) -> SubjectKey:
    """Subject of an agent process through all of its lives, told apart by the uptime in its readings: its host, and its
    port where that is not the usual one."""
    host, port = place
    return AGENT, readings.key_of(host if port == AGENT_PORT else f"{host}:{port}")


def _write_readings(writing: Writing, placed: Mapping[Place, AgentSnapshot]) -> int:
    machines = readings.subjects(writing.cluster, {(HOST, host): host for host, _ in placed}, seen_at=writing.now)
    ids = readings.subjects(
        writing.cluster,
        {subject_key(place): place[0] for place in placed},
        seen_at=writing.now,
        parents={subject_key(place): machines[HOST, place[0]] for place in placed},
    )
    rows = ((ids[subject_key(place)], values(said, writing.tick)) for place, said in placed.items())
    return readings.write(writing.tick, LAYOUT, rows)


def values(said: AgentSnapshot, tick: int) -> list[float | None]:
    """One snapshot in LAYOUT order; None where this version does not have the metric."""
    return [*(said.metrics.get(name) for name in LAYOUT[:-1]), tick - said.taken_at.timestamp()]
