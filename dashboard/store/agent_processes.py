"""Mesos agent processes: what each said of itself, whether it restarted; a reading of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from collectors.metrics import AGENT_METRICS
from collectors.records import AGENT_PORT, AgentSnapshot
from dashboard import subject_keys
from dashboard.models import AgentProcess, Cluster, Event, Node, Subject
from dashboard.store import readings
from dashboard.store.moments import age_seconds
from dashboard.store.readings import SubjectKey
from dashboard.store.upserts import update_values, upsert_values
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
UNIQUE = ["cluster", "host", "port"]

Place = tuple[str, int]
"""Host and port: an agent's Mesos id changes when its work_dir is wiped, its place stays."""


class Known(NamedTuple):
    """What is known of an agent process."""

    pk: int
    host: str
    port: int
    taken_at: datetime
    started_at: datetime | None
    registered: bool


def write(writing: Writing, snapshots: Iterable[AgentSnapshot]) -> Written:
    """Write what agents said of themselves. A fixed number of queries, and one more for each event."""
    snapshots = list(snapshots)
    ports = ports_of(writing.cluster, [said.agent_id for said in snapshots])
    placed = {(said.host, ports.get(said.agent_id, AGENT_PORT)): said for said in snapshots}
    rows = AgentProcess.objects.filter(cluster=writing.cluster, host__in={host for host, _ in placed})
    known = {(row.host, row.port): row for row in map(Known._make, rows.values_list(*Known._fields))}
    new, changed = [], []
    for place, said in placed.items():
        row = known.get(place)
        if row is not None:
            _tell_registration(writing, row, said)
        values = [said.agent_id, said.taken_at, _started_at(writing, row, said), said.registered, said.uptime_seconds]
        values += map(said.metrics.get, METRICS.values())
        if row is None:
            new.append([*values, writing.cluster.pk, *place, said.taken_at])
        else:
            changed.append([*values, row.pk])
    update_values(AgentProcess, UPDATED, changed)
    upsert_values(AgentProcess, [*UPDATED, *UNIQUE, "first_seen"], new, unique=UNIQUE, update=UPDATED)
    return Written(kept=_write_readings(writing, placed))


def ports_of(cluster: Cluster, agent_ids: Sequence[str]) -> dict[str, int]:
    """The port of each agent, by its id, as the last summary had it. One query."""
    return dict(Node.objects.filter(cluster=cluster, agent_id__in=agent_ids).values_list("agent_id", "port"))


def _tell_registration(writing: Writing, row: Known, said: AgentSnapshot) -> None:
    if row.registered != said.registered:
        before, after = (("not registered", "registered")[one] for one in (row.registered, said.registered))
        _tell(writing, Event.Kind.AGENT_REGISTERED, row, before=before, after=after, at=said.taken_at)


def _started_at(writing: Writing, row: Known | None, said: AgentSnapshot) -> datetime | None:
    """A process that started after its place last answered is another life; clocks that drift or jump are none."""
    known, uptime_seconds = row.started_at if row else None, said.uptime_seconds
    if uptime_seconds is None or not 0 <= uptime_seconds <= LONGEST_UPTIME_SECONDS:
        return known
    started_at = said.taken_at - timedelta(seconds=uptime_seconds)
    if row is not None and known is not None:
        if started_at <= max(row.taken_at - RESTART_TOLERANCE, known + RESTART_TOLERANCE):
            return known
        before, after = (at.isoformat(timespec="seconds") for at in (known, started_at))
        _tell(writing, Event.Kind.AGENT_RESTART, row, before=before, after=after, at=started_at)
    return started_at


def _tell(writing: Writing, kind: Event.Kind, row: Known, *, before: str, after: str, at: datetime) -> None:
    writing.event(kind, row.host, name=row.host, before=before, after=after, taken_at=at)


def subject_key(place: Place) -> SubjectKey:
    """Subject of an agent process through all of its lives, told apart by the uptime in its readings: its host, and its
    port where that is not the usual one."""
    host, port = place
    return AGENT, subject_keys.key_of(host if port == AGENT_PORT else f"{host}:{port}")


def _write_readings(writing: Writing, placed: Mapping[Place, AgentSnapshot]) -> int:
    machines = readings.subjects(writing.cluster, {(HOST, host): host for host, _ in placed}, seen_at=writing.now)
    ids = readings.subjects(
        writing.cluster,
        {subject_key(place): place[0] for place in placed},
        seen_at=writing.now,
        parents={subject_key(place): machines[HOST, place[0]] for place in placed},
    )
    matrix = np.array([values(said, writing.tick) for said in placed.values()], dtype=float).reshape(-1, len(LAYOUT))
    return readings.write_matrix(writing.tick, LAYOUT, [ids[subject_key(place)] for place in placed], matrix)


def values(said: AgentSnapshot, tick: int) -> list[float | None]:
    """One snapshot in LAYOUT order; None where this version does not have the metric."""
    return [*map(said.metrics.get, LAYOUT[:-1]), age_seconds(tick, said.taken_at)]
