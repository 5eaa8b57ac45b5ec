"""Marathons: one row each, a reading of its own metrics a minute, and an event where another of its instances leads."""

from __future__ import annotations

from collections.abc import Collection

from collectors.metrics import MARATHON_METRICS
from collectors.records import MarathonSnapshot
from dashboard import subject_keys
from dashboard.models import Cluster, Event, Marathon, Subject
from dashboard.store import readings
from dashboard.store.writing import Writing

KIND = Subject.Kind.MARATHON.value
AGE = "sample.age_seconds"
LAYOUT = (*(metric.name for metric in MARATHON_METRICS), AGE)
"""Values of a Marathon's reading."""


def write(writing: Writing, said: MarathonSnapshot) -> int:
    """Bring its row up to what it says, and note its metrics; returns 1."""
    row = row_of(writing, said.key)
    if row.taken_at is None or said.leader != row.leader:
        _note_leader(writing, row, said)
    row.name, row.framework_id, row.version = said.name, said.framework_id, said.version[:64]
    row.taken_at = said.taken_at
    row.save(update_fields=["name", "framework_id", "version", "leader", "leader_since", "taken_at"])
    key = subject_keys.key_of(said.key)
    ids = readings.subjects(writing.cluster, {(KIND, key): said.name or said.key}, seen_at=said.taken_at)
    values = [*(said.metrics.get(name) for name in LAYOUT[:-1]), writing.tick - said.taken_at.timestamp()]
    return readings.write(writing.tick, LAYOUT, [(ids[KIND, key], values)])


def row_of(writing: Writing, key: str) -> Marathon:
    """The Marathon's row, made where it is new. One query once it exists."""
    return Marathon.objects.get_or_create(cluster=writing.cluster, key=key[:255])[0]


def _note_leader(writing: Writing, row: Marathon, said: MarathonSnapshot) -> None:
    if row.taken_at is not None:
        writing.event(Event.Kind.MARATHON_LEADER, row.key, before=row.leader, after=said.leader, taken_at=said.taken_at)
    row.leader, row.leader_since = said.leader[:255], said.taken_at


def forget(cluster: Cluster, registered: Collection[str]) -> None:
    """Drop the Marathons that are registered no more, by key, with the rows of their apps; what was measured goes by age."""
    Marathon.objects.filter(cluster=cluster).exclude(key__in=registered).delete()
