"""What a container has used since it began, as Mesos' ResourceStatistics: never more than it was given.

Document: https://github.com/apache/mesos/blob/master/include/mesos/v1/mesos.proto
All isolators are on. One container in eight is busy and held back by its CPU limit; one in twelve gathers memory from its
first day on until it is at 93 % of its limit. All together stay below what their machine shows (hosts.py).
"""

from __future__ import annotations

from typing import NamedTuple

from collectors.simulator.container_lives import Container
from collectors.simulator.mesos import Document
from collectors.simulator.rhythm import DAY_SECONDS, noise, risen, scatter

MIB = 1024**2
HOUR_SECONDS = 3_600
PERIODS_A_SECOND = 10  # the CFS scheduler's period is 100 ms
BUSY_SHARE, BUSY_USE, CALM_USE, CALM_SPREAD = 0.125, 0.5, 0.12, 0.16
LEAKING_SHARE, LEAKS_A_DAY, FULLEST = 0.08, 0.12, 0.93
HELD_SECONDS = 0.043  # of a period in which it was held back
BLOCK_BYTES, SECTOR_READ, SECTOR_WRITE = 4_096, 49_152, 24_576
PACKET_BYTES = 900


def statistics(container: Container, at: float) -> Document:
    """Every number at this moment."""
    said = {"timestamp": at} | figures(container, at)
    return said if container.parent_id else said | {"blkio_statistics": _blkio(container, at)}


def figures(container: Container, at: float) -> Document:
    """All but what went to and from disks; of a container inside a pod its limits alone, for the rest is its root's."""
    limits = _limits(container)
    if container.parent_id:
        return {name: limits[name] for name in INSIDE}
    return {
        "processes": 2 + int(6 * scatter(container.key, 21)),
        "threads": 10 + int(90 * scatter(container.key, 22)),
        **_cpu(container, at),
        **limits,
        **_memory(container, at),
        "disk_used_bytes": _disk_used(container, at),
        **_network(container, at),
    }


INSIDE = ("cpus_limit", "cpus_soft_limit", "mem_limit_bytes", "mem_soft_limit_bytes")


def _limits(container: Container) -> Document:
    cpus, memory = container.amount.cpus_milli / 1_000, container.amount.mem_mb * MIB
    return {
        "cpus_limit": cpus,
        "cpus_soft_limit": cpus,
        "mem_limit_bytes": memory,
        "mem_soft_limit_bytes": memory,
        "disk_limit_bytes": container.amount.disk_mb * MIB,
    }


def _is_busy(container: Container) -> bool:
    return scatter(container.key, 11) < BUSY_SHARE


def _is_leaking(container: Container) -> bool:
    return scatter(container.key, 13) < LEAKING_SHARE


def _cpu(container: Container, at: float) -> Document:
    """CPU time in hundredths of a second, as the kernel counts it, and how often the scheduler held the container back."""
    key, since, busy = container.key, container.started_at, _is_busy(container)
    use = BUSY_USE if busy else CALM_USE + CALM_SPREAD * scatter(key, 12)
    rate = use * container.amount.cpus_milli / 1_000 * HOUR_SECONDS * 100
    periods = int((at - since) * PERIODS_A_SECOND * (0.95 if busy else 0.6))
    held = risen(key + 3, since, at, per_hour=HOUR_SECONDS * PERIODS_A_SECOND * (0.2 if busy else 0.002))
    held = min(held, periods)
    return {
        "cpus_user_time_secs": risen(key + 1, since, at, per_hour=0.8 * rate) / 100,
        "cpus_system_time_secs": risen(key + 2, since, at, per_hour=0.2 * rate) / 100,
        "cpus_nr_periods": periods,
        "cpus_nr_throttled": held,
        "cpus_throttled_time_secs": round(held * HELD_SECONDS, 9),
    }


def _memory(container: Container, at: float) -> Document:
    key, limit, age = container.key, container.amount.mem_mb * MIB, at - container.started_at
    leaking = _is_leaking(container)
    gathered = LEAKS_A_DAY * age / DAY_SECONDS if leaking else 0.0
    warm = min(1.0, 0.3 + age / 120)
    rss = int(limit * min(FULLEST, warm * (0.42 + 0.1 * noise(key, at, 3_600)) + gathered))
    cache = int(min(limit * warm * (0.1 + 0.06 * noise(key + 4, at, 1_200)), 0.99 * limit - rss))
    low = risen(key + 5, container.started_at, at, per_hour=4.0 if leaking else 0.02)
    return {
        "mem_total_bytes": rss + cache + limit // 200,
        "mem_rss_bytes": rss,
        "mem_anon_bytes": rss,
        "mem_cache_bytes": cache,
        "mem_file_bytes": cache,
        "mem_mapped_file_bytes": cache // 3,
        "mem_swap_bytes": 0,
        "mem_unevictable_bytes": 0,
        "mem_low_pressure_counter": low,
        "mem_medium_pressure_counter": low // 8,
        "mem_critical_pressure_counter": low // 60,
    }


def _disk_used(container: Container, at: float) -> int:
    share = 0.08 + 0.55 * scatter(container.key, 14) + 0.03 * noise(container.key + 6, at, 7_200)
    return int(container.amount.disk_mb * MIB * share) // BLOCK_BYTES * BLOCK_BYTES


class Io(NamedTuple):
    """What a container has read from disks and written to them: bytes, then operations."""

    read: int
    written: int
    reads: int
    writes: int


def io_of(container: Container, at: float) -> Io:
    key, since = container.key, container.started_at
    per_hour = 2e8 * (0.2 + scatter(key, 15)) * container.amount.cpus_milli / 1_000
    read = risen(key + 7, since, at, per_hour=per_hour) // BLOCK_BYTES * BLOCK_BYTES
    written = risen(key + 8, since, at, per_hour=1.6 * per_hour) // BLOCK_BYTES * BLOCK_BYTES
    return Io(read, written, read // SECTOR_READ, written // SECTOR_WRITE)


def _blkio(container: Container, at: float) -> Document:
    """As a kernel without the scheduler CFQ accounts: its table is there and says 0, the throttler's has the numbers."""
    io = io_of(container, at)
    nothing = [{"io_serviced": _total(0), "io_service_bytes": _total(0)}]
    device = {
        "device": {"major_number": 8, "minor_number": 0},
        "io_serviced": _operations(io.reads, io.writes),
        "io_service_bytes": _operations(io.read, io.written),
    }
    whole = {"io_serviced": _total(io.reads + io.writes), "io_service_bytes": _total(io.read + io.written)}
    return {"cfq_recursive": nothing, "throttling": [device, whole]}


def _total(value: int) -> list[Document]:
    return [{"op": "TOTAL", "value": value}]


def _operations(read: int, written: int) -> list[Document]:
    values = {"READ": read, "WRITE": written, "SYNC": read, "ASYNC": written, "TOTAL": read + written}
    return [{"op": op, "value": value} for op, value in values.items()]


def _network(container: Container, at: float) -> Document:
    key, since = container.key, container.started_at
    received = risen(key + 9, since, at, per_hour=6e8 * (0.1 + scatter(key, 16)))
    sent = risen(key + 10, since, at, per_hour=9e8 * (0.1 + scatter(key, 17)))
    return {
        "net_rx_packets": received // PACKET_BYTES,
        "net_rx_bytes": received,
        "net_rx_errors": 0,
        "net_rx_dropped": received // 9_000_000_000,
        "net_tx_packets": sent // PACKET_BYTES,
        "net_tx_bytes": sent,
        "net_tx_errors": 0,
        "net_tx_dropped": 0,
    }
