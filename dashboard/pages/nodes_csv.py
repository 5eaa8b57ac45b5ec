"""The list of nodes as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from dashboard import figures
from dashboard.models import Cluster
from dashboard.pages import csv_file
from dashboard.pages.nodes import wanted
from dashboard.queries import node_filter, nodes
from dashboard.queries.nodes import NodeRow


def page(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The rows that the filter shows, all pages together, as CSV; ratios 0…1, what is not known as empty cells."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    found = nodes.listing(cluster, timezone.now())
    rows = node_filter.filtered(found.agents, wanted(request))
    return csv_file.response(f"{cluster.name}-nodes.csv", CELLS, _cells(rows))


CELLS = (
    "host",
    "state",
    "units_healthy",
    "units",
    "type",
    "region",
    "zone",
    "tasks_running",
    "cpus_total",
    "cpus_allocated",
    "cpu_used_ratio",
    "mem_total_bytes",
    "mem_allocated_bytes",
    "mem_used_ratio",
    "disk_total_bytes",
    "disk_allocated_bytes",
    "fullest_path",
    "fullest_used_ratio",
    "load_per_core",
    "uptime_seconds",
    "allocation_taken_at",
    "use_taken_at",
)


def _cells(rows: Sequence[NodeRow]) -> Iterator[list[csv_file.Cell]]:
    for row in rows:
        if row.agent is None:
            continue
        node, machine = row.agent.node, row.use
        yield [
            row.host,
            row.state.word,
            row.units.healthy if row.units else None,
            row.units.total if row.units else None,
            row.kind,
            node.region,
            node.zone,
            node.tasks_running,
            node.cpus_total,
            node.cpus_allocated,
            row.cpu_used_ratio,
            node.mem_total_bytes,
            node.mem_allocated_bytes,
            row.mem_used_ratio,
            node.disk_total_bytes,
            node.disk_allocated_bytes,
            machine.fullest_path if machine else None,
            row.fullest_ratio,
            row.load_per_core,
            machine.uptime_seconds if machine else None,
            figures.iso(node.last_seen),
            figures.iso(row.machine.measured_at) if row.machine else None,
        ]
