"""Masters: what each said of itself, who leads, who restarted; and a reading for each life of each process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from collectors.errors import Outcome
from collectors.metrics import MASTER_METRICS
from collectors.records import MASTER_PORT, MasterSnapshot, NodeOutcome
from dashboard.models import Event, Master, Subject
from dashboard.store import readings, task_failures
from dashboard.store.summary import REREGISTRATION_SECONDS
from dashboard.store.writing import Writing

RESTART_TOLERANCE = timedelta(seconds=5)
"""Uptime is rounded and answers take time, so starts and answers are compared no more exactly than this."""
LONGEST_UPTIME_SECONDS = 1e9
MOST_WHOLE = 2**31 - 1

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
WHOLE = {"agents_active", "agents_inactive", "agents_unreachable", "registrar_ensemble"}


def write(writing: Writing, snapshots: Sequence[MasterSnapshot], outcomes: Sequence[NodeOutcome]) -> int:
    """Write what the masters said; one that did not answer keeps its figures but is elected no longer as far as we know."""
    known = {(row.host, row.port): row for row in Master.objects.filter(cluster=writing.cluster)}
    for outcome in outcomes:
        place = (outcome.host, outcome.port or MASTER_PORT)
        known.setdefault(place, _new(writing, *place)).last_seen = writing.now
    for place in known.keys() - {(snapshot.host, snapshot.port) for snapshot in snapshots}:
        known[place].elected = None
    for snapshot in snapshots:
        place = (snapshot.host, snapshot.port)
        _update(writing, known.setdefault(place, _new(writing, *place)), snapshot)
    for row in known.values():
        row.save()
    elected = [row for row in known.values() if row.elected]
    if elected or 2 * len(snapshots) > len(outcomes):
        # Where most masters are silent nothing is known: the last leader may be among them, and lead on.
        _note_leader(writing, elected, at=writing.now)
    _note_claims(writing, list(known.values()), outcomes)
    _note_failures(writing, [(known[item.host, item.port], item) for item in snapshots])
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
    row.version = (snapshot.version or row.version)[: Master._meta.get_field("version").max_length]
    for column, metric in COLUMNS.items():
        value = snapshot.metrics.get(metric)
        # A number that no column of whole numbers holds is none, and must not cost the others.
        fits = value is None or column not in WHOLE or abs(value) <= MOST_WHOLE
        setattr(row, column, value if fits else None)


def _note_start(writing: Writing, row: Master, snapshot: MasterSnapshot) -> None:
    """A process that started after its place last answered is another life; clocks that drift or jump are none."""
    uptime_seconds = snapshot.uptime_seconds
    if uptime_seconds is None or not 0 <= uptime_seconds <= LONGEST_UPTIME_SECONDS:
        return
    started_at = snapshot.taken_at - timedelta(seconds=uptime_seconds)
    if row.started_at is not None and row.taken_at is not None:
        if started_at <= max(row.taken_at - RESTART_TOLERANCE, row.started_at + RESTART_TOLERANCE):
            return
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
    if cluster.leader_host != after or _led_anew(writing, leader):
        _change_leader(writing, after, at=at)
    cluster.save(update_fields=["leader_host", "leader_since", "reregistering_until", "mesos_version"])


def _note_claims(writing: Writing, rows: Sequence[Master], outcomes: Sequence[NodeOutcome]) -> None:
    """Two masters that claim to lead at once, and the end of it: not before each of them was heard, or refuses as the dead do."""
    cluster, before = writing.cluster, writing.cluster.two_leaders
    claiming = {row.place: row.taken_at for row in rows if row.elected}
    dead = {outcome.place for outcome in outcomes if outcome.outcome is Outcome.REFUSED}
    unheard = {row.place for row in rows if row.elected is None} - dead
    if len(claiming) < 2 and unheard & set(before.split(", ")):
        return
    after = ", ".join(sorted(claiming))[:255] if len(claiming) > 1 else ""
    if after == before:
        return
    at = max((taken_at for taken_at in claiming.values() if taken_at), default=writing.now) if after else writing.now
    writing.event(
        Event.Kind.TWO_LEADERS, after or before, name=after or before, before=before, after=after, taken_at=at
    )
    cluster.two_leaders = after
    cluster.save(update_fields=["two_leaders"])


def _note_failures(writing: Writing, pairs: Sequence[tuple[Master, MasterSnapshot]]) -> None:
    """Of two that claim to lead the known leader's counts are compared, and no other's."""
    for row, snapshot in pairs:
        if row.elected and row.place == writing.cluster.leader_host:
            task_failures.note_counters(writing, life_key(row), snapshot.metrics, at=snapshot.taken_at)


def _led_anew(writing: Writing, leader: Master | None) -> bool:
    """Whether the leader is another life of the one that led: it was elected again, and its agents have to come back."""
    since = writing.cluster.leader_since
    return leader is not None and since is not None and leader.started_at is not None and leader.started_at > since


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
