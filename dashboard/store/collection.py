"""How each source stands, as a whole and for each node asked: one upserted row, whose changes are events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collectors.errors import ANSWERED, Outcome
from collectors.records import NodeOutcome
from dashboard.models import Collection, Event
from dashboard.store.writing import Writing


@dataclass(frozen=True, kw_only=True)
class Result:
    """What is noted of a source's poll as a whole."""

    source: str
    outcome: Outcome
    detail: str = ""
    notes: str = ""
    sample_at: datetime | None = None
    duration_seconds: float | None = None
    requests: int = 0
    bytes_read: int = 0


def write(writing: Writing, result: Result, nodes: Sequence[NodeOutcome]) -> int:
    """Note the source's outcome and each node's; returns the source's failures in a row.

    Two queries and one for each change.
    """
    rows = {row.host: row for row in Collection.objects.filter(cluster=writing.cluster, source=result.source)}
    whole = rows.setdefault("", _new(writing, result.source, ""))
    _note(writing, whole, result.outcome, result.detail)
    whole.notes, whole.duration_seconds = result.notes[:1000], result.duration_seconds
    whole.requests, whole.bytes_read = result.requests, result.bytes_read
    if result.sample_at is not None:
        whole.sample_at = result.sample_at
    for node in nodes:
        row = rows.setdefault(node.place, _new(writing, result.source, node.place))
        _note(writing, row, node.outcome, node.detail)
        if node.outcome in ANSWERED:
            row.sample_at = result.sample_at or writing.now
    Collection.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["cluster", "source", "host"],
        update_fields=[
            *("outcome", "since", "last_success_at", "sample_at", "failures_in_row", "detail"),
            *("notes", "duration_seconds", "requests", "bytes_read"),
        ],
    )
    return whole.failures_in_row


def _new(writing: Writing, source: str, host: str) -> Collection:
    return Collection(cluster=writing.cluster, source=source, host=host, outcome="", since=writing.now)


def _note(writing: Writing, row: Collection, outcome: Outcome, detail: str) -> None:
    answered = outcome in ANSWERED
    before, was_answering = row.outcome, row.outcome in ANSWERED
    if before and answered != was_answering:
        _tell(writing, row, outcome)
    if before != outcome:
        row.outcome, row.since = outcome, writing.now
    row.detail = detail[:500]
    row.failures_in_row = 0 if answered else row.failures_in_row + 1
    if answered:
        row.last_success_at = writing.now


def _tell(writing: Writing, row: Collection, outcome: Outcome) -> None:
    kind = Event.Kind.COLLECTION
    if row.host and row.source == "masters":
        kind = Event.Kind.MASTER_ANSWER
    writing.event(
        kind,
        row.host or row.source,
        name=row.host or row.source,
        place=row.source if row.host else "",
        before=row.outcome,
        after=outcome,
        taken_at=writing.now,
    )
