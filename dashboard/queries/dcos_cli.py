"""What the `dcos` command line prints of a node, with its own formulas, from the figures it would read. Pure but for `read`.

Document: https://github.com/dcos/dcos-core-cli (node_metrics_summary.go, node_metrics_details.go); bytes are divided by 10⁹
and called GiB.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboard import figures
from dashboard.models import Cluster, Subject
from dashboard.queries.machine import Node
from dashboard.queries.newest import last_read

GIGA = 1e9
"""What the command line divides bytes by."""
SUMMARY = "dcos node metrics summary"
ROOT = "/"


@dataclass(frozen=True, kw_only=True)
class Printed:
    """One figure: what is printed and by which formula, what Day Two says of the same, and why the two differ."""

    column: str
    printed: str
    formula: str
    ours: str
    basis: str
    """What ours is of."""
    why: str


@dataclass(frozen=True)
class Detail:
    """One row of `dcos node metrics details`."""

    name: str
    value: str
    tags: str


Values = Mapping[str, float]
"""By the names of HOST_METRICS; what was not told is not in it."""


def read(cluster: Cluster, host: str) -> Values:
    """The machine's latest reading; empty where there is none. As many queries as `newest_of`."""
    return newest_of(cluster, Subject.Kind.HOST, host)


def newest_of(cluster: Cluster, kind: Subject.Kind, key: str) -> Values:
    """A subject's latest reading; empty where there is none. Two queries, three where it is hours old."""
    of = Subject.objects.filter(cluster=cluster, kind=kind, key=key).values_list("pk", flat=True).first()
    latest = last_read([of]) if of is not None else None
    if latest is None:
        return {}
    row = latest.values.tolist()
    return {name: value for name, value in zip(latest.names, row, strict=True) if not math.isnan(value)}


def summary(found: Node, values: Values) -> list[Printed]:
    """The three columns of `dcos node metrics summary`."""
    return [_cpu(found, values), _memory(found, values), _disk(found)]


def _cpu(found: Node, values: Values) -> Printed:
    row, load, busy = found.allocating, values.get("load.1min"), values.get("cpu.total")
    return Printed(
        column="CPU",
        printed=f"{_plain(load)} ({_percent(busy)})",
        formula="load.1min (cpu.total)",
        ours=f"{figures.percent(row.cpu_used_ratio)} busy, load {_plain(row.load_per_core)} per core",
        basis="the machine itself: busy of all cores, load over one minute ÷ cores",
        why="It prints two quantities in one cell: the load over a minute, and in brackets how busy the cores are.",
    )


def _memory(found: Node, values: Values) -> Printed:
    row, total, free = found.allocating, values.get("memory.total"), values.get("memory.free")
    used = None if total is None or free is None else total - free
    ours = figures.byte_size(row.use.mem_used_bytes if row.use else None)
    return Printed(
        column="MEM",
        printed=f"{_giga(used)} ({_percent(_share(used, total))})",
        formula="memory.total − memory.free (÷ memory.total)",
        ours=f"{ours} in use, {figures.percent(row.mem_used_ratio)}",
        basis="the machine itself: total − free − buffers − cached, ÷ total",
        why="It counts buffers and caches as used, which a process can have back.",
    )


def _disk(found: Node) -> Printed:
    root = next((disk.filesystem for disk in found.disks if disk.filesystem.path == ROOT), None)
    used, total = (root.used_bytes, root.total_bytes) if root else (None, None)
    fullest = next((disk for disk in found.disks if disk.current), None)
    ours = f"{fullest.filesystem.path} {figures.percent(fullest.used_ratio)} full" if fullest else figures.ABSENT
    return Printed(
        column="DISK",
        printed=f"{_giga(used)} ({_percent(_share(used, total))})",
        formula="filesystem.capacity.used of / (÷ filesystem.capacity.total)",
        ours=ours,
        basis="the machine itself: the fullest filesystem, of what may be used without being root",
        why="It looks at / alone, and calls what is kept for root free.",
    )


def details(found: Node, values: Values) -> list[Detail]:
    """The rows of `dcos node metrics details`, by name, as far as Day Two keeps what they are made of."""
    return sorted(_details(found, values), key=lambda row: (row.name, row.tags))


def _details(found: Node, values: Values) -> Iterator[Detail]:
    for name, value in values.items():
        if name.split(".")[0] in ("cpu", "load", "memory", "swap", "process", "system"):
            yield Detail(name, _value(name, value), "")
    for disk in found.disks:
        for name, column in FILESYSTEM.items():
            yield from _told(name, getattr(disk.filesystem, column), f"path: {disk.filesystem.path}")
    for wire in found.wires:
        for name, column in INTERFACE.items():
            yield from _told(name, getattr(wire.interface, column), f"interface: {wire.interface.name}")


FILESYSTEM = {
    "filesystem.capacity.total": "total_bytes",
    "filesystem.capacity.used": "used_bytes",
    "filesystem.capacity.free": "free_bytes",
    "filesystem.inode.total": "inodes_total",
    "filesystem.inode.used": "inodes_used",
    "filesystem.inode.free": "inodes_free",
}
INTERFACE = {
    "network.in": "in_bytes",
    "network.out": "out_bytes",
    "network.in.dropped": "in_dropped",
    "network.out.dropped": "out_dropped",
    "network.in.errors": "in_errors",
    "network.out.errors": "out_errors",
}
BYTES = ("memory.", "swap.", "filesystem.capacity.")
"""What begins so is printed as GiB; so are the two that are named `network.in` and `network.out`."""


def _told(name: str, value: float | None, tags: str) -> Iterator[Detail]:
    if value is not None:
        yield Detail(name, _value(name, value), tags)


def _value(name: str, value: float) -> str:
    if name.startswith(BYTES) or name in ("network.in", "network.out"):
        return _giga(value)
    if name.startswith("cpu.") and name != "cpu.cores":
        return _percent(value)
    return f"{value:.0f}"


def listed(found: Node) -> Sequence[tuple[str, str]]:
    """The row of `dcos node list`: column and what stands there. It reads a silent agent as ACTIVE."""
    row, agent = found.allocating, found.agent
    if agent is None:
        leads = row.master is not None and row.master.leads
        return (("HOSTNAME", row.host), ("IP", row.host), ("TYPE", f"master ({'leader' if leads else 'standby'})"))
    node = agent.node
    status = {node.State.DRAINING: "DRAINING", node.State.DEACTIVATED: "DEACTIVATED"}
    return (
        ("HOSTNAME", node.hostname),
        ("IP", node.host),
        ("ID", node.agent_id),
        ("TYPE", "agent (public)" if node.public else "agent"),
        ("STATUS", status.get(node.State(node.state), "ACTIVE")),
        ("REGION", node.region),
        ("ZONE", node.zone),
    )


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole * 100 if part is not None and whole else None


def _giga(value: float | None) -> str:
    return figures.ABSENT if value is None else f"{value / GIGA:.2f}GiB"


def _percent(value: float | None) -> str:
    return figures.ABSENT if value is None else f"{value:.2f}%"


def _plain(value: float | None) -> str:
    return figures.ABSENT if value is None else f"{value:.2f}"
