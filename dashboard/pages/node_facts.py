"""What the page of a node says of it in figures: allocation beside use for each resource, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dashboard import figures
from dashboard.models import Node as Agent
from dashboard.queries.machine import Node
from dashboard.queries.nodes import NodeRow

NOT_APPLICABLE = "n/a"


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """One resource on both bases, the amounts as texts; `path` is the filesystem that the use is of."""

    key: str
    name: str
    allocated_ratio: float | None
    allocated: str
    used_ratio: float | None
    used: str
    path: str = ""


def amounts(found: Node) -> list[Amounts]:
    """Processor, memory and disk; GPUs where the agent has some, whose use no machine tells."""
    row = found.allocating
    node = found.agent.node if found.agent else None
    gpus = [_gpus(node, row)] if node is not None and node.gpus_total else []
    return [_cpu(node, row), _memory(node, row), _disk(node, found), *gpus]


def _cpu(node: Agent | None, row: NodeRow) -> Amounts:
    cores, ratio = row.use.cores if row.use else None, row.cpu_used_ratio
    used = None if cores is None or ratio is None else cores * ratio
    return Amounts(
        key="cpu",
        name="CPU",
        allocated_ratio=row.cpu_allocated_ratio,
        allocated=_allocated(node, "cpus_allocated", "cpus_total", _cores),
        used_ratio=ratio,
        used=_of(used, cores, _cores),
    )


def _memory(node: Agent | None, row: NodeRow) -> Amounts:
    use = row.use
    return Amounts(
        key="mem",
        name="Memory",
        allocated_ratio=row.mem_allocated_ratio,
        allocated=_allocated(node, "mem_allocated_bytes", "mem_total_bytes", figures.byte_size),
        used_ratio=row.mem_used_ratio,
        used=_of(use.mem_used_bytes if use else None, use.mem_total_bytes if use else None, figures.byte_size),
    )


def _disk(node: Agent | None, found: Node) -> Amounts:
    """Allocation of the agent's disk beside the fullest filesystem: what fills is a filesystem, never the sum."""
    fullest = next((disk for disk in found.disks if disk.current), None)
    filesystem = fullest.filesystem if fullest else None
    return Amounts(
        key="disk",
        name="Disk",
        allocated_ratio=found.allocating.disk_allocated_ratio,
        allocated=_allocated(node, "disk_allocated_bytes", "disk_total_bytes", figures.byte_size),
        used_ratio=fullest.used_ratio if fullest else None,
        used=_of(
            filesystem.used_bytes if filesystem else None,
            filesystem.total_bytes if filesystem else None,
            figures.byte_size,
        ),
        path=filesystem.path if filesystem else "",
    )


def _gpus(node: Agent, row: NodeRow) -> Amounts:
    return Amounts(
        key="gpu",
        name="GPU",
        allocated_ratio=row.gpu_allocated_ratio,
        allocated=_of(node.gpus_allocated, node.gpus_total, figures.cores),
        used_ratio=None,
        used=figures.ABSENT,
    )


def _allocated(node: Agent | None, part: str, whole: str, write: Callable[[float | None], str]) -> str:
    """Not applicable where no agent could allocate anything."""
    return NOT_APPLICABLE if node is None else _of(getattr(node, part), getattr(node, whole), write)


def _of(part: float | None, whole: float | None, write: Callable[[float | None], str]) -> str:
    """6.4 of 16 cores; a dash where neither is known."""
    if part is None and whole is None:
        return figures.ABSENT
    amount = write(part).removesuffix(f"{figures.NO_BREAK}cores")
    return f"{amount} of {write(whole)}"


def _cores(value: float | None) -> str:
    return figures.ABSENT if value is None else f"{figures.cores(value)}{figures.NO_BREAK}cores"


def facts(found: Node, now: datetime) -> list[tuple[str, str]]:
    """What it is, by name and value; what is not known is left out."""
    told = [*_of_agent(found, now), *_of_master(found), *_of_machine(found)]
    if len(found.rows) > 1:
        told.append(("On this host", ", ".join(_called(row) for row in found.rows)))
    return [(name, value) for name, value in told if value]


def _of_agent(found: Node, now: datetime) -> list[tuple[str, str]]:
    agent = found.agent
    if agent is None:
        return []
    node = agent.node
    return [
        ("Agent id", node.agent_id),
        ("Host name", node.hostname if node.hostname != node.host else ""),
        ("Tasks running", figures.count(node.tasks_running)),
        ("Registered", figures.instant(node.reregistered_at or node.registered_at, now)),
        ("Attributes", " ".join(f"{name}:{value}" for name, value in sorted(agent.attributes.items()))),
        ("Mesos", node.version),
        ("Maintenance", _maintenance(node, now)),
    ]


def _maintenance(node: Agent, now: datetime) -> str:
    """Of its machine, as the registry last said; empty where there is none."""
    if not node.maintenance:
        return ""
    begins, ends = node.maintenance_begins_at, node.maintenance_ends_at
    window = [
        f"from {figures.instant(begins, now)}" if begins else "",
        f"to {figures.instant(ends, now)}" if ends else "",
    ]
    return " ".join([node.get_maintenance_display().lower(), *filter(None, window)])


def _of_master(found: Node) -> list[tuple[str, str]]:
    master = found.row.master or found.allocating.master
    return [("Mesos", master.master.version)] if master and found.allocating.agent is None else []


def _of_machine(found: Node) -> list[tuple[str, str]]:
    machine = found.machine if found.allocating.measured.current else None
    if machine is None:
        return []
    load = found.allocating.load_per_core
    return [
        ("Machine up", figures.duration(machine.uptime_seconds)),
        ("Load per core", "" if load is None else f"{load:.2f}"),
        ("Waiting for disks", figures.percent(machine.cpu_wait_ratio)),
        ("Processes", figures.count(machine.processes)),
        ("Swap in use", figures.byte_size(machine.swap_used_bytes)),
        ("Measured by", machine.generation),
        ("Mounts and interfaces left out", figures.count(machine.filtered) if machine.filtered else ""),
    ]


def _called(row: NodeRow) -> str:
    if row.agent is not None:
        return f"agent at port {row.port}"
    return f"master at port {row.master.master.port}" if row.master else ""
