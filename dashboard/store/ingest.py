"""The way in for what a poll brings: each kind of record to its writer, and the outcome of source and nodes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from collectors.errors import Outcome, PollError
from collectors.records import (
    ClusterSummary,
    ClusterVersion,
    Harvest,
    HealthReport,
    HostMetrics,
    MasterSnapshot,
    NodeOutcome,
)
from dashboard.store import collection, components, machines, masters, summary
from dashboard.store.writing import Writing


@dataclass(frozen=True, kw_only=True)
class Written:
    """How many things were kept, and the harvest without what had to be refused: that counts as dropped."""

    kept: int
    harvest: Harvest


def harvest(writing: Writing, source: str, brought: Harvest, *, duration_seconds: float) -> Written:
    """Write a poll's records and outcomes. Call it inside one transaction."""
    kept = _write_records(writing, source, brought)
    measured = machines.write(writing, [record for record in brought.records if isinstance(record, HostMetrics)])
    brought = _without_refused(brought, measured)
    collection.write(
        writing,
        collection.Result(
            source=source,
            outcome=brought.outcome,
            detail=in_words(brought),
            notes=" ".join(brought.notes),
            sample_at=sampled_at(brought),
            sampled={record.host: record.taken_at for record in brought.records if isinstance(record, HostMetrics)},
            duration_seconds=duration_seconds,
            requests=brought.requests,
            bytes_read=brought.bytes_read,
        ),
        brought.nodes,
    )
    return Written(kept=kept + measured.kept, harvest=brought)


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


def _without_refused(brought: Harvest, measured: machines.Written) -> Harvest:
    """The harvest as it stands after writing: a machine whose figures were refused did not answer usefully."""
    refused = measured.refused

    def judged(node: NodeOutcome) -> NodeOutcome:
        why = refused.get(node.host)
        return replace(node, outcome=Outcome.SKEWED, detail=why) if why else node

    records = tuple(one for one in brought.records if not (isinstance(one, HostMetrics) and one.host in refused))
    dropped = Counter(brought.dropped) + measured.dropped
    if refused:
        dropped["answer: more than 10 min ahead or 2 h late"] += len(refused)
    return replace(brought, records=records, nodes=tuple(judged(node) for node in brought.nodes), dropped=dropped)


def sampled_at(brought: Harvest) -> datetime | None:
    """What the answer as a whole may be called: as old as the oldest of its records.

    Machines are many, and each is judged by its own time: the whole is as old as half of them, so that one clock or one
    cache that is behind does not make all look old.
    """
    machines_at = sorted(record.taken_at for record in brought.records if isinstance(record, HostMetrics))
    if machines_at:
        return machines_at[(len(machines_at) - 1) // 2]
    return min((one.taken_at for one in brought.records if not isinstance(one, ClusterVersion)), default=None)


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
