"""Allocation totals, whole out of one summary answer: of the cluster, its zones, frameworks and nodes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from collectors.records import AgentSummary, ClusterSummary, Resources, TaskCounts
from dashboard.models import Subject

RESOURCES = ("cpus", "mem_bytes", "disk_bytes", "gpus")
TASK_STATES = TaskCounts.__struct_fields__


def column(resource: str, basis: str) -> str:
    """The name that holds a resource on a basis: ("mem_bytes", "total") is "mem_total_bytes"."""
    noun, _, unit = resource.partition("_")
    return "_".join(part for part in (noun, basis, unit) if part)


ALLOCATION = tuple(column(resource, basis) for resource in RESOURCES for basis in ("total", "allocated", "offered"))
COUNTS = ("agents_active", "agents_inactive", "frameworks_active")
LAYOUT = (*ALLOCATION, *COUNTS, *(f"tasks_{state}" for state in TASK_STATES))
"""Values of every total's reading. `sample.age_seconds` is added by the writer, who knows the tick."""

Total = tuple[tuple[str, str], str, list[float | None]]
"""Subject (kind, key), its name, its values in LAYOUT order."""


def _sum(amounts: Iterable[Resources]) -> Resources:
    kept = list(amounts)
    if len(kept) == 1:  # most totals are of one agent alone
        return kept[0]
    return Resources(**{name: sum(getattr(amount, name) for amount in kept) for name in RESOURCES})


def _values(
    total: Resources | None, allocated: Resources, offered: Resources, counts: tuple[int | None, ...]
) -> list[float | None]:
    triples = (
        (None if total is None else getattr(total, name), getattr(allocated, name), getattr(offered, name))
        for name in RESOURCES
    )
    return [value for triple in triples for value in triple] + list(counts)


def _tasks(counts: Sequence[TaskCounts]) -> list[float | None]:
    if len(counts) == 1:
        return list(msgspec.structs.astuple(counts[0]))
    return [sum(getattr(count, state) for count in counts) for state in TASK_STATES]


def of_agents(agents: Sequence[AgentSummary]) -> list[float | None]:
    """Total, allocated and offered of the *active* agents among these (a lost one gives no capacity), and their tasks."""
    active = [agent for agent in agents if agent.active]
    amounts = _values(
        _sum(agent.total for agent in active),
        _sum(agent.allocated for agent in active),
        _sum(agent.offered for agent in active),
        (len(active), len(agents) - len(active), None),
    )
    return amounts + _tasks([agent.tasks for agent in agents])


def of_cluster(summary: ClusterSummary) -> list[float | None]:
    """As `of_agents`, but tasks are counted from the frameworks: agents never report unreachable tasks."""
    *amounts, _ = of_agents(summary.agents)[: -len(TASK_STATES)]
    active = sum(framework.active and framework.connected for framework in summary.frameworks)
    return [*amounts, active, *_tasks([framework.tasks for framework in summary.frameworks])]


def of_summary(summary: ClusterSummary) -> Iterator[Total]:
    """Every total one summary gives: cluster, zones (agents without one are in none), nodes, frameworks."""
    yield (Subject.Kind.CLUSTER, ""), summary.cluster_name or "cluster", of_cluster(summary)
    zones: dict[str, list[AgentSummary]] = defaultdict(list)
    for agent in summary.agents:
        yield (Subject.Kind.NODE, f"{agent.host}:{agent.port}"), agent.host, of_agents([agent])
        if agent.zone:
            zones[agent.zone].append(agent)
    for zone, members in zones.items():
        yield (Subject.Kind.ZONE, zone), zone, of_agents(members)
    for framework in summary.frameworks:
        amounts = _values(None, framework.allocated, framework.offered, (None, None, None))
        yield (Subject.Kind.FRAMEWORK, framework.framework_id), framework.name, amounts + _tasks([framework.tasks])
