"""What each active agent has, has given away, and has left for a task that no role has reserved anything for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dashboard.models import Cluster, Node


class Amount(NamedTuple):
    """CPU and memory of an agent, or of several together."""

    cpus: float = 0.0
    mem_bytes: float = 0.0

    def less(self, other: Amount) -> Amount:
        return Amount(self.cpus - other.cpus, self.mem_bytes - other.mem_bytes)


class Room(NamedTuple):
    """One active agent, as the leading master's summary gave it. A plain tuple: there may be thousands."""

    host: str
    zone: str
    public: bool
    cpus_total: float
    mem_total_bytes: float
    cpus_allocated: float
    mem_allocated_bytes: float
    cpus_unreserved: float | None = None
    """Of the total; None where the version does not tell reservations apart. The same of memory."""
    mem_unreserved_bytes: float | None = None

    @property
    def reservations_known(self) -> bool:
        return self.cpus_unreserved is not None and self.mem_unreserved_bytes is not None

    @property
    def free(self) -> Amount:
        """Not allocated, and reserved for nobody, as far as that is known: at most so much.

        Mesos' summary does not say which part of an allocation lies in reservations. Where it lies outside of them less is
        free than this.
        """
        cpus = max(0.0, self.cpus_total - self.cpus_allocated)
        mem_bytes = max(0.0, self.mem_total_bytes - self.mem_allocated_bytes)
        if self.cpus_unreserved is None or self.mem_unreserved_bytes is None:
            return Amount(cpus, mem_bytes)
        return Amount(min(cpus, self.cpus_unreserved), min(mem_bytes, self.mem_unreserved_bytes))


def total(rooms: Iterable[Room]) -> Amount:
    """What they have together."""
    cpus = mem_bytes = 0.0
    for room in rooms:
        cpus += room.cpus_total
        mem_bytes += room.mem_total_bytes
    return Amount(cpus, mem_bytes)


def allocated(rooms: Iterable[Room]) -> Amount:
    """What is allocated on them together."""
    cpus = mem_bytes = 0.0
    for room in rooms:
        cpus += room.cpus_allocated
        mem_bytes += room.mem_allocated_bytes
    return Amount(cpus, mem_bytes)


def of_agents(cluster: Cluster) -> list[Room]:
    """Every active agent, by host. One query."""
    active = Node.objects.filter(cluster=cluster, state=Node.State.ACTIVE, cpus_total__isnull=False)
    return [Room(*row) for row in active.order_by("host", "port").values_list(*Room._fields)]
