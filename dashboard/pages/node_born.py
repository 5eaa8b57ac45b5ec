"""Where the figures come from that the page of a node begins with: allocation beside use."""

from __future__ import annotations

from dashboard.models import Cluster
from dashboard.queries import certificates, provenance
from dashboard.queries.certificates import Certificate
from dashboard.queries.machine import Node

COLUMNS = {"memory_": "mem_"}
"""How the API's names of use begin, and how the machine's columns do."""


def born(cluster: Cluster, found: Node) -> list[Certificate]:
    """Those of its allocation, then those of its use; only figures that are known now."""
    told: list[Certificate] = []
    if found.agent is not None:
        node = found.agent.node
        allocated = {name: getattr(node, name) for name in provenance.ALLOCATION}
        told += certificates.of_allocation(cluster, allocated, node.last_seen).values()
    if found.machine is not None and found.allocating.measured.current:
        used = {name: getattr(found.machine, _column(name), None) for name in provenance.MACHINE_USE}
        used["load_per_core"] = found.allocating.load_per_core
        told += certificates.of_machine(used, found.machine.measured_at).values()
    return [one for one in told if one.value is not None]


def _column(name: str) -> str:
    return next((own + name.removeprefix(begin) for begin, own in COLUMNS.items() if name.startswith(begin)), name)
