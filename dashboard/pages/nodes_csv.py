"""The list of nodes as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.models import Cluster
from dashboard.pages import nodes_asked
from dashboard.queries import nodes
from dashboard.queries.node_row import NodeRow


def page(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The rows that the filter shows, all pages together, as CSV; ratios 0…1, what is not known as empty cells."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked, found = nodes_asked.asked(request), nodes.listing(cluster, now)
    rows, _ = nodes_asked.filtered(cluster, nodes_asked.everyone(found, asked), asked)
    beside = Beside(nodes.flaps(cluster, now), nodes.listed_at(cluster))
    return csv_file.response(f"{cluster.name}-nodes.csv", [name for name, _ in CELLS], _cells(rows, beside))


@dataclass(frozen=True)
class Beside:
    """What does not stand in the rows: changes of state by host, and when each agent was last listed by its `pk`."""

    flaps: Mapping[str, int]
    listed_at: Mapping[int, datetime]


Cell = Callable[[NodeRow, Beside], csv_file.Cell]


def _allocation(name: str) -> tuple[str, Cell]:
    """A column of the agent's; empty for a master."""
    return name, lambda row, _: getattr(row.agent, name) if row.agent else None


def _listed_at(row: NodeRow, beside: Beside) -> csv_file.Cell:
    return figures.iso(beside.listed_at[row.agent.pk]) if row.agent else None


CELLS: tuple[tuple[str, Cell], ...] = (
    ("host", lambda row, _: row.host),
    _allocation("hostname"),
    _allocation("agent_id"),
    ("state", lambda row, _: row.state.word),
    ("units_healthy", lambda row, _: row.units.healthy if row.units else None),
    ("units", lambda row, _: row.units.total if row.units else None),
    ("type", lambda row, _: row.kind),
    _allocation("region"),
    _allocation("zone"),
    _allocation("tasks_running"),
    _allocation("cpus_total"),
    _allocation("cpus_allocated"),
    ("cpu_used_ratio", lambda row, _: row.cpu_used_ratio),
    _allocation("mem_total_bytes"),
    _allocation("mem_allocated_bytes"),
    ("mem_used_ratio", lambda row, _: row.mem_used_ratio),
    _allocation("disk_total_bytes"),
    _allocation("disk_allocated_bytes"),
    ("fullest_path", lambda row, _: row.use.fullest_path if row.use else None),
    ("fullest_used_ratio", lambda row, _: row.fullest_ratio),
    _allocation("gpus_total"),
    _allocation("gpus_allocated"),
    ("load_per_core", lambda row, _: row.load_per_core),
    ("uptime_seconds", lambda row, _: row.use.uptime_seconds if row.use else None),
    ("state_changes_24h", lambda row, beside: beside.flaps.get(row.host, 0) if row.agent else None),
    ("allocation_taken_at", _listed_at),
    ("use_taken_at", lambda row, _: figures.iso(row.machine.measured_at) if row.machine else None),
)


def _cells(rows: Sequence[NodeRow], beside: Beside) -> Iterator[list[csv_file.Cell]]:
    for row in rows:
        yield [cell(row, beside) for _, cell in CELLS]
