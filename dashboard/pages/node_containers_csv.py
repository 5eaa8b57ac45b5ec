"""The list of a node's containers as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.models import Cluster
from dashboard.pages.node_containers import listed, wanted
from dashboard.queries import container_filter
from dashboard.queries.containers import ContainerRow

FIGURES = (
    *("cpus_used", "cpus_limit", "cpus_requested", "throttled_ratio", "mem_used_bytes", "mem_cached_bytes"),
    *("mem_limit_bytes", "disk_used_bytes", "disk_limit_bytes", "in_bytes_per_second", "out_bytes_per_second"),
    *("read_bytes_per_second", "write_bytes_per_second", "processes", "threads"),
)
TEXTS = ("container_id", "parent_id", "task_name", "executor_id", "framework_id", "framework_name", "route", "partial")
HEADER = (*TEXTS, "state", *FIGURES, "first_seen", "measured_at", "ended_at")


def page(request: HttpRequest, cluster_name: str, host: str) -> HttpResponseBase:
    """The rows that the filter shows; cores, bytes, ratios 0…1; what is not known now as empty cells."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    rows = container_filter.filtered(listed(cluster, host, timezone.now()), wanted(request))
    # The host is the cluster's own text: it stands in the address, not in the file's name.
    return csv_file.response(f"{cluster.name}-containers.csv", HEADER, _cells(rows))


def _cells(rows: Sequence[ContainerRow]) -> Iterator[list[csv_file.Cell]]:
    for row in rows:
        own = row.container
        yield [
            *(getattr(own, name) for name in TEXTS),
            row.state.word,
            *(getattr(row.use, name, None) for name in FIGURES),
            figures.iso(own.first_seen),
            figures.iso(own.measured_at),
            figures.iso(own.ended_at) if own.ended_at else None,
        ]
