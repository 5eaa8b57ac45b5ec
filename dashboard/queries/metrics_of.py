"""The stored numbers of one subject by name: which there are, in what unit, and one of them over a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from collectors.metrics import HOST_METRICS
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
}
"""What may be asked for, and what its numbers are of."""
UNITS = {metric.name: metric.unit for metric in HOST_METRICS} | {"cores": "cores", "sample.age_seconds": "s"}
BEGINS = {
    "cpus_": "cores",
    "gpus_": "GPUs",
    "inodes_": "inodes",
    "agents_": "agents",
    "tasks_": "tasks",
    "frameworks_": "frameworks",
}
AGE = "sample.age_seconds"


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
        return self.subject.kind == Kind.INTERFACE and self.name != AGE

    @property
    def unit(self) -> str:
        if self.name in UNITS:
            return UNITS[self.name]
        if self.name.endswith("_bytes"):
            return "bytes"
        return next((unit for begin, unit in BEGINS.items() if self.name.startswith(begin)), "packets")


def subject(cluster: Cluster, named: str) -> Subject | None:
    """What `kind:key` names: cluster, host:10.0.0.1, filesystem:10.0.0.1|/var. One query."""
    kind, _, key = named.partition(":")
    return Subject.objects.filter(cluster=cluster, kind=kind, key=key).first() if kind in set(BASIS) else None


def names(subject: Subject) -> list[str]:
    """What its latest reading holds, in the order it is stored. Two queries."""
    latest = Reading.objects.filter(subject=subject).order_by("-tick").values_list("layout", flat=True).first()
    return list(Layout.objects.get(pk=latest).names) if latest else []


def values(metric: Metric, asked: Window, *, rate: bool) -> tuple[Series, datetime | None]:
    """The metric over the window and the time of its newest sample; a counter as it stands or per second. Two queries."""
    found = loaded([metric.subject.pk], asked)
    if rate:
        return rates.rates(found, metric.subject.pk, [metric.name]), _newest(found, metric)
    return found.series(metric.subject.pk, [metric.name], last=metric.is_counter), _newest(found, metric)


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
