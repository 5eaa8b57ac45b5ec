"""What a picture of many nodes may be drawn by: one share of one resource, on one basis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.queries.node_row import NodeRow


@dataclass(frozen=True, kw_only=True)
class Basis:
    """A share 0…1 of each node; `title` begins a sentence, `of` says what it is a share of."""

    key: str
    resource: str
    title: str
    of: str
    share: Callable[[NodeRow], float | None]

    @property
    def used(self) -> bool:
        """Whether it is measured by machines, not allocated by Mesos."""
        return self.key.endswith(".used")


BASES: tuple[Basis, ...] = (
    Basis(
        key="cpu.used",
        resource="cpu",
        title="CPU used",
        of="of the machine’s cores",
        share=lambda row: row.cpu_used_ratio,
    ),
    Basis(
        key="cpu.alloc",
        resource="cpu",
        title="CPU allocated",
        of="of the CPUs the agent gives to Mesos",
        share=lambda row: row.cpu_allocated_ratio,
    ),
    Basis(
        key="mem.used",
        resource="mem",
        title="Memory used",
        of="of the machine’s memory, caches left out",
        share=lambda row: row.mem_used_ratio,
    ),
    Basis(
        key="mem.alloc",
        resource="mem",
        title="Memory allocated",
        of="of the memory the agent gives to Mesos",
        share=lambda row: row.mem_allocated_ratio,
    ),
    Basis(
        key="disk.used",
        resource="disk",
        title="Disk used",
        of="of the filesystem that is fullest now",
        share=lambda row: row.fullest_ratio,
    ),
)
BY_KEY = {basis.key: basis for basis in BASES}


def chosen(key: str, *, measured: bool) -> Basis:
    """The basis of this name; else CPU used, or allocated where nothing is `measured`."""
    return BY_KEY.get(key) or BY_KEY["cpu.used" if measured else "cpu.alloc"]


def offered(*, measured: bool, allocated: bool) -> list[Basis]:
    """Those that can be told of nodes that are measured, and of such that allocate."""
    return [basis for basis in BASES if (measured if basis.used else allocated)]
