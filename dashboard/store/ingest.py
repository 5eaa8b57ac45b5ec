"""The way in for what a poll brings: each kind of record to its writer, and the outcome of source and nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from collectors.errors import Outcome, PollError
from collectors.records import (
    AgentContainers,
    AgentSnapshot,
    AppMetricsReading,
    ClusterRegistry,
    ClusterRoles,
    ClusterSummary,
    ClusterTasks,
    ClusterVersion,
    Flags,
    Harvest,
    HealthReport,
    HostMetrics,
    MarathonApps,
    MarathonDeployments,
    MarathonQueue,
    MarathonSnapshot,
    MasterSnapshot,
    NodeOutcome,
    Record,
)
from dashboard.store import (
    agent_processes,
    app_metrics,
    apps,
    collection,
    components,
    containers,
    deployments,
    launch_waits,
    machines,
    marathons,
    masters,
    process_flags,
    registry,
    roles,
    summary,
    tasks,
)
from dashboard.store.writing import Writing, Written

OfNode = HostMetrics | AgentContainers | AgentSnapshot | Flags | AppMetricsReading
"""Records of single nodes, of which a poll brings many: each is judged by its own time."""
TOO_LATE = "answer: its slot began more than 2 h ago"
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """How many things were kept, and the harvest without what had to be refused: that counts as dropped."""

    kept: int
    harvest: Harvest


def harvest(writing: Writing, source: str, brought: Harvest, *, duration_seconds: float) -> Ingested:
    """Write a poll's records and outcomes. Call it inside one transaction."""
    if writing.too_late:
        brought = replace(
            brought, records=(), dropped=Counter(brought.dropped) + Counter({TOO_LATE: len(brought.records)})
        )
    written = [write(writing, source, brought) for write in WRITERS]
    for one in written:
        brought = _without_refused(brought, one)
    collection.write(
        writing,
        collection.Result(
            source=source,
            outcome=brought.outcome,
            detail=in_words(brought),
            notes=" ".join(brought.notes),
            sample_at=sampled_at(brought),
            sampled={record.host: record.taken_at for record in brought.records if isinstance(record, OfNode)},
            duration_seconds=duration_seconds,
            requests=brought.requests,
            bytes_read=brought.bytes_read,
        ),
        brought.nodes,
    )
    return Ingested(kept=sum(one.kept for one in written), harvest=brought)


def _write_masters(writing: Writing, source: str, brought: Harvest) -> Written:
    if source != "masters":
        return Written()
    return Written(kept=masters.write(writing, _all(brought, MasterSnapshot), brought.nodes))


def _write_wholes(writing: Writing, source: str, brought: Harvest) -> Written:
    """Records that tell of the whole cluster at once."""
    kept = 0
    for record in brought.records:
        match record:
            case ClusterSummary():
                kept += summary.write(writing, record, whole=not _missing(brought))
            case ClusterRoles():
                kept += roles.write(writing, record, whole=not brought.dropped)
            case ClusterRegistry():
                kept += registry.write(writing, record, whole=not brought.dropped)
            case HealthReport():
                kept += components.write(writing, record)
            case ClusterVersion():
                kept += summary.write_version(writing, record)
    return Written(kept=kept)


def _write_applications(writing: Writing, source: str, brought: Harvest) -> Written:
    kept = 0
    for record in brought.records:
        match record:
            case ClusterTasks():
                kept += tasks.write(writing, record)
            case MarathonApps():
                kept += apps.write(writing, record)
            case MarathonDeployments():
                kept += deployments.write(writing, record)
            case MarathonQueue():
                kept += launch_waits.write(writing, record)
            case MarathonSnapshot():
                kept += marathons.write(writing, record)
    return Written(kept=kept)


def _missing(brought: Harvest) -> set[str]:
    """Why somebody may not be in a list, by the reasons that count: an odd attribute leaves its agent in it."""
    return {reason for reason in brought.dropped if not reason.startswith("agent attribute: ")}


def _write_machines(writing: Writing, source: str, brought: Harvest) -> Written:
    found = _all(brought, HostMetrics)
    return machines.write(writing, found) if found else Written()


def _write_containers(writing: Writing, source: str, brought: Harvest) -> Written:
    found = _all(brought, AgentContainers)
    return containers.write(writing, found, partial=containers.partial_hosts(brought)) if found else Written()


def _write_app_metrics(writing: Writing, source: str, brought: Harvest) -> Written:
    found = _all(brought, AppMetricsReading)
    return app_metrics.write(writing, found) if found else Written()


def _write_agents(writing: Writing, source: str, brought: Harvest) -> Written:
    found = _all(brought, AgentSnapshot)
    return agent_processes.write(writing, found) if found else Written()


def _write_flags(writing: Writing, source: str, brought: Harvest) -> Written:
    found = _all(brought, Flags)
    return process_flags.write(writing, found) if found else Written()


WRITERS: tuple[Callable[[Writing, str, Harvest], Written], ...] = (
    *(
        _write_masters,
        _write_wholes,
        _write_applications,
        _write_machines,
        _write_agents,
        _write_containers,
        _write_app_metrics,
        _write_flags,
    ),
)
"""Every kind of record to its writer. A new kind is a function above and a name here."""


def _all(brought: Harvest, kind: type[R]) -> list[R]:
    return [record for record in brought.records if isinstance(record, kind)]


def _without_refused(brought: Harvest, written: Written) -> Harvest:
    """The harvest as it stands after writing: a node whose figures were refused did not answer usefully."""
    refused = written.refused
    if not refused:
        return replace(brought, dropped=Counter(brought.dropped) + written.dropped)

    def judged(node: NodeOutcome) -> NodeOutcome:
        why = refused.get(node.host)
        return replace(node, outcome=Outcome.SKEWED, detail=why) if why else node

    def stays(record: Record) -> bool:
        return not (isinstance(record, OfNode) and record.host in refused)

    dropped = Counter(brought.dropped) + written.dropped
    dropped["answer: more than 10 min ahead or 2 h late"] += len(refused)
    records = tuple(record for record in brought.records if stays(record))
    return replace(brought, records=records, nodes=tuple(judged(node) for node in brought.nodes), dropped=dropped)


def sampled_at(brought: Harvest) -> datetime | None:
    """What the answer as a whole may be called: as old as the oldest of its records.

    Nodes are many, and each is judged by its own time: the whole is as old as half of them, so that one clock or one
    cache that is behind does not make all look old.
    """
    nodes_at = sorted(record.taken_at for record in brought.records if isinstance(record, OfNode))
    if nodes_at:
        return nodes_at[(len(nodes_at) - 1) // 2]
    return min((one.taken_at for one in brought.records if not isinstance(one, ClusterVersion)), default=None)


def in_words(brought: Harvest) -> str:
    """One line on what was missing or dropped; empty when the answer was whole."""
    failed = [node for node in brought.nodes if node.outcome is not Outcome.OK]
    resting = sum(not node.asked for node in failed)
    rest = f", {resting} of them silent for long and not asked now" if resting else ""
    parts = (
        [f"{len(failed)} of {len(brought.nodes)} did not answer{rest}: {failed[0].host} {failed[0].detail}"]
        if failed
        else []
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
