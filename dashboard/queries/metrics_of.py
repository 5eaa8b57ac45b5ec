"""The stored numbers of one subject by name: which there are, in what unit, and one of them over a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from collectors.metrics import AGENT_METRICS, CONTAINER_METRICS, HOST_METRICS, MARATHON_METRICS, MASTER_METRICS
from dashboard import statements
from dashboard.models import Cluster, Subject
from dashboard.queries import metric_catalogue, rates
from dashboard.queries.newest import last_read
from dashboard.queries.readings import Keep, Loaded, known_since, loaded
from dashboard.queries.stored import Rows
from dashboard.queries.window import Window
from dashboard.rises import AGE
from dashboard.rolling import COUNTERS
from dashboard.tiers import Tier

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
    Kind.MASTER: "what the master process says of itself; of whoever does not lead, gauges of the cluster are 0",
    Kind.ROLE: "quota, reservations and allocation by Mesos, from the leading master's list of roles",
    Kind.CONTAINER_USE: "use by root containers whose agents answered: agents_measured of agents_expected",
    Kind.APP: "counts by its Marathon's list; allocation as asked for, times the instances that are staged or run",
    Kind.QUEUE: "its place in its Marathon's launch queue; declined: of the last offer of each agent",
    Kind.MARATHON: "what the leading instance of Marathon says of itself",
    Kind.APP_METRICS: "as the application said it; Day Two cannot know what it means, in what unit, and whether it counts up",
}
"""What may be asked for, and what its numbers are of."""
KNOWN = (*MASTER_METRICS, *MARATHON_METRICS, *HOST_METRICS, *CONTAINER_METRICS, *AGENT_METRICS)
UNITS = {metric.name: metric.unit for metric in KNOWN} | {"cores": "cores", "sample.age_seconds": "s"}
BEGINS = {
    "cpus_": "cores",
    "gpus_": "GPUs",
    "inodes_": "inodes",
    "agents_": "agents",
    "tasks_": "tasks",
    "frameworks": "frameworks",
    "containers": "containers",
    "declined.": "offers",
    "offers_": "offers",
}
Values = NDArray[np.float64]
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
        return self.name in COUNTERS

    @property
    def unit(self) -> str:
        if self.subject.kind == Kind.APP_METRICS:
            return metric_catalogue.of_application(self.name).unit if self.name != AGE else UNITS[AGE]
        if self.name in UNITS:
            return UNITS[self.name]
        if self.name.endswith("_bytes"):
            return "bytes"
        if self.name.endswith("_seconds"):
            return "s"
        if self.subject.kind == Kind.INTERFACE:
            return "packets"
        return next((unit for begin, unit in BEGINS.items() if self.name.startswith(begin)), "")


def lives(cluster: Cluster, named: str) -> list[Subject]:
    """What `kind:key` names: cluster, host:10.0.0.1, filesystem:10.0.0.1|/var; of a master, master:10.0.0.1:5050, every life
    of its process, the latest first. Empty where nothing of that name was ever measured. One query."""
    kind, _, key = named.partition(":")
    if kind not in set(BASIS):
        return []
    if kind == Kind.MASTER:
        every = Subject.objects.filter(cluster=cluster, kind=kind, key__startswith=f"{key}@")
        return list(every.order_by("-last_seen", "-pk"))
    return statements.found(Subject, cluster_id=cluster.pk, kind=kind, key=key)


def names(subject: Subject) -> list[str]:
    """What was last stored of it holds, in the order it is stored. One query, two where that is hours old."""
    newest = last_read([subject.pk])
    return list(newest.names) if newest else []


@dataclass(frozen=True)
class Told:
    """Several metrics of one subject over a window: the values of each step, and when the newest was true."""

    window: Window
    values: Mapping[str, Values]
    taken_at: Mapping[str, datetime | None]

    @property
    def known_since(self) -> datetime | None:
        """When the figures begin, where that is later than asked for."""
        return known_since(self.window, self.values.values())


def told(of: Sequence[Subject], wanted: Sequence[str], asked: Window, *, as_: As, keep: Keep) -> Told:
    """The metrics over the window, of several lives as one; counters as they stand, per second, or their rises.

    As many queries as `loaded`.
    """
    found = loaded([one.pk for one in of], asked, names=wanted, kept=_read(wanted, as_, keep))
    if as_ == "raw":
        counters = [metric for metric in wanted if metric in COUNTERS]
        gauges = [metric for metric in wanted if metric not in COUNTERS]
        # A counter stands at its last value.
        whole = found.whole(counters, keep="last").columns | found.whole(gauges, keep=keep).columns
    else:
        measure = rates.rates if as_ == "rate" else rates.increases
        each = [measure(found, one.pk, wanted) for one in of]
        whole = {metric: _first_known([one[metric] for one in each]) for metric in wanted}
    return Told(found.window, whole, _newest(found, wanted))


def _read(names: Sequence[str], as_: As, keep: Keep) -> tuple[str, ...]:
    """What has to be read of rolled-up values, with what tells when the newest was: each a third of the cost."""
    if as_ != "raw":
        return ("last", "rise", "seconds") if as_ == "rate" else ("last", "increase")
    last = () if keep == "mean" and COUNTERS.isdisjoint(names) else ("last",)
    return (*last, "sum", "count") if keep == "mean" else (*last, keep)


def _first_known(lives: Sequence[Values]) -> Values:
    """Step by step what one of them tells: they lived one after the other."""
    row = lives[0]
    for values in lives[1:]:
        row = np.where(np.isnan(row), values, row)
    return row


def _measured(rows: Rows, metrics: Sequence[str]) -> NDArray[np.bool_]:
    """Metric by metric which rows tell it, by their last value; or where that was not read, by how many values they are of."""
    known = np.zeros((len(metrics), len(rows.ticks)), dtype=bool)
    lasts = {at: place for at, metric in enumerate(metrics) if (place := rows.place(metric, "last")) is not None}
    counts = {at: place for at, metric in enumerate(metrics) if (place := rows.place(metric, "count")) is not None}
    counts = {at: place for at, place in counts.items() if at not in lasts}
    known[list(lasts)] = ~np.isnan(rows.matrix[:, list(lasts.values())].T)
    known[list(counts)] = rows.matrix[:, list(counts.values())].T > 0
    return known


def _newest(found: Loaded, metrics: Sequence[str]) -> dict[str, datetime | None]:
    """When the newest value of each was true: its tick, less the age that its sample had then; of a step when that began."""
    times = np.full(len(metrics), np.nan)
    for rows in (rows for every in found.by_subject.values() for rows in every):
        known = _measured(rows, metrics) & rows.own
        ages = rows.column(AGE, "last") if rows.tier is Tier.RAW else None
        true_at = rows.ticks - (0.0 if ages is None else np.nan_to_num(ages))
        last = known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
        times = np.fmax(times, np.where(known.any(axis=1), true_at[last], np.nan))
    told = zip(metrics, times.tolist(), strict=True)
    return {metric: None if time != time else datetime.fromtimestamp(time, UTC) for metric, time in told}
