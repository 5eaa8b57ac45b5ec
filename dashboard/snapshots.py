"""Component-health snapshots in the schema of DC/OS's own `health-report.json`, made from Day Two's rows.

They can be taken while the cluster is away: each figure is then as old as it says. What DC/OS's schema has no place for
stands under the one added key, `DayTwo`. Document: dcos-diagnostics, GET /system/health/v1/report.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from dashboard import figures
from dashboard.models import Cluster, NodeHealth, UnitState
from dashboard.models.components import Health, worst
from dashboard.queries import freshness
from dashboard.queries.components import SOURCE

FILE_NAME = "health-report.json"
WIRE_CODE = {health: 3 if health is Health.NO_DATA else int(health) for health in Health}
"""DC/OS's schema knows 0–3: what we have no data for is its 3, N/A."""


def take(cluster: Cluster, now: datetime) -> dict[str, Any]:
    """The snapshot as plain JSON values. Three queries."""
    states = list(UnitState.objects.filter(component__cluster=cluster).select_related("component", "node"))
    nodes = list(NodeHealth.objects.filter(cluster=cluster).order_by("host"))
    by_node: dict[int, list[UnitState]] = defaultdict(list)
    by_component: dict[int, list[UnitState]] = defaultdict(list)
    for state in states:
        by_node[state.node_id].append(state)
        by_component[state.component_id].append(state)
    sources = freshness.of(cluster, now)
    report = sources.get(SOURCE)
    return {
        "Units": {found[0].component.unit: _unit(found, cluster.leader_host) for found in by_component.values()},
        "Nodes": {node.host: _node(node, cluster.leader_host, by_node[node.pk]) for node in nodes},
        "UpdatedTime": figures.iso(report.sample_at) if report and report.sample_at else None,
        "DayTwo": {
            "cluster": cluster.name,
            "taken_at": figures.iso(now),
            "sources": [_source(age) for age in sources.values()],
            "no_data": {node.host: node.reason for node in nodes if node.reason},
        },
    }


def _unit(states: list[UnitState], leader: str) -> dict[str, Any]:
    """A unit, with each node as a whole beside it. DC/OS repeats all outputs of the node here; we give this unit's only."""
    component = states[0].component
    return {
        "UnitName": component.unit,
        "Nodes": [_host(state.node, leader, {component.unit: state.output}) for state in states],
        "Health": WIRE_CODE[worst(state.health for state in states)],
        "Title": component.description,
        "Timestamp": figures.iso(max(state.taken_at for state in states)),
        "PrettyName": component.name,
    }


def _host(node: NodeHealth, leader: str, output: dict[str, str]) -> dict[str, Any]:
    return {
        "Leader": bool(leader) and node.host == leader,
        "Role": node.role,
        "IP": node.host,
        "Host": node.hostname,
        "Health": WIRE_CODE[Health(node.health)],
        "Output": output,
        "MesosID": node.mesos_id,
    }


def _node(node: NodeHealth, leader: str, states: list[UnitState]) -> dict[str, Any]:
    """A node's own entry holds the truth per unit: `Units[].Health` is that unit on this node."""
    output = {state.component.unit: state.output for state in states}
    return {**_host(node, leader, output), "Units": [_unit([state], leader) for state in states]}


def _source(age: freshness.SourceAge) -> dict[str, Any]:
    return {
        "source": age.source.name,
        "outcome": str(age.outcome or ""),
        "sample_at": figures.iso(age.sample_at) if age.sample_at else None,
        "age_seconds": None if age.age_seconds is None else round(age.age_seconds, 1),
    }
