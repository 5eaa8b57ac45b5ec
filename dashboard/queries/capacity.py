"""Allocation and use over time: total, allocated, used and the limit, per resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from dashboard.models import Cluster, Event, Subject
from dashboard.queries import freshness, use, window
from dashboard.queries.extremes import Extremes, extremes
from dashboard.queries.freshness import SourceAge
from dashboard.queries.happenings import Happening, recent
from dashboard.queries.readings import Loaded, Series, known_since, loaded, series
from dashboard.queries.use import USED, Sources, Use
from dashboard.queries.window import LONG_RANGES, Window

LIMIT_RATIO = 0.9
"""Above it the deck's rules warn: an allocated share that leaves too little to restart a lost agent's tasks."""

RESOURCES = (
    ("cpu", "CPU", "cores", "cpus_total", "cpus_allocated"),
    ("mem", "Memory", "bytes", "mem_total_bytes", "mem_allocated_bytes"),
    ("disk", "Disk", "bytes", "disk_total_bytes", "disk_allocated_bytes"),
    ("gpu", "GPU", "GPUs", "gpus_total", "gpus_allocated"),
)
"""Key, name, unit, and the columns of total and allocated (of a cluster row, and of its readings' layout)."""
OFFERED = {"cpu": "cpus_offered", "mem": "mem_offered_bytes", "disk": "disk_offered_bytes", "gpu": "gpus_offered"}

MARKERS_SHOWN = 20
MARKED = (Event.Kind.AGENT_STATE, Event.Kind.LEADER, Event.Kind.FRAMEWORK_STATE, Event.Kind.VERSION)
"""Changes that can explain a step in allocation."""
MARKED_WITHIN = timedelta(days=7)
"""In a longer range they are too many to explain anything."""
WEEK = timedelta(days=7)
COMPARED_WITHIN = timedelta(days=7)
"""Up to so long a range can be laid over the same one a week before."""


@dataclass(frozen=True)
class Peak:
    """The highest allocated share, the total it is a share of, and the step of the window it was in."""

    ratio: float
    total: float
    step: int


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of the active agents: now, and over the window (NaN where nothing was measured)."""

    key: str
    name: str
    unit: str
    """cores, bytes or GPUs."""
    total: float | None
    allocated: float | None
    totals: NDArray[np.float64]
    allocateds: NDArray[np.float64]
    useds: NDArray[np.float64]
    """What the measured agents used; all NaN for what no machine measures (GPUs)."""
    offereds: NDArray[np.float64]
    """In offers that no framework has answered yet: neither allocated nor to be had."""
    highests: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    """The most that was allocated within each step, and the most there was of it; None where that is not known."""
    extremes: Extremes | None = None
    """The least and the most that was allocated within each step; None where steps are of readings."""
    befores: NDArray[np.float64] | None = None
    """What was allocated a week before; None where nobody asked."""

    @property
    def offered(self) -> bool:
        """Whether the cluster has any of it, or had in the window: agents that are lost take theirs with them."""
        return self.total != 0 or bool((np.nan_to_num(self.totals) > 0).any())

    @property
    def ratio(self) -> float | None:
        """Allocated share 0…1; None without a total (a cluster without GPUs has no share of them)."""
        return self.allocated / self.total if self.total and self.allocated is not None else None

    @property
    def shares(self) -> NDArray[np.float64]:
        """The allocated share over the window, 0…1; NaN where nothing was measured or there was nothing to allocate."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.allocateds / self.totals

    @property
    def means(self) -> tuple[float, float] | None:
        """What was allocated a week before and now, each the mean of the steps measured in both; None without any."""
        if self.befores is None:
            return None
        both = np.isfinite(self.befores) & np.isfinite(self.allocateds)
        return (float(self.befores[both].mean()), float(self.allocateds[both].mean())) if both.any() else None

    @property
    def peak(self) -> Peak | None:
        """When the allocated share was highest in the window, within a step too; None where nothing was measured."""
        allocateds, totals = self.highests or (self.allocateds, self.totals)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = allocateds / totals
        if not np.isfinite(shares).any():
            return None
        step = int(np.where(np.isfinite(shares), shares, -1.0).argmax())
        return Peak(float(shares[step]), float(totals[step]), step)


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """The cluster's resources, those it has none of left out, with the changes to mark on the charts."""

    window: Window
    resources: tuple[Resource, ...]
    use: Use
    """What is used now of each, of how many agents, and how old that is."""
    source: SourceAge
    agents_active: int | None
    happenings: tuple[Happening, ...]
    compared: bool = False
    """Whether the week before is laid over it."""

    @property
    def begins_at(self) -> datetime | None:
        """Since when there are figures, where that is later than the window's beginning: Day Two did not watch before."""
        return known_since(self.window, (resource.totals for resource in self.resources))


class Kind(NamedTuple):
    """A resource by its key, name and unit."""

    key: str
    name: str
    unit: str


def present(cluster: Cluster) -> list[Kind]:
    """The resources that the active agents have any of, or of which that is not known yet."""
    return [Kind(key, name, unit) for key, name, unit, total, _ in RESOURCES if getattr(cluster, total) != 0]


def now(cluster: Cluster, resource: str) -> tuple[float | None, float | None]:
    """Total and allocated, as they stand in the cluster's own row. No query."""
    return next(
        (getattr(cluster, total), getattr(cluster, held)) for key, *_, total, held in RESOURCES if key == resource
    )


def may_compare(range_name: str) -> bool:
    return LONG_RANGES[range_name] <= COMPARED_WITHIN


def history(
    cluster: Cluster,
    range_name: str | None,
    now: datetime,
    *,
    compare: bool = False,
    sources: Sources | None = None,
    step_seconds: int | None = None,
) -> Capacity:
    """Allocation and use over the named range. At most eight queries, four more where the week before is laid over it, one
    more where the `sources` are not given.

    `step_seconds` makes the steps wider than the range needs.
    """
    asked = window.of(range_name, now, ranges=LONG_RANGES)
    asked = replace(asked, step_seconds=step_seconds or asked.step_seconds)
    subjects = _subjects(cluster)
    names = [name for key, _, _, *names in RESOURCES for name in (*names, OFFERED[key])]
    useds = [used for used, _ in USED.values()]
    every = loaded([pk for some in subjects.values() for pk in some], asked, names=[*names, *useds])
    found, used = (every.only(subjects[kind]) for kind in (Subject.Kind.CLUSTER, Subject.Kind.USE))
    compared = compare and may_compare(asked.name)
    before = _week_before(subjects[Subject.Kind.CLUSTER], found.window) if compared else None
    marked = recent(cluster, now, within=min(LONG_RANGES[asked.name], MARKED_WITHIN), limit=MARKERS_SHOWN, kinds=MARKED)
    sources = freshness.of(cluster, now) if sources is None else sources
    return Capacity(
        window=found.window,
        resources=tuple(
            one for one in _resources(cluster, found, used.whole(useds).on(found.window), before) if one.offered
        ),
        use=use.of_cluster(cluster, now, sources),
        source=sources["summary"],
        agents_active=cluster.agents_active,
        happenings=tuple(marked) if LONG_RANGES[asked.name] <= MARKED_WITHIN else (),
        compared=compared,
    )


def _week_before(subjects: Sequence[int], asked: Window) -> Series:
    """What was allocated a week before each step of the window."""
    found = series(subjects, [allocated for *_, allocated in RESOURCES], window.before(asked, WEEK))
    moved = replace(found.window, starts_at=found.window.starts_at + WEEK, ends_at=found.window.ends_at + WEEK)
    return replace(found, window=moved).on(asked)


def _subjects(cluster: Cluster) -> dict[str, list[int]]:
    """Ids of what holds the cluster's allocation and its use."""
    found: dict[str, list[int]] = {Subject.Kind.CLUSTER: [], Subject.Kind.USE: []}
    whole = Q(kind=Subject.Kind.CLUSTER) | Q(kind=Subject.Kind.USE, key=use.OF_CLUSTER)
    for kind, subject in Subject.objects.filter(whole, cluster=cluster).values_list("kind", "pk"):
        found[kind].append(subject)
    return found


def _resources(cluster: Cluster, every: Loaded, used: Series, before: Series | None) -> list[Resource]:
    names = [name for key, _, _, *names in RESOURCES for name in (*names, OFFERED[key])]
    found, highest = every.whole(names), every.whole(names, keep="max")
    nothing = np.full(every.window.steps, np.nan)
    return [
        Resource(
            key=key,
            name=name,
            unit=unit,
            total=getattr(cluster, total),
            allocated=getattr(cluster, allocated),
            totals=found[total],
            allocateds=found[allocated],
            highests=(highest[allocated], highest[total]),
            extremes=extremes(every, [*every.by_subject], allocated),
            useds=used[USED[key][0]] if key in USED else nothing,
            offereds=found[OFFERED[key]],
            befores=None if before is None else before[allocated],
        )
        for key, name, unit, total, allocated in RESOURCES
    ]
