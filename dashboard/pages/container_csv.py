"""The history of a container as CSV: every step of the range, gaps as empty cells."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.models import Cluster
from dashboard.queries import container, container_history, window
from dashboard.queries.container_history import History

COLUMNS = {
    "cpus_used": "cpus_used",
    "cpus_limit": "cpus_limit",
    "cpus_requested": "cpus_requested",
    "throttled_ratio": "throttled",
    "mem_used_bytes": "memory_used",
    "mem_cached_bytes": "memory_cached",
    "mem_limit_bytes": "memory_limit",
    "disk_used_bytes": "disk_used",
    "disk_limit_bytes": "disk_limit",
    "in_bytes_per_second": "network_in",
    "out_bytes_per_second": "network_out",
    "read_bytes_per_second": "disk_read",
    "write_bytes_per_second": "disk_written",
}
"""Column → the line of the history that it holds."""


def page(request: HttpRequest, cluster_name: str, host: str, container_id: str) -> HttpResponseBase:
    """Cores, bytes and bytes per second; the throttled share is a ratio 0…1."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    found = container.one(cluster, host, container_id, now)
    if found is None:
        raise Http404(f"no container {container_id} on {host} of {cluster_name}")
    history = container_history.history(found, window.of(request.GET.get("range"), now, ranges=window.LONGER_RANGES))
    # The ids are the cluster's own text: they stand in the address, not in the file's name.
    return csv_file.response(f"{cluster.name}-container.csv", ["begins_at", *COLUMNS], _rows(history))


def _rows(history: History) -> Iterator[list[csv_file.Cell]]:
    columns = [getattr(history, line) for line in COLUMNS.values()]
    for step in range(history.window.steps):
        yield [figures.iso(history.window.moment(step)), *(float(column[step]) for column in columns)]
