"""What applications tell of themselves, by way of their containers' metrics (dcos-metrics' `/app`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


class AppContainer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A container to be asked for the metrics of its application."""

    host: str
    agent_id: str
    container_id: str


class MetricSetReading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Metrics of one container that bear the same tags."""

    tags: Mapping[str, str]
    """As the application and its cluster label them, what tells the container itself left out; sorted by name."""
    taken_at: datetime
    """The newest of its datapoints' own times."""
    values: Mapping[str, float]
    """By the name as it was sent; what was said to be NaN, or is older than the newest by more than a minute, is absent."""


class AppMetricsReading(msgspec.Struct, frozen=True, kw_only=True):
    """One container's answer. Without sets it answered that its application tells nothing."""

    host: str
    agent_id: str
    container_id: str
    taken_at: datetime
    """The oldest of its sets' times; the moment of the answer where there is none."""
    labels: Mapping[str, str]
    """Of its task, as the answer's dimensions tell them."""
    sets: tuple[MetricSetReading, ...]
