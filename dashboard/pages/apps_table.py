"""The list of apps: columns, an order, a hundred rows to a page, and their sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from dashboard import figures
from dashboard.models import Cluster
from dashboard.pages import apps_rows, paging, sorting
from dashboard.pages.app_cells import amounts
from dashboard.pages.apps_asked import Asked
from dashboard.pages.sorting import Column, Order
from dashboard.queries import apps_now
from dashboard.queries.apps_row import AppRow

PAGE_ROWS = 100
NONE = -1.0
"""What is not known is less than everything that is: such columns fall first, so it comes last."""


def _number(value: Callable[[AppRow], float | None]) -> Callable[[AppRow], float]:
    def key(row: AppRow) -> float:
        found = value(row)
        return NONE if found is None else found

    return key


def _of(title: str, key: str, value: Callable[[AppRow], float | None], **said: Any) -> Column[AppRow]:
    return Column(title=title, key=key, by=_number(value), falls=True, **said)


CPU, MEMORY = "CPU, cores", "Memory"
COLUMNS: tuple[Column[AppRow], ...] = (
    Column(title="Name", key="name", by=lambda row: row.app.app_id),
    # The rows come worst first, and equal ones stay as they came.
    _of("Status", "status", lambda row: row.app.state_rank),
    _of("Instances", "instances", lambda row: row.app.instances, css="num"),
    Column(title=CPU),
    _of("allocated", "cpu", lambda row: row.cpus_allocated, under=CPU),
    _of("p95 used", "cpu_used", lambda row: row.app.cpus_used_p95, under=CPU),
    Column(title=MEMORY),
    _of("allocated", "mem", lambda row: row.mem_allocated_bytes, under=MEMORY),
    _of("p95 used", "mem_used", lambda row: row.app.mem_used_p95_bytes, under=MEMORY),
    _of("Failures, 24 h", "failures", lambda row: row.failures, css="wide-only"),
    _of("Restarts, 15 min", "restarts", lambda row: row.restarts),
    _of(
        "Last deploy",
        "deployed",
        lambda row: row.changed_at.timestamp() if row.changed_at else None,
        css="num wide-only",
    ),
)
MARATHON: Column[AppRow] = Column(title="Marathon", key="marathon", by=lambda row: row.marathon)


def order(given: Asked, *, several: bool) -> Order[AppRow]:
    """What the address asks for; worst first as usual."""
    return sorting.order((*COLUMNS, MARATHON) if several else COLUMNS, given.sort, usual="status")


def context(cluster: Cluster, shown: Sequence[AppRow], given: Asked, now: datetime, *, several: bool) -> dict[str, Any]:
    """What parts/apps_list.html shows. One query where an app of the page failed."""
    found = order(given, several=several)
    table = paging.cut(found.sorted(shown), given.page, {**given.parameters, "page": ""}, most=PAGE_ROWS)
    failed_at = apps_now.failed_at(table.rows, now)
    page = apps_rows.Page(cluster=cluster.name, now=now, failed_at=failed_at, several=several)
    return {
        "heads": found.heads({**given.parameters, "page": ""}),
        "body": apps_rows.rows(table.rows, page),
        "table": table,
        "sums": _sums(shown),
        "several": several,
    }


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Of all apps that the filter shows, on all pages."""

    running: int
    instances: int
    cpu: SafeString
    mem: SafeString
    measured: int
    """How many of them told their use of a day."""
    failures: int | None


def _sums(rows: Sequence[AppRow]) -> Sums:
    failures = [row.failures for row in rows if row.failures is not None]
    cpus = sum(row.cpus_allocated for row in rows)
    mem = sum(row.mem_allocated_bytes for row in rows)
    return Sums(
        running=sum(row.app.running for row in rows),
        instances=sum(row.app.instances for row in rows),
        cpu=amounts("cpu", cpus, _sum(row.app.cpus_used_p95 for row in rows), figures.cores, "CPU cores, all apps"),
        mem=amounts(
            "mem", mem, _sum(row.app.mem_used_p95_bytes for row in rows), figures.byte_size, "Memory, all apps"
        ),
        measured=sum(row.app.mem_used_p95_bytes is not None for row in rows),
        failures=sum(failures) if failures else None,
    )


def _sum(values: Any) -> float | None:
    """Of those that are known; None where none is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
