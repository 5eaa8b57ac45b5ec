"""One container as DC/OS' metrics service tells it, in the spelling of dcos-metrics or of Telegraf.

Endpoint: GET /system/v1/agent/<id>/metrics/v0/containers (ids), …/containers/<container id> (datapoints)
Document: https://github.com/dcos/dcos-metrics (DC/OS 1.9–1.11; from 1.12 on Telegraf speaks the same form)

dcos-metrics repeats the received packets and bytes as the sent ones, so those are left out. It writes 0 for what the agent
does not measure; of its zeros only CPU time and resident memory are believed, which every containerizer measures, and
those of throttling where scheduling periods are counted. Telegraf leaves zeros out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec

from collectors.decoding import Dropped, count, decode, each, from_rfc3339, name, one, strings
from collectors.errors import Outcome, PollError
from collectors.metrics import CONTAINER_METRICS
from collectors.records import ContainerReading
from collectors.records.containers import values_of
from collectors.sources.container_blkio import Share, share_of, summed
from collectors.sources.container_lists import task_name
from collectors.sources.container_values import BELOW, believed_time, believed_value
from collectors.sources.node_datapoints import Datapoint, Message

OF_DCOS_METRICS = {
    "processes": "processes",
    "threads": "threads",
    "cpus.user.time": "cpus_user_time_secs",
    "cpus.system.time": "cpus_system_time_secs",
    "cpus.limit": "cpus_limit",
    "cpus.nr.periods": "cpus_nr_periods",
    "cpus.nr.throttled": "cpus_nr_throttled",
    "cpus.throttled.time": "cpus_throttled_time_secs",
    "mem.total": "mem_total_bytes",
    "mem.rss": "mem_rss_bytes",
    "mem.cache": "mem_cache_bytes",
    "mem.mapped.file": "mem_mapped_file_bytes",
    "mem.swap": "mem_swap_bytes",
    "mem.limit": "mem_limit_bytes",
    "mem.soft.limit": "mem_soft_limit_bytes",
    "mem.low.pressure": "mem_low_pressure_counter",
    "mem.medium.pressure": "mem_medium_pressure_counter",
    "mem.critical.pressure": "mem_critical_pressure_counter",
    "disk.used": "disk_used_bytes",
    "disk.limit": "disk_limit_bytes",
    "net.rx.bytes": "net_rx_bytes",
    "net.rx.packets": "net_rx_packets",
    "net.rx.errors": "net_rx_errors",
    "net.rx.dropped": "net_rx_dropped",
}
OF_TELEGRAF = {
    f"container.{metric.name}"
    if metric.name in ("processes", "threads")
    else metric.name.replace("_", ".", 1): metric.name
    for metric in CONTAINER_METRICS
    if not metric.name.startswith("blkio_")
}
NAMES = OF_TELEGRAF | OF_DCOS_METRICS
REPEATED = frozenset({"net.tx.bytes", "net.tx.packets", "net.tx.errors", "net.tx.dropped"})
ONLY_DCOS_METRICS = (OF_DCOS_METRICS.keys() | REPEATED) - OF_TELEGRAF.keys()
THROTTLING = ("cpus_nr_throttled", "cpus_throttled_time_secs")
MEASURED_AT_ZERO = frozenset({"cpus_user_time_secs", "cpus_system_time_secs", "mem_rss_bytes", *THROTTLING})
MOST_LABELS = 64
TRAFFIC_CONTROL = "id"
"""The tag of a queue's figures, which Telegraf writes under the names of the container's own."""
MIXED = {"volume_persistence_id": "disk_", TRAFFIC_CONTROL: "net_tx_"}
"""Labels that the figures of a volume or a queue leave behind: then nobody can tell whose figures of such names are."""


class Told(NamedTuple):
    """A container and who told of it."""

    reading: ContainerReading
    is_dcos_metrics: bool
    """True where dcos-metrics told it, so that what was sent is not known."""


class Dimensions(msgspec.Struct, frozen=True):
    container_id: str | None = None
    framework_id: str | None = None
    framework_name: str | None = None
    executor_id: str | None = None
    task_name: str | None = None
    labels: dict[str, msgspec.Raw] | None = None


@dataclass
class Said:
    """What the datapoints of one container say, in whatever order."""

    container_id: str
    dropped: Dropped
    mixed: tuple[str, ...]
    """How the names of figures begin that may be a volume's or a queue's."""
    metrics: dict[str, float] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    times: set[str] = field(default_factory=set)
    is_dcos_metrics: bool = False

    def take(self, point: Datapoint) -> None:
        """One datapoint, unless it is another container's or a queue's, nobody asked for it, or it is no number."""
        tags = point.tags or {}
        if tags.get("container_id", self.container_id) != self.container_id:
            count(self.dropped, "datapoint: of another container")
            return
        self.is_dcos_metrics |= point.name in ONLY_DCOS_METRICS
        if self._keep(point, tags):
            self.tags.update(tags)
            if point.timestamp:
                self.times.add(point.timestamp)

    def _keep(self, point: Datapoint, tags: dict[str, str]) -> bool:
        metric = NAMES.get(point.name)
        share = share_of(point.name, tags) if metric is None else None
        if (metric is None and share is None) or TRAFFIC_CONTROL in tags:
            return False
        value = _number(point, self.dropped)
        if value is None:
            return False
        if share is not None:
            self.shares.append(share._replace(value=value))
        elif metric is not None and self._is_measured(point.name, metric, value):
            twice = self.metrics.setdefault(metric, value) != value
            count(self.dropped, "datapoint: said twice, with two values", int(twice))
        return True

    def _is_measured(self, wire: str, metric: str, value: float) -> bool:
        if metric.startswith(self.mixed):
            return False
        nothing = value == 0 and wire in OF_DCOS_METRICS and metric not in MEASURED_AT_ZERO
        return not nothing and value < BELOW[metric]

    def all_metrics(self) -> dict[str, float]:
        metrics = self.metrics | summed(self.shares)
        if not metrics.get("cpus_nr_periods"):
            metrics = {name: value for name, value in metrics.items() if value or name not in THROTTLING}
        return metrics

    def taken_at(self, answered_at: datetime) -> datetime:
        """The oldest time said."""
        moments = [from_rfc3339(time) for time in self.times]
        count(self.dropped, "datapoint: unreadable time", moments.count(None))
        oldest = min((moment for moment in moments if moment is not None), default=None)
        return believed_time(oldest, answered_at, self.dropped)


def _number(point: Datapoint, dropped: Dropped) -> float | None:
    """The value; None where it is absent, which is silent, or is none that can be true ("NaN", ""), which is counted."""
    value = point.value
    return None if value is None else believed_value(None if isinstance(value, str) else value, dropped)


def of_message(body: bytes, container_id: str, dropped: Dropped, *, answered_at: datetime, url: str = "") -> Told:
    """The container asked for. PollError `empty` where nothing is measured of it, `wrong_shape` where none can be read."""
    message = decode(body, Message, url=url)
    if not message.datapoints:
        raise PollError(Outcome.EMPTY, "The answer holds no datapoints of this container", url=url)
    dimensions = one(message.dimensions, Dimensions, dropped, what="dimensions") or Dimensions()
    if dimensions.container_id not in (None, "", container_id):
        dimensions = Dimensions()  # an id that begins like this one: its datapoints came along
    labels = dimensions.labels or {}
    said = Said(container_id, dropped, tuple(prefix for label, prefix in MIXED.items() if label in labels))
    for _, point in each(message.datapoints, Datapoint, dropped, what="datapoint"):
        said.take(point)
    if not said.times and not said.metrics and not said.shares:
        raise PollError(Outcome.WRONG_SHAPE, "The answer holds no datapoint of this container", url=url)
    return Told(_reading(said, dimensions, answered_at), said.is_dcos_metrics)


def _reading(said: Said, dimensions: Dimensions, answered_at: datetime) -> ContainerReading:
    tags = said.tags
    executor_id = tags.get("executor_id") or dimensions.executor_id or ""
    executor_name = tags.get("executor_name", "")
    return ContainerReading(
        container_id=said.container_id,
        parent_id="",
        framework_id=name(tags.get("framework_id") or dimensions.framework_id or ""),
        framework_name=name(dimensions.framework_name or ""),
        executor_id=name(executor_id),
        executor_name=name(executor_name),
        task_name=name(dimensions.task_name or "") or task_name(tags.get("source"), executor_id, executor_name),
        taken_at=said.taken_at(answered_at),
        pid=None,
        labels=strings(dimensions.labels or {}, said.dropped, most=MOST_LABELS, what="label"),
        values=values_of(said.all_metrics()),
    )
