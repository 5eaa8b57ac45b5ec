"""The way in for what a poll brings: each kind of record to its writer, and the outcome of source and nodes."""

from __future__ import annotations

from datetime import datetime

from collectors.errors import Outcome, PollError
from collectors.records import ClusterSummary, ClusterVersion, Harvest, HealthReport, MasterSnapshot
from dashboard.store import collection, components, masters, summary
from dashboard.store.writing import Writing


def harvest(writing: Writing, source: str, brought: Harvest, *, duration_seconds: float) -> int:
    """Write a poll's records and outcomes; returns how many things were kept. Call it inside one transaction."""
    kept = _write_records(writing, source, brought)
    collection.write(
        writing,
        collection.Result(
            source=source,
            outcome=brought.outcome,
            detail=in_words(brought),
            notes=" ".join(brought.notes),
            sample_at=sampled_at(brought),
            duration_seconds=duration_seconds,
            requests=brought.requests,
            bytes_read=brought.bytes_read,
        ),
        brought.nodes,
    )
    return kept


def _write_records(writing: Writing, source: str, brought: Harvest) -> int:
    kept = 0
    if source == "masters":
        snapshots = [record for record in brought.records if isinstance(record, MasterSnapshot)]
        kept += masters.write(writing, snapshots, brought.nodes)
    for record in brought.records:
        match record:
            case ClusterSummary():
                kept += summary.write(writing, record, whole=not brought.dropped)
            case HealthReport():
                kept += components.write(writing, record)
            case ClusterVersion():
                kept += summary.write_version(writing, record)
    return kept


def sampled_at(brought: Harvest) -> datetime | None:
    """The oldest sample time among the records: what the answer as a whole may be called."""
    times = [record.taken_at for record in brought.records if not isinstance(record, ClusterVersion)]
    return min(times, default=None)


def in_words(brought: Harvest) -> str:
    """One line on what was missing or dropped; empty when the answer was whole."""
    failed = [node for node in brought.nodes if node.outcome is not Outcome.OK]
    parts = (
        [f"{len(failed)} of {len(brought.nodes)} did not answer: {failed[0].host} {failed[0].detail}"] if failed else []
    )
    parts += [f"{count} dropped: {reason}" for reason, count in brought.dropped.items()]
    return "; ".join(parts)[:500]


def failure(writing: Writing, source: str, error: PollError, *, duration_seconds: float) -> int:
    """Note a poll that brought nothing; returns how many in a row did. No number is written: the last ones grow old."""
    failures_in_row = collection.write(
        writing,
        collection.Result(source=source, outcome=error.outcome, detail=error.detail, duration_seconds=duration_seconds),
        error.nodes,
    )
    if source == "masters":
        masters.write(writing, (), error.nodes)
    return failures_in_row
