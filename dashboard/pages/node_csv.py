"""The history of a node as CSV: every step of the range, gaps as empty cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.models import Cluster
from dashboard.queries import machine, machine_history
from dashboard.queries.machine_history import History, Values


def page(request: HttpRequest, cluster_name: str, host: str) -> HttpResponseBase:
    """Ratios 0…1, amounts in bytes, rates in bytes per second."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    now = timezone.now()
    found = machine.node(cluster, host, now)
    if found is None:
        raise Http404(f"no node {host} in {cluster_name}")
    asked = machine_history.asked(request.GET.get("range"), now)
    history = machine_history.history(cluster, host, found.ports, asked)
    columns = _columns(history)
    header = ["begins_at", *(name for name, _ in columns)]
    # The host is the cluster's own text: it stands in the address, not in the file's name.
    return csv_file.response(f"{cluster.name}-node.csv", header, _rows(history, [values for _, values in columns]))


def _columns(history: History) -> list[tuple[str, Values]]:
    return [
        ("cpu_used_ratio", history.cpu_used),
        ("cpu_allocated_ratio", history.cpu_allocated),
        ("load_1min", history.load),
        ("memory_total_bytes", history.memory_total),
        ("memory_used_bytes", history.memory_used),
        ("memory_cached_bytes", history.memory_cached),
        ("memory_allocated_bytes", history.memory_allocated),
        ("network_in_bytes_per_second", history.network_in),
        ("network_out_bytes_per_second", history.network_out),
        ("network_dropped_per_second", history.dropped),
        ("network_errors_per_second", history.errors),
        ("processes", history.processes),
        *((f"used_ratio {share.path}", share.values) for share in history.filesystems),
    ]


def _rows(history: History, columns: Sequence[Values]) -> Iterator[list[csv_file.Cell]]:
    for step in range(history.window.steps):
        yield [figures.iso(history.window.moment(step)), *(float(column[step]) for column in columns)]
