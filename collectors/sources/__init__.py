"""Every source, in the order in which a cluster is read. A new source is a file here and a line below."""

from __future__ import annotations

from collectors.sources import component_health, masters, nodes, summary
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source

SOURCES: tuple[Source, ...] = (
    masters.SOURCE,
    summary.SOURCE,
    component_health.SOURCE,
    nodes.SOURCE,
)

SOURCES_BY_NAME: dict[str, Source] = {source.name: source for source in SOURCES}

__all__ = ["POLL_DEADLINE_SECONDS", "SOURCES", "SOURCES_BY_NAME", "Source"]
