"""Masters: what each said of itself, who leads, who restarted; and a reading for each life of each process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from collectors.errors import Outcome
from collectors.metrics import MASTER_METRICS
from collectors.records import MASTER_PORT, MasterSnapshot, NodeOutcome
from dashboard.models import Event, Master, Subject
from dashboard.store import readings
from dashboard.store.summary import REREGISTRATION_SECONDS
from dashboard.store.writing import Writing

RESTART_TOLERANCE = timedelta(seconds=5)
"""Uptime is rounded and answers take time: only a start later than this is another life."""

LAYOUT = (*(metric.name for metric in MASTER_METRICS), "sample.age_seconds")

COLUMNS = {
    "event_queue_messages": "master/event_queue_messages",
    "event_queue_dispatches": "master/event_queue_dispatches",
    "event_queue_http_requests": "master/event_queue_http_requests",
    "cpus_total": "system/cpus_total",
    "load_1min": "system/load_1min",
    "mem_total_bytes": "system/mem_total_bytes",
    "mem_free_bytes": "system/mem_free_bytes",
    "agents_active": "master/slaves_active",
    "agents_inactive": "master/slaves_inactive",
    "agents_unreachable": "master/slaves_unreachable",
    "registry_bytes": "registrar/registry_size_bytes",
    "registrar_ensemble": "registrar/log/ensemble_size",
    "tasks_failed": "master/tasks_failed",
    "tasks_lost": "master/tasks_lost",
}
"""Typed columns that tables show now, and the metric each holds."""


def write(writing: Writing, snapshots: Sequence[MasterSnapshot], outcomes: Sequence[NodeOutcome]) -> int:
    """Write what the masters said; one that did not answer keeps its figures but is elected no longer as far as we know."""
    known = {(row.host, row.port): row for row in Master.objects.filter(cluster=writing.cluster)}
    for outcome in outcomes:
        place = (outcome.host, outcome.port or MASTER_PORT)
        row = known.setdefault(place, _new(writing, *place))
        row.last_seen = writing.now
        if outcome.outcome is not Outcome.OK:
            row.elected = None
    for snapshot in snapshots:
        place = (snapshot.host, snapshot.port)
        _update(writing, known.setdefault(place, _new(writing, *place)), snapshot)
    for row in known.values():
        row.save()
    _note_leader(writing, [row for row in known.values() if row.elected], at=writing.now)
    return _write_readings(writing, [(known[item.host, item.port], item) for item in snapshots])


def _new(writing: Writing, host: str, port: int) -> Master:
    return Master(cluster=writing.cluster, host=host, port=port, first_seen=writing.now, last_seen=writing.now)


def _update(writing: Writing, row: Master, snapshot: MasterSnapshot) -> None:
    _note_start(writing, row, snapshot)
    if snapshot.elected and not row.elected_since:
        row.elected_since = snapshot.taken_at
    if not snapshot.elected:
        row.elected_since = None
    row.elected, row.taken_at = snapshot.elected, snapshot.taken_at
    row.version = snapshot.version or row.version
    for column, metric in COLUMNS.items():
        setattr(row, column, snapshot.metrics.get(metric))


def _note_start(writing: Writing, row: Master, snapshot: MasterSnapshot) -> None:
    if snapshot.uptime_seconds is None:
        return
    started_at = snapshot.taken_at - timedelta(seconds=snapshot.uptime_seconds)
    if row.started_at is not None and started_at <= row.started_at + RESTART_TOLERANCE:
        return
    if row.started_at is not None:
        row.elected_since = None
        writing.event(
            Event.Kind.MASTER_RESTART,
            row.place,
            name=row.place,
            before=row.started_at.isoformat(timespec="seconds"),
            after=started_at.isoformat(timespec="seconds"),
            taken_at=started_at,
        )
    row.started_at = started_at


def _note_leader(writing: Writing, elected: Sequence[Master], *, at: datetime) -> None:
    """Keep the known leader while it is among those that claim to lead: two claims are shown, not followed to and fro."""
    cluster = writing.cluster
    known = next((row for row in elected if row.place == cluster.leader_host), None)
    leader = known or (elected[0] if elected else None)
    if leader is not None and leader.version:
        cluster.mesos_version = leader.version
    after = leader.place if leader else ""
    if cluster.leader_host != after:
        _change_leader(writing, after, at=at)
    cluster.save(update_fields=["leader_host", "leader_since", "reregistering_until", "mesos_version"])


def _change_leader(writing: Writing, after: str, *, at: datetime) -> None:
    cluster, before = writing.cluster, writing.cluster.leader_host
    if cluster.leader_since is not None:
        writing.event(Event.Kind.LEADER, after or before, name=after or before, before=before, after=after, taken_at=at)
        cluster.reregistering_until = at + timedelta(seconds=REREGISTRATION_SECONDS)
    cluster.leader_host, cluster.leader_since = after, at


def life_key(row: Master) -> str:
    """Key of the subject of a master's present life; counters never run across two of them."""
    started = int(row.started_at.timestamp()) if row.started_at else 0
    return f"{row.host}:{row.port}@{started}"


def _write_readings(writing: Writing, pairs: Sequence[tuple[Master, MasterSnapshot]]) -> int:
    ids = lives(writing, [row for row, _ in pairs])
    return readings.write(
        writing.tick, LAYOUT, ((ids[row.place], values(snapshot, writing.tick)) for row, snapshot in pairs)
    )


def lives(writing: Writing, rows: Sequence[Master]) -> dict[str, int]:
    """The subject of each master's present life, by the master's place."""
    wanted = {(Subject.Kind.MASTER.value, life_key(row)): row.place for row in rows}
    ids = readings.subjects(writing.cluster, wanted, seen_at=writing.now)
    return {place: ids[key] for key, place in wanted.items()}


def values(snapshot: MasterSnapshot, tick: int) -> list[float | None]:
    """One snapshot in LAYOUT order; None where this version does not have the metric."""
    return [*(snapshot.metrics.get(name) for name in LAYOUT[:-1]), tick - snapshot.taken_at.timestamp()]
