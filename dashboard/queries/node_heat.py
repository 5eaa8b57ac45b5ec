"""How one share of many nodes was over a time: a line of steps for each, NaN where nothing was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dashboard.models import Cluster, Subject
from dashboard.queries.node_basis import Basis
from dashboard.queries.node_row import NodeRow
from dashboard.queries.readings import Series, loaded
from dashboard.queries.window import RANGES, Window

Kind = Subject.Kind
Values = NDArray[np.float64]

MOST_ROWS = 60
STEPS = {"1h": 60, "6h": 600, "24h": 1800}
"""Range → seconds of a step."""
USUAL = "6h"


@dataclass(frozen=True)
class Line:
    """One node: its share in each step, 0…1, the mean of its readings."""

    row: NodeRow
    values: Values


@dataclass(frozen=True, kw_only=True)
class Heat:
    """The nodes that are shown, silent ones first, then those with the highest share now."""

    window: Window
    basis: Basis
    lines: tuple[Line, ...]
    left_out: int

    @property
    def steps(self) -> list[datetime]:
        return [self.window.moment(step) for step in range(self.window.steps)]


def window(name: str, now: datetime) -> Window:
    """The named range up to now; an unknown name is the usual range."""
    chosen = name if name in STEPS else USUAL
    return Window(chosen, now - RANGES[chosen], now, STEPS[chosen])


def heat(cluster: Cluster, rows: Sequence[NodeRow], basis: Basis, asked: Window, *, ordered: bool = False) -> Heat:
    """At most MOST_ROWS of the rows; the first of them where they are `ordered` already. Three queries, four of more than
    two hours."""
    inside = list(rows) if ordered else sorted(rows, key=lambda row: _hottest_first(row, basis))
    shown = inside[:MOST_ROWS]
    subjects = _subjects(cluster, shown, basis)
    found = loaded(list(subjects.values()), asked, names=NAMES[basis.key])
    lines = []
    for row in shown:
        subject = subjects.get((row.host, row.port if not basis.used else 0))
        values = _share(found.series(subject, NAMES[basis.key]), basis) if subject else _nothing(found.window)
        lines.append(Line(row, values))
    return Heat(window=found.window, basis=basis, lines=tuple(lines), left_out=len(inside) - len(shown))


def _hottest_first(row: NodeRow, basis: Basis) -> tuple[bool, float]:
    return not row.silent, -(basis.share(row) or 0.0)


NAMES: dict[str, tuple[str, ...]] = {
    "cpu.used": ("cpu.total",),
    "cpu.alloc": ("cpus_allocated", "cpus_total"),
    "mem.used": ("mem_used_bytes", "memory.total"),
    "mem.alloc": ("mem_allocated_bytes", "mem_total_bytes"),
    "disk.used": ("used_bytes", "free_bytes"),
}
"""Basis → the names of its readings."""


def _share(series: Series, basis: Basis) -> Values:
    part, *rest = (series[name] for name in NAMES[basis.key])
    if not rest:
        return part / 100
    whole = part + rest[0] if basis.resource == "disk" else rest[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _nothing(asked: Window) -> Values:
    return np.full(asked.steps, np.nan)


def _subjects(cluster: Cluster, rows: Sequence[NodeRow], basis: Basis) -> dict[tuple[str, int], int]:
    """Ids by host, and by port where what is read is an agent's allocation. One query."""
    of = Subject.objects.filter(cluster=cluster)
    hosts = [row.host for row in rows]
    if basis.resource == "disk":
        fullest = {(row.host, row.machine.fullest_path) for row in rows if row.machine}
        disks = of.filter(kind=Kind.FILESYSTEM, parent__kind=Kind.HOST, parent__key__in=hosts)
        told = disks.values_list("parent__key", "name", "pk")
        return {(host, 0): pk for host, path, pk in told if (host, path) in fullest}
    if basis.used:
        return {(host, 0): pk for host, pk in of.filter(kind=Kind.HOST, key__in=hosts).values_list("key", "pk")}
    keys = {f"{row.host}:{row.port}": (row.host, row.port) for row in rows}
    return {keys[key]: pk for key, pk in of.filter(kind=Kind.NODE, key__in=keys).values_list("key", "pk")}
