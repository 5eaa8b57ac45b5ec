"""The stored numbers of one subject by name: which there are, in what unit, and one of them over a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from collectors.metrics import AGENT_METRICS, CONTAINER_METRICS, HOST_METRICS
from dashboard.models import Cluster, Layout, Reading, Subject
from dashboard.queries import rates
from dashboard.queries.readings import Loaded, Series, loaded
from dashboard.queries.window import Window

Kind = Subject.Kind
ALLOCATION = "allocation by Mesos, from the leading master's summary"
MEASURED = "use, as the machine measures it itself"
BASIS = {
    Kind.CLUSTER: f"{ALLOCATION}; active agents only",
    Kind.ZONE: f"{ALLOCATION}; active agents only",
    Kind.NODE: ALLOCATION,
    Kind.FRAMEWORK: ALLOCATION,
    Kind.USE: "use of the agents' machines that were measured: agents_measured of agents_expected",
    Kind.HOST: MEASURED,
    Kind.FILESYSTEM: MEASURED,
    Kind.INTERFACE: MEASURED,
    Kind.CONTAINER: "use, as its agent measures the container; what is called limit is the limit, soft limit the request",
    Kind.AGENT: "what the agent process says of itself; what it calls used is allocation by Mesos, system/… the machine",
    Kind.ROLE: "quota, reservations and allocation by Mesos, from the leading master's list of roles",
    Kind.CONTAINER_USE: "use by root containers whose agents answered: agents_measured of agents_expected",
}
"""What may be asked for, and what its numbers are of."""
KNOWN = (*HOST_METRICS, *CONTAINER_METRICS, *AGENT_METRICS)
UNITS = {metric.name: metric.unit for metric in KNOWN} | {"cores": "cores", "sample.age_seconds": "s"}
COUNTERS = {metric.name for metric in KNOWN if metric.kind == "counter"}
UPTIME = {Kind.AGENT: "slave/uptime_secs"}
"""Which value of the same readings falls when all counters of such a subject begin anew."""
BEGINS = {
    "cpus_": "cores",
    "gpus_": "GPUs",
    "inodes_": "inodes",
    "agents_": "agents",
    "tasks_": "tasks",
    "frameworks": "frameworks",
    "containers": "containers",
}
AGE = "sample.age_seconds"
As = Literal["raw", "rate", "increase"]


@dataclass(frozen=True)
class Metric:
    """One name of a subject's layout."""

    subject: Subject
    name: str

    @property
    def basis(self) -> str:
        return BASIS[Kind(self.subject.kind)]

    @property
    def is_counter(self) -> bool:
        """Whether it counts since some beginning; only such have a rate."""
        if self.subject.kind == Kind.INTERFACE:
            return self.name != AGE
        return self.name in COUNTERS

    @property
    def unit(self) -> str:
        if self.name in UNITS:
            return UNITS[self.name]
        if self.name.endswith("_bytes"):
            return "bytes"
        if self.subject.kind == Kind.INTERFACE:
            return "packets"
        return next((unit for begin, unit in BEGINS.items() if self.name.startswith(begin)), "")


def subject(cluster: Cluster, named: str) -> Subject | None:
    """What `kind:key` names: cluster, host:10.0.0.1, filesystem:10.0.0.1|/var. One query."""
    kind, _, key = named.partition(":")
    return Subject.objects.filter(cluster=cluster, kind=kind, key=key).first() if kind in set(BASIS) else None


def names(subject: Subject) -> list[str]:
    """What its latest reading holds, in the order it is stored. Two queries."""
    latest = Reading.objects.filter(subject=subject).order_by("-tick").values_list("layout", flat=True).first()
    return list(Layout.objects.get(pk=latest).names) if latest else []


def values(metric: Metric, asked: Window, *, as_: As) -> tuple[Series, datetime | None]:
    """The metric over the window and the time of its newest sample; a counter as it stands, per second, or its rises.

    Two queries.
    """
    found, subject = loaded([metric.subject.pk], asked), metric.subject
    if as_ == "raw":
        return found.series(subject.pk, [metric.name], last=metric.is_counter), _newest(found, metric)
    measure = rates.rates if as_ == "rate" else rates.increases
    uptime = UPTIME.get(Kind(subject.kind), "")
    return measure(found, subject.pk, [metric.name], uptime=uptime), _newest(found, metric)


def _newest(found: Loaded, metric: Metric) -> datetime | None:
    """When the newest value was true: its tick, less the age that its sample had then."""
    times = [0.0]
    for rows in found.rows(metric.subject.pk):
        if metric.name not in rows.layout:
            continue
        ticks, matrix = rows.ticks_and_matrix()
        ages = np.nan_to_num(matrix[:, rows.layout.index(AGE)]) if AGE in rows.layout else np.zeros(len(ticks))
        times += (ticks - ages)[~np.isnan(matrix[:, rows.layout.index(metric.name)])].tolist()
    return datetime.fromtimestamp(max(times), UTC) if max(times) else None
