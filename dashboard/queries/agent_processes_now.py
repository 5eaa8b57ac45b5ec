"""The agent processes of a cluster as they last described themselves, and when each restarted."""

from __future__ import annotations

from datetime import datetime

from dashboard.models import AgentProcess, Cluster, Event
from dashboard.queries.machines_now import agents_here


def of(cluster: Cluster) -> list[AgentProcess]:
    """Those of registered agents, by host. Two queries."""
    here = agents_here(cluster)
    rows = AgentProcess.objects.filter(cluster=cluster).order_by("host", "port")
    return [row for row in rows if row.host in here]


def restarts(cluster: Cluster, since: datetime) -> dict[str, list[datetime]]:
    """When the agent of each host restarted since then, oldest first; hosts without a restart are left out. One query."""
    events = Event.objects.filter(cluster=cluster, kind=Event.Kind.AGENT_RESTART, taken_at__gt=since)
    found: dict[str, list[datetime]] = {}
    for host, at in events.order_by("taken_at", "id").values_list("subject", "taken_at"):
        found.setdefault(host, []).append(at)
    return found
