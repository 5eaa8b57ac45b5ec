"""The pictures on a node's page, in the order in which one looks: processor, memory, disk, network, processes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dashboard.charts import (
    machine_cpu,
    machine_filesystems,
    machine_load,
    machine_memory,
    machine_network,
    machine_processes,
    machine_trouble,
)
from dashboard.charts.lines import Figure
from dashboard.queries.machine import Node
from dashboard.queries.machine_history import History, Values

Drawn = tuple[str, Figure, str, str]
"""Its id, the figure, its title, and what its numbers are of."""


def charts(found: Node, history: History) -> list[dict[str, object]]:
    """Those with anything to show."""
    drawn = [*_of_processor(found, history), *_of_room(history), *_of_traffic(history)]
    return [{"id": name, "figure": figure, "title": title, "basis": basis} for name, figure, title, basis in drawn]


def _of_processor(found: Node, history: History) -> Iterator[Drawn]:
    own = found.machine
    cores, generation = (own.cores, own.generation) if own else (None, "")
    if _any(history.cpu_used, history.cpu_allocated):
        yield "cpu", machine_cpu.drawn(history), machine_cpu.title(history), machine_cpu.basis(cores, generation)
    if _any(history.load):
        yield "load", machine_load.drawn(history, cores), machine_load.title(history, cores), machine_load.basis(cores)


def _of_room(history: History) -> Iterator[Drawn]:
    if _any(history.memory_used, history.memory_allocated):
        yield "memory", machine_memory.drawn(history), machine_memory.title(history), machine_memory.basis(history)
    if history.filesystems:
        of = machine_filesystems
        yield "fullest", of.drawn(history), of.title(history), of.basis(history)


def _of_traffic(history: History) -> Iterator[Drawn]:
    if _any(history.network_in, history.network_out):
        yield "traffic", machine_network.drawn(history), machine_network.title(history), machine_network.BASIS
    if _any(history.dropped, history.errors):
        yield "trouble", machine_trouble.drawn(history), machine_trouble.title(history), machine_trouble.BASIS
    if _any(history.processes):
        yield "processes", machine_processes.drawn(history), machine_processes.title(history), machine_processes.BASIS


def _any(*lines: Values) -> bool:
    return any(np.isfinite(values).any() for values in lines)
