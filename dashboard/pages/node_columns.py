"""The columns of the list of nodes, and by what each is sorted."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.pages.sorting import Column
from dashboard.queries import units
from dashboard.queries.nodes import NodeRow

NONE = -1.0
"""What is not known is less than everything that is: the columns fall first, so it comes last."""


def _by(value: Callable[[NodeRow], float | None]) -> Callable[[NodeRow], float]:
    def key(row: NodeRow) -> float:
        found = value(row)
        return NONE if found is None else found

    return key


def _sick(row: NodeRow) -> float | None:
    return row.units.total - row.units.healthy if row.units else None


def _measured_at(row: NodeRow) -> float | None:
    return row.machine.measured_at.timestamp() if row.machine else None


def _uptime(row: NodeRow) -> float | None:
    return row.use.uptime_seconds if row.use else None


COLUMNS: tuple[Column[NodeRow], ...] = (
    Column(title="Host", key="host", by=lambda row: units.by_address(row.host)),
    Column(title="State", key="state", by=lambda row: -row.severity, falls=True),
    Column(title="Units", key="units", by=_by(_sick), css="wide-only", falls=True),
    Column(title="Type, zone", key="zone", by=lambda row: (row.kind, row.zone), css="wide-only"),
    Column(title="Tasks", key="tasks", by=_by(lambda row: row.tasks), css="num", falls=True),
    Column(title="CPU"),
    Column(title="allocated", key="cpu", by=_by(lambda row: row.cpu_allocated_ratio), under="CPU", falls=True),
    Column(title="used", key="cpu_used", by=_by(lambda row: row.cpu_used_ratio), under="CPU", falls=True),
    Column(title="Memory"),
    Column(title="allocated", key="mem", by=_by(lambda row: row.mem_allocated_ratio), under="Memory", falls=True),
    Column(title="used", key="mem_used", by=_by(lambda row: row.mem_used_ratio), under="Memory", falls=True),
    Column(title="Disk"),
    Column(title="allocated", key="disk", by=_by(lambda row: row.disk_allocated_ratio), under="Disk", falls=True),
    Column(title="fullest", key="fullest", by=_by(lambda row: row.fullest_ratio), under="Disk", falls=True),
    Column(title="Load/core", key="load", by=_by(lambda row: row.load_per_core), css="num wide-only", falls=True),
    Column(title="Uptime", key="uptime", by=_by(_uptime), css="num wide-only"),
    Column(title="Age of use", key="age", by=_by(_measured_at), css="num wide-only"),
)
