"""The machines of a cluster side by side, as they last measured themselves, and why those that did not are silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from collectors.errors import ANSWERED
from dashboard import figures
from dashboard.models import Cluster, Collection, Machine, Node
from dashboard.queries import reasons
from dashboard.queries.freshness import SourceAge

Values = NDArray[np.float64]
SOURCE = "nodes"
COLUMNS = (
    *("cores", "cpu_used_ratio", "load_1min", "mem_total_bytes", "mem_used_bytes", "swap_used_bytes"),
    *("uptime_seconds", "processes"),
)
HERE = (
    *(Node.State.ACTIVE, Node.State.INACTIVE, Node.State.DEACTIVATED, Node.State.DRAINING, Node.State.REREGISTERING),
    Node.State.UNREACHABLE,
)
COLLECTED = ("host", "outcome", "detail")
AGENTS = ("agent", "agent_public")


@dataclass(frozen=True)
class Machines:
    """Hosts in order and their figures, NaN where one is not known now: not told, too old, or never measured."""

    hosts: tuple[str, ...]
    measured_at: tuple[datetime | None, ...]
    columns: Mapping[str, Values]
    why: Mapping[str, str]
    """Of hosts without current figures: why, as a phrase."""

    def __getitem__(self, name: str) -> Values:
        return self.columns[name]


def of(cluster: Cluster, now: datetime, source: SourceAge) -> Machines:
    """Every machine, and every registered agent whose machine never told anything. Three queries.

    The machine of an agent that left, and that is silent since, is none of the cluster any more.
    """
    agents = agents_here(cluster)
    listed = (
        Machine.objects.filter(cluster=cluster).order_by("host").values_list("role", "host", "measured_at", *COLUMNS)
    )
    rows = [row for role, *row in listed if role not in AGENTS or row[0] in agents or source.judge(row[1], now).current]
    never = sorted(agents - {row[0] for row in rows})
    hosts = (*(row[0] for row in rows), *never)
    measured_at = (*(row[1] for row in rows), *(None for _ in never))
    values = np.array([row[2:] for row in rows], dtype=np.float64).reshape(-1, len(COLUMNS))
    values = np.vstack([values, np.full((len(never), len(COLUMNS)), np.nan)])
    current = np.array([at is not None and source.judge(at, now).current for at in measured_at], dtype=bool)
    values[~current] = np.nan
    late = [(host, at) for host, at, one in zip(hosts, measured_at, current.tolist(), strict=True) if not one]
    return Machines(
        hosts=hosts,
        measured_at=measured_at,
        columns={name: values[:, place] for place, name in enumerate(COLUMNS)},
        why=why_late(cluster, SOURCE, late, now),
    )


def agents_here(cluster: Cluster) -> set[str]:
    """Hosts of the agents that are registered, lost ones included. One query."""
    return set(Node.objects.filter(cluster=cluster, state__in=HERE).values_list("host", flat=True))


def silent(cluster: Cluster, source: SourceAge, places: AbstractSet[str], now: datetime) -> dict[str, str]:
    """Of these hosts, or places of masters, those that are part of the cluster and have not answered the source of late, with
    the reason. Three queries."""
    here = agents_here(cluster)
    here |= set(Machine.objects.filter(cluster=cluster).exclude(role__in=AGENTS).values_list("host", flat=True))
    rows = Collection.objects.filter(cluster=cluster, source=source.source.name).exclude(host="")
    asked = {host: (ended, detail, at) for host, ended, detail, at in rows.values_list(*COLLECTED, "last_success_at")}
    found = {}
    for place in (here | asked.keys()) & places:
        ended, detail, at = asked.get(place, ("", "", None))
        if not source.judge(at, now).current:
            found[place] = reasons.reason(ended, detail) if ended and ended not in ANSWERED else "not asked of late"
    return found


def why_late(
    cluster: Cluster, source: str, late: Sequence[tuple[str, datetime | None]], now: datetime
) -> dict[str, str]:
    """Why each of these hosts has no current figures of the source, as a phrase with their age. One query."""
    asked = Collection.objects.filter(cluster=cluster, source=source).exclude(host="").exclude(outcome__in=ANSWERED)
    failed = {host: reasons.reason(ended, detail) for host, ended, detail in asked.values_list(*COLLECTED)}
    found = {}
    for host, at in late:
        when = "never measured" if at is None else f"not measured for {figures.age(now - at)}"
        found[host] = f"{when}: {failed[host]}" if host in failed else when
    return found
