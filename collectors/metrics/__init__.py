"""The metrics kept of each kind of subject, in the order in which a reading stores them.

Names are the cluster's own. An order is a storage layout: add at the end. What a version lacks is absent (NaN), never 0.
"""

from __future__ import annotations

from collectors.metrics.agents import AGENT_METRICS
from collectors.metrics.containers import CONTAINER_METRICS
from collectors.metrics.machines import FILESYSTEM_METRICS, HOST_METRICS, INTERFACE_METRICS
from collectors.metrics.marathon import MARATHON_METRICS, MarathonMetric
from collectors.metrics.masters import MASTER_METRICS
from collectors.metrics.metric import Metric

COUNTERS = frozenset(metric.name for metric in MASTER_METRICS if metric.kind == "counter")

__all__ = [
    "AGENT_METRICS",
    "CONTAINER_METRICS",
    "COUNTERS",
    "FILESYSTEM_METRICS",
    "HOST_METRICS",
    "INTERFACE_METRICS",
    "MARATHON_METRICS",
    "MASTER_METRICS",
    "MarathonMetric",
    "Metric",
]
