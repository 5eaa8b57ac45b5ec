"""What agents measure of the containers they run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

import msgspec

from collectors.metrics import CONTAINER_METRICS

NAMES = tuple(metric.name for metric in CONTAINER_METRICS)
ABSENT = math.nan
"""What stands where nothing was measured: always this one NaN, so that equal readings are equal."""

Values = tuple[float, ...]
"""Of a container, in the order of `CONTAINER_METRICS`, bytes and seconds; ABSENT for what it was not measured for."""


def values_of(metrics: Mapping[str, float]) -> Values:
    """Figures by their names, side by side."""
    return tuple(metrics.get(name, ABSENT) for name in NAMES)


NOTHING_MEASURED = values_of({})


class ContainerReading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One container at its own sample time."""

    container_id: str
    parent_id: str
    """The container it is nested in; empty for a root container."""
    framework_id: str
    """Empty where the answer does not say it; a nested container has that of its root."""
    framework_name: str
    """Only dcos-metrics says it; empty else."""
    executor_id: str
    executor_name: str
    task_name: str
    """What the framework calls it: `source` of Mesos, `task_name` of dcos-metrics; empty where neither is said."""
    taken_at: datetime
    """The statistics' own time; the moment of the answer where there are none."""
    pid: int | None
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The executor's; only dcos-metrics says them, empty else."""
    values: Values

    @property
    def metrics(self) -> dict[str, float]:
        """What it was measured for, by name."""
        return {name: value for name, value in zip(NAMES, self.values, strict=True) if not math.isnan(value)}

    @property
    def is_measured(self) -> bool:
        return not all(map(math.isnan, self.values))


class AgentContainers(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All containers of one agent."""

    host: str
    agent_id: str
    taken_at: datetime
    """The oldest of its containers' sample times, the moment of the answer where there is none."""
    route: str
    """How they were read: `operator-api`, `containers` or `dcos-metrics`."""
    containers: tuple[ContainerReading, ...]
    partial: str
    """What this way of reading cannot tell (nested containers, sent bytes), in words; empty where it tells all."""
