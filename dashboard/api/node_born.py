"""Where every figure of a node's answer comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard.api import born
from dashboard.models import Cluster
from dashboard.queries import certificates
from dashboard.queries.agent_process import Agent


def told(
    cluster: Cluster, written: dict[str, Any], answer: dict[str, Any], agent: Agent | None
) -> Iterator[dict[str, Any]]:
    """Of each figure of the answer, as it is `written`, for born.ProvenanceSerializer."""
    for number, (node, source) in enumerate(zip(written["nodes"], answer["nodes"], strict=True)):
        above = f"nodes[{number}]"
        if source["allocation"] is not None:
            allocated = certificates.of_allocation(cluster, node["allocation"], source["allocation"]["taken_at"])
            yield from born.told(allocated, f"{above}.allocation")
        yield from born.told(certificates.of_machine(node["use"], source["use"]["taken_at"]), f"{above}.use")
    for number, (disk, source) in enumerate(zip(written["filesystems"], answer["filesystems"], strict=True)):
        found = certificates.of_filesystem(disk, source["measured_at"])
        yield from born.told(found, f"filesystems[{number}]")
    for number, (wire, source) in enumerate(zip(written["interfaces"], answer["interfaces"], strict=True)):
        found = certificates.of_interface(wire, source["measured_at"])
        yield from born.told(found, f"interfaces[{number}]")
    if agent is not None and agent.process is not None:
        yield from born.told(certificates.of_process(agent.process, written["process"]), "process")
