"""The columns of the list of nodes: their heads, by what they are sorted, and which of them are usual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dashboard.queries import units
from dashboard.queries.node_row import NodeRow

NONE = -1.0
"""What is not known is less than everything that is: the columns fall first, so it comes last."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What columns say that does not stand in the rows themselves: read for all nodes, and only where it is shown."""

    now: datetime
    flaps: Mapping[str, int] = field(default_factory=dict)
    """By host; hosts without any are left out."""
    attributes: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """By the agents' `pk`."""
    traffic: Mapping[int, tuple[float | None, float | None]] = field(default_factory=dict)
    """Bytes per second in and out, by the machines' `pk`."""


By = Callable[[NodeRow, Beside], Any]
Value = Callable[[NodeRow, Beside], float | None]


@dataclass(frozen=True, kw_only=True)
class Head:
    """One value of a column by which rows can be sorted; without `by` they cannot."""

    title: str
    key: str = ""
    by: By | None = None
    falls: bool = False
    masters: bool = True
    """Whether it says anything of masters, on which nothing is allocated."""


@dataclass(frozen=True, kw_only=True)
class NodeColumn:
    """A column: `key` is its name in `cols=`; the first head is its title, the others stand under it."""

    key: str
    heads: tuple[Head, ...]
    css: str = ""
    usual: bool = True
    masters: bool = True
    """Whether it says anything of masters."""

    @property
    def title(self) -> str:
        return self.heads[0].title


def traffic_of(row: NodeRow, beside: Beside) -> tuple[float | None, float | None]:
    """In and out; not the present where the machine's figures are too old."""
    return beside.traffic.get(row.use.pk, (None, None)) if row.use else (None, None)


def flaps_of(row: NodeRow, beside: Beside) -> int | None:
    """None of masters, whose state is not Mesos' to tell."""
    return beside.flaps.get(row.host, 0) if row.agent else None


def sick_of(row: NodeRow, beside: Beside) -> int | None:
    """How many units are not known to be healthy."""
    return row.units.total - row.units.healthy if row.units else None


def version_of(row: NodeRow) -> str:
    return row.agent.version if row.agent else row.master.master.version if row.master else ""


def _by(value: Value) -> By:
    def key(row: NodeRow, beside: Beside) -> float:
        found = value(row, beside)
        return NONE if found is None else found

    return key


def _text(title: str, key: str, by: By, **said: Any) -> NodeColumn:
    return NodeColumn(key=key, heads=(Head(title=title, key=key, by=by),), **said)


def _number(
    title: str, key: str, value: Value, *, css: str = "num wide-only", falls: bool = True, **said: Any
) -> NodeColumn:
    return NodeColumn(key=key, heads=(Head(title=title, key=key, by=_by(value), falls=falls),), css=css, **said)


def _shares(key: str, title: str, *below: tuple[str, str, Value], **said: Any) -> NodeColumn:
    """Several values of one thing in the same cells: title, name in the address and value of each."""
    heads = [
        Head(title=word, key=name, by=_by(value), falls=True, masters=word != "allocated")
        for word, name, value in below
    ]
    return NodeColumn(key=key, heads=(Head(title=title), *heads), **said)


HOST, STATE = "host", "state"
FIXED = (HOST, STATE)
"""Without them nobody knows which row is which, nor how it is."""
RARE: dict[str, Any] = {"usual": False}
AGENTS: dict[str, Any] = {"masters": False}

COLUMNS: tuple[NodeColumn, ...] = (
    _text("Host", HOST, lambda row, _: units.by_address(row.host)),
    _number("State", STATE, lambda row, _: 5.0 - row.severity, css=""),
    _number("Units", "units", sick_of, css="wide-only"),
    NodeColumn(
        key="type",
        heads=(Head(title="Type, zone", key="zone", by=lambda row, _: (row.kind, row.zone)),),
        css="wide-only",
        **AGENTS,
    ),
    _number("Tasks", "tasks", lambda row, _: row.tasks, css="num", **AGENTS),
    _shares(
        "cpu",
        "CPU",
        ("allocated", "cpu", lambda row, _: row.cpu_allocated_ratio),
        ("used", "cpu_used", lambda row, _: row.cpu_used_ratio),
    ),
    _shares(
        "mem",
        "Memory",
        ("allocated", "mem", lambda row, _: row.mem_allocated_ratio),
        ("used", "mem_used", lambda row, _: row.mem_used_ratio),
    ),
    _shares(
        "disk",
        "Disk",
        ("allocated", "disk", lambda row, _: row.disk_allocated_ratio),
        ("fullest", "fullest", lambda row, _: row.fullest_ratio),
    ),
    _number("GPU", "gpu", lambda row, _: row.gpu_allocated_ratio, css="num", **RARE, **AGENTS),
    _number("Load/core", "load", lambda row, _: row.load_per_core),
    _number("Uptime", "uptime", lambda row, _: row.use and row.use.uptime_seconds, falls=False),
    _number("Flaps 24 h", "flaps", flaps_of, **AGENTS),
    _number("Age of use", "age", lambda row, _: row.machine and row.machine.measured_at.timestamp(), falls=False),
    _text("Host name", "hostname", lambda row, _: row.agent.hostname if row.agent else "", **RARE, **AGENTS),
    _text("Region, zone", "region", lambda row, _: (row.region, row.zone), **RARE, **AGENTS),
    NodeColumn(key="attributes", heads=(Head(title="Attributes"),), **RARE, **AGENTS),
    _text("Agent id", "id", lambda row, _: row.agent.agent_id if row.agent else "", **RARE, **AGENTS),
    _number("Swap used", "swap", lambda row, _: row.use and row.use.swap_used_bytes, **RARE),
    _number("Processes", "processes", lambda row, _: row.use and row.use.processes, **RARE),
    _shares(
        "network",
        "Network",
        ("in", "in", lambda row, beside: traffic_of(row, beside)[0]),
        ("out", "out", lambda row, beside: traffic_of(row, beside)[1]),
        css="num",
        **RARE,
    ),
    _text("Mesos", "version", lambda row, _: units.by_address(version_of(row)), **RARE),
)
