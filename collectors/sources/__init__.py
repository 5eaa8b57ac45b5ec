"""Every source, in the order in which a cluster is read. A new source is a file here and a line below."""

from __future__ import annotations

from collectors.sources import agents, component_health, containers, flags, masters, nodes, registry, roles, summary
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source

SOURCES: tuple[Source, ...] = (
    masters.SOURCE,
    summary.SOURCE,
    registry.SOURCE,
    roles.SOURCE,
    component_health.SOURCE,
    nodes.SOURCE,
    agents.SOURCE,
    containers.SOURCE,
    flags.SOURCE,
)

SOURCES_BY_NAME: dict[str, Source] = {source.name: source for source in SOURCES}

__all__ = ["POLL_DEADLINE_SECONDS", "SOURCES", "SOURCES_BY_NAME", "Source"]
