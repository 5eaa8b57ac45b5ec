"""Every source, in the order in which a cluster is read. A new source is a file here and a line below."""

from __future__ import annotations

from collectors.sources import (
    agents,
    app_metrics,
    apps,
    component_health,
    containers,
    deployments,
    flags,
    marathon,
    masters,
    nodes,
    queue,
    registry,
    roles,
    summary,
    tasks,
)
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source

SOURCES: tuple[Source, ...] = (
    masters.SOURCE,
    summary.SOURCE,
    registry.SOURCE,
    roles.SOURCE,
    tasks.SOURCE,
    apps.SOURCE,
    deployments.SOURCE,
    queue.SOURCE,
    marathon.SOURCE,
    component_health.SOURCE,
    nodes.SOURCE,
    agents.SOURCE,
    containers.SOURCE,
    app_metrics.SOURCE,
    flags.SOURCE,
)

SOURCES_BY_NAME: dict[str, Source] = {source.name: source for source in SOURCES}

__all__ = ["POLL_DEADLINE_SECONDS", "SOURCES", "SOURCES_BY_NAME", "Source"]
