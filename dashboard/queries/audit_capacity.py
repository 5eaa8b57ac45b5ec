"""What a cluster has, gave away and used, for its audit entry: now, by zone and role, and over a day of hourly figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from dashboard import codec, rolling
from dashboard.models import Chunk, Cluster, Node, Role, Subject
from dashboard.queries.audit_inventory import RESOURCES, column
from dashboard.queries.use import OF_CLUSTER
from dashboard.tiers import HOUR_SECONDS, Tier

HOURS = 24
ROLLED_AFTER = timedelta(hours=2)
"""An hour is settled an hour after its end and rolled up at the next turn: those that ended before that are there."""
USED = {"cpus": ("cpus_used", "cpus_measured")} | {
    f"{name}_bytes": (f"{name}_used_bytes", f"{name}_measured_bytes") for name in ("mem", "disk")
}
OF_DAY = (
    *(column(resource, of) for resource in RESOURCES for of in ("total", "allocated")),
    *(name for pair in USED.values() for name in pair),
)


def capacity(cluster: Cluster, now: datetime) -> dict[str, Any]:
    """Five queries. An amount that was not told is null."""
    return {
        "now": {
            "total": {resource: getattr(cluster, column(resource, "total")) for resource in RESOURCES},
            "allocated": {resource: getattr(cluster, column(resource, "allocated")) for resource in RESOURCES},
            "taken_at": cluster.summary_taken_at,
            "agents_active": cluster.agents_active,
            "used": {resource: getattr(cluster, used) for resource, (used, _) in USED.items()},
            "measured": {resource: getattr(cluster, measured) for resource, (_, measured) in USED.items()},
            "agents_measured": cluster.agents_measured,
            "agents_expected": cluster.agents_expected,
            "use_taken_at": cluster.use_taken_at,
        },
        "zones": _zones(cluster),
        "roles": [_role(role) for role in Role.objects.filter(cluster=cluster, listed=True).order_by("name")],
        "day": _day(cluster, now),
    }


def _zones(cluster: Cluster) -> list[dict[str, Any]]:
    """Sums over active agents, as the summary's own; one amount not told makes its sum unknown. One query."""
    by_zone: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in Node.objects.filter(cluster=cluster, state=Node.State.ACTIVE):
        by_zone[node.region, node.zone].append(node)
    return [
        {"region": region, "zone": zone, "agents": len(nodes)}
        | {of: {resource: _sum(nodes, column(resource, of)) for resource in RESOURCES} for of in ("total", "allocated")}
        for (region, zone), nodes in sorted(by_zone.items())
    ]


def _sum(nodes: Sequence[Node], name: str) -> float | None:
    values = [getattr(node, name) for node in nodes]
    return None if None in values else sum(values)


def _role(role: Role) -> dict[str, Any]:
    of = ("allocated", "reserved", "guarantee", "limit")
    amounts = {basis: {resource: getattr(role, column(resource, basis)) for resource in RESOURCES} for basis in of}
    return {"name": role.name, "told_at": role.last_seen, **amounts}


def _day(cluster: Cluster, now: datetime) -> dict[str, Any]:
    """Least, mean and most of each amount in 24 whole hours, out of the hourly figures that are stored. Two queries."""
    ends = int((now - ROLLED_AFTER).timestamp()) // HOUR_SECONDS * HOUR_SECONDS
    begins = ends - HOURS * HOUR_SECONDS
    kinds = {Subject.Kind.CLUSTER: None, Subject.Kind.USE: OF_CLUSTER}
    subjects = [
        pk
        for pk, kind, key in Subject.objects.filter(cluster=cluster, kind__in=kinds).values_list("pk", "kind", "key")
        if kinds[Subject.Kind(kind)] in (None, key)
    ]
    chunks = Chunk.objects.filter(
        subject__in=subjects,
        tier=Tier.HOURS,
        begins_at__gte=begins - Tier.HOURS.span_seconds,
        begins_at__lt=ends,
    ).select_related("layout")
    hours: dict[str, dict[int, Sequence[float]]] = defaultdict(dict)
    for chunk in chunks:
        _add(hours, chunk, begins, ends)
    return {
        "begins_at": datetime.fromtimestamp(begins, tz=now.tzinfo),
        "ends_at": datetime.fromtimestamp(ends, tz=now.tzinfo),
        "figures": {name: _summed(hours[name]) for name in OF_DAY if hours[name]},
    }


def _add(hours: dict[str, dict[int, Sequence[float]]], chunk: Chunk, begins: int, ends: int) -> None:
    """The chunk's min, max, sum and count of every amount, by name and hour."""
    stored = [(one.name, one.kept) for one in rolling.columns(tuple(chunk.layout.names))]
    wanted = [name for name in OF_DAY if (name, "min") in stored]
    places = [stored.index((name, kept)) for name in wanted for kept in ("min", "max", "sum", "count")]
    ticks, values = codec.decode(bytes(chunk.data), columns=places)
    for tick, row in zip(ticks.tolist(), values.reshape(-1, len(wanted), 4).tolist(), strict=True):
        if begins <= tick < ends:
            hours_of_row = ((name, four) for name, four in zip(wanted, row, strict=True) if four[3] > 0)
            for name, four in hours_of_row:
                hours[name][tick] = four


def _summed(hours: dict[int, Sequence[float]]) -> dict[str, Any]:
    """The mean weighs every sample alike. `hours`: how many of the 24 are known."""
    matrix = np.array(list(hours.values()))
    return {
        "min": float(np.nanmin(matrix[:, 0])),
        "mean": float(matrix[:, 2].sum() / matrix[:, 3].sum()),
        "max": float(np.nanmax(matrix[:, 1])),
        "hours": len(hours),
    }
