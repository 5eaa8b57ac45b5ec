"""How a cluster is, for its audit entry: the verdict, components, failures and alerts, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dashboard.models import Alert, Cluster, NodeHealth, UnitState
from dashboard.models.components import Health
from dashboard.queries import components, verdict
from dashboard.queries.components import Overview
from dashboard.queries.freshness import SourceAge
from dashboard.queries.incident_rows import Row
from dashboard.queries.verdict_facts import Facts

MOST_ALERTS = 2_000
MOST_UNITS = 5_000
"""Components on nodes: a cluster whose report fails has each of them without data, 40,000 where there are 1,000 nodes."""
ALERT = (
    *("rule__key", "rule__name", "subject", "name", "severity", "state", "value", "limit", "sentence"),
    *("pending_since", "fired_at", "measured_at", "unknown_since"),
)
UNIT = ("component__unit", "node__host", "health", "last_known", "since", "taken_at")
NODE = ("host", "role", "health", "reason", "taken_at")


def health(cluster: Cluster, now: datetime) -> dict[str, Any]:
    """At most twenty queries: those of the verdict, and six."""
    facts = verdict.gather(cluster, now)
    said = verdict.judge(facts, now)
    return {
        "collecting": cluster.enabled,
        "verdict": {
            "mark": said.mark,
            "word": said.word,
            "text": said.text,
            "others": [{"mark": one.mark, "word": one.word, "text": one.text} for one in said.others],
        },
        "leader": cluster.leader_host or None,
        "leader_since": cluster.leader_since,
        "components": None if facts.components is None else _components(cluster, facts.components),
        "incidents_open": [_incident(row) for row in facts.incidents],
        "alerts": _alerts(cluster),
        "not_known": list(_not_known(facts)),
        "sources": [_source(one) for one in facts.sources.values()],
    }


def _components(cluster: Cluster, overview: Overview) -> dict[str, Any]:
    """Every component over its nodes; every node; and of the components that are not healthy on a node the first 5,000, all
    counted."""
    sick = UnitState.objects.filter(component__cluster=cluster).exclude(health=Health.HEALTHY)
    return {
        "report_at": overview.source.sample_at,
        "report": overview.source.freshness,
        "counts": {Health(code).label: count for code, count in overview.counts.items()},
        "units": [
            {
                "unit": row.unit,
                "health": row.health.label,
                "since": row.since,
                "nodes": row.nodes,
                "nodes_healthy": row.nodes_healthy,
            }
            for row in sorted(overview.rows, key=lambda row: row.unit)
        ],
        "nodes": [
            row | {"health": components.present(row["health"], overview.source).label}
            for row in NodeHealth.objects.filter(cluster=cluster).order_by("host").values(*NODE)
        ],
        "not_healthy_count": sick.count(),
        "not_healthy": [
            {
                "unit": row["component__unit"],
                "host": row["node__host"],
                "health": components.present(row["health"], overview.source).label,
                "last_known": Health(row["last_known"]).label,
                "since": row["since"],
                "taken_at": row["taken_at"],
            }
            for row in sick.order_by("component__unit", "node__host").values(*UNIT)[:MOST_UNITS]
        ],
    }


def _incident(row: Row) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind": row.kind,
        "subject": row.subject,
        "name": row.name,
        "planned": row.planned,
        "effect": row.effect,
        "began_at": row.began_at,
        "detected_at": row.detected_at,
    }


def _alerts(cluster: Cluster) -> dict[str, Any]:
    """Those that have fired and have not ended; the first 2,000 of them, all of them counted."""
    firing = Alert.objects.filter(cluster=cluster, state__in=[Alert.State.FIRING, Alert.State.RECOVERING])
    listed = list(firing.order_by("rule__key", "subject", "pk").values("pk", *ALERT)[:MOST_ALERTS])
    return {"count": firing.count(), "listed": [_alert(row) for row in listed]}


def _alert(row: dict[str, Any]) -> dict[str, Any]:
    """Columns by their names, without the underscores of a join: rule_key."""
    return {{"pk": "number"}.get(name, name.replace("__", "_")): value for name, value in row.items()}


def _source(one: SourceAge) -> dict[str, Any]:
    return {
        "source": one.source.name,
        "freshness": one.freshness,
        "sample_at": one.sample_at,
        "age_seconds": one.age_seconds,
        "period_seconds": one.period_seconds,
        "outcome": one.outcome,
        "since": one.since,
    }


def _not_known(facts: Facts) -> Iterable[str]:
    """Of what nothing can be said for the present, as sentences."""
    for one in facts.sources.values():
        if not one.freshness.current:
            yield f"{one.source.title}: {'never answered' if one.sample_at is None else 'its figures are too old'}"
    if facts.components is not None:
        for node in facts.components.dark_nodes:
            yield f"Components of {node.host}: {node.reason}"
    if facts.judging.judged_at is None:
        yield "Alerts: no rule has been judged yet"
