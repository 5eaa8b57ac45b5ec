"""Where every number comes from: formula, endpoint, fields of the wire, unit and basis. A catalogue: nothing is read here.

Each noun has its figures by the name they have in the pages' rows and in the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

USE = "use, as its agent measures the container"
LIMIT = "limit, as its agent enforces or knows it"
REQUEST = "request: what was asked for, and so allocated"
MACHINE = "use, as the machine measures itself, of all it has"
OF_MESOS = "allocation by Mesos: what was promised to tasks, used or not"
GIVEN = "what the agent gives to Mesos, of all the machine has"
PROCESS = "what the agent process says of itself"
KERNEL = "the machine, as the kernel tells the agent process"
AS_SAID = "as said"
BETWEEN = "between its last two samples"


@dataclass(frozen=True)
class Made:
    """How one figure is made: of these fields, in this unit. `fields` are the metric names that the sources keep."""

    formula: str
    fields: tuple[str, ...]
    unit: str
    basis: str


def _rate(field: str, unit: str, basis: str) -> Made:
    return Made(f"Δ{field} ÷ Δt {BETWEEN}", (field,), f"{unit}/s", basis)


def _said(field: str, unit: str, basis: str, formula: str = AS_SAID) -> Made:
    return Made(formula, (field,), unit, basis)


CONTAINER: Mapping[str, Made] = {
    "cpus_used": Made(
        f"Δ(user + system) ÷ Δt {BETWEEN}", ("cpus_user_time_secs", "cpus_system_time_secs"), "cores", USE
    ),
    "cpus_limit": _said("cpus_limit", "cores", LIMIT),
    "cpus_requested": _said("cpus_soft_limit", "cores", REQUEST),
    "throttled_ratio": Made(f"Δthrottled ÷ Δperiods {BETWEEN}", ("cpus_nr_throttled", "cpus_nr_periods"), "0…1", USE),
    "mem_used_bytes": _said(
        "mem_rss_bytes", "bytes", f"{USE}; file cache left out", "as said; where that is not told, total − cache"
    ),
    "mem_cached_bytes": _said("mem_cache_bytes", "bytes", USE),
    "mem_limit_bytes": _said("mem_limit_bytes", "bytes", LIMIT),
    "disk_used_bytes": _said("disk_used_bytes", "bytes", f"{USE}: sandbox and volumes"),
    "disk_limit_bytes": _said("disk_limit_bytes", "bytes", LIMIT),
    "in_bytes_per_second": _rate("net_rx_bytes", "bytes", USE),
    "out_bytes_per_second": _rate("net_tx_bytes", "bytes", USE),
    "read_bytes_per_second": _rate("blkio_read_bytes", "bytes", f"{USE}, all devices"),
    "write_bytes_per_second": _rate("blkio_write_bytes", "bytes", f"{USE}, all devices"),
    "processes": _said("processes", "processes", USE),
    "threads": _said("threads", "threads", USE),
}

MACHINE_USE: Mapping[str, Made] = {
    "cores": _said(
        "cpu.cores", "cores", MACHINE, "as said; where Telegraf says none, the CPUs the agent gives to Mesos"
    ),
    "cpu_used_ratio": _said("cpu.total", "0…1", MACHINE, "cpu.total ÷ 100"),
    "cpu_wait_ratio": _said("cpu.wait", "0…1", MACHINE, "cpu.wait ÷ 100"),
    "load_1min": _said("load.1min", "processes", MACHINE),
    "load_per_core": Made("load.1min ÷ cores", ("load.1min", "cpu.cores"), "processes per core", MACHINE),
    "memory_total_bytes": _said("memory.total", "bytes", MACHINE),
    "memory_used_bytes": Made(
        "total − free − buffers − cached",
        ("memory.total", "memory.free", "memory.buffers", "memory.cached"),
        "bytes",
        f"{MACHINE}; caches left out",
    ),
    "memory_cached_bytes": Made("buffers + cached", ("memory.buffers", "memory.cached"), "bytes", MACHINE),
    "swap_used_bytes": _said("swap.used", "bytes", MACHINE),
    "fullest_used_ratio": Made(
        "used ÷ (used + free), the highest of its filesystems",
        ("filesystem.capacity.used", "filesystem.capacity.free"),
        "0…1",
        f"{MACHINE}; what is reserved for root is in neither",
    ),
    "uptime_seconds": _said("system.uptime", "s", MACHINE),
    "processes": _said("process.count", "processes", MACHINE),
}

FILESYSTEM: Mapping[str, Made] = {
    "used_ratio": Made(
        "used ÷ (used + free)",
        ("filesystem.capacity.used", "filesystem.capacity.free"),
        "0…1",
        f"{MACHINE}; what is reserved for root is in neither",
    ),
    "inodes_ratio": Made("used ÷ (used + free)", ("filesystem.inode.used", "filesystem.inode.free"), "0…1", MACHINE),
    "total_bytes": _said("filesystem.capacity.total", "bytes", MACHINE),
    "used_bytes": _said("filesystem.capacity.used", "bytes", MACHINE),
    "free_bytes": _said("filesystem.capacity.free", "bytes", MACHINE),
    "inodes_total": _said("filesystem.inode.total", "inodes", MACHINE),
    "inodes_used": _said("filesystem.inode.used", "inodes", MACHINE),
    "inodes_free": _said("filesystem.inode.free", "inodes", MACHINE),
}

INTERFACE: Mapping[str, Made] = {
    "in_bytes_per_second": _rate("network.in", "bytes", MACHINE),
    "out_bytes_per_second": _rate("network.out", "bytes", MACHINE),
    "in_bytes": _said("network.in", "bytes", MACHINE, "as counted since it came up"),
    "out_bytes": _said("network.out", "bytes", MACHINE, "as counted since it came up"),
    "in_errors": _said("network.in.errors", "packets", MACHINE, "as counted since it came up"),
    "out_errors": _said("network.out.errors", "packets", MACHINE, "as counted since it came up"),
    "in_dropped": _said("network.in.dropped", "packets", MACHINE, "as counted since it came up"),
    "out_dropped": _said("network.out.dropped", "packets", MACHINE, "as counted since it came up"),
}

MIB = "× 1 MiB: Mesos says MB and means mebibytes"
ALLOCATION: Mapping[str, Made] = {
    "cpus_total": _said("resources.cpus", "cores", GIVEN),
    "cpus_allocated": _said("used_resources.cpus", "cores", OF_MESOS),
    "mem_total_bytes": _said("resources.mem", "bytes", GIVEN, MIB),
    "mem_allocated_bytes": _said("used_resources.mem", "bytes", OF_MESOS, MIB),
    "disk_total_bytes": _said("resources.disk", "bytes", GIVEN, MIB),
    "disk_allocated_bytes": _said("used_resources.disk", "bytes", OF_MESOS, MIB),
    "gpus_total": _said("resources.gpus", "GPUs", GIVEN),
    "gpus_allocated": _said("used_resources.gpus", "GPUs", OF_MESOS),
}

LIFE = "as counted in this life of the process"
AGENT_PROCESS: Mapping[str, Made] = {
    "uptime_seconds": _said("slave/uptime_secs", "s", PROCESS),
    "recovery_seconds": _said("slave/recovery_time_secs", "s", PROCESS),
    "executors_running": _said("slave/executors_running", "executors", PROCESS),
    "executors_terminated": _said("slave/executors_terminated", "executors", PROCESS, LIFE),
    "container_launch_errors": _said("slave/container_launch_errors", "containers", PROCESS, LIFE),
    "tasks_failed": _said("slave/tasks_failed", "tasks", PROCESS, LIFE),
    "host_cpus": _said("system/cpus_total", "cores", KERNEL),
    "host_load_1min": _said("system/load_1min", "processes", KERNEL),
    "host_mem_total_bytes": _said("system/mem_total_bytes", "bytes", KERNEL),
    "host_mem_free_bytes": _said("system/mem_free_bytes", "bytes", f"{KERNEL}; caches are not counted as free"),
}
