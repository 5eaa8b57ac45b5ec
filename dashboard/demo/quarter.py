"""The demo's quarter: totals of the months before its day, which are what a trend is read from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from collectors.simulator import World
from collectors.simulator.long_ago import Place, held
from collectors.simulator.plan import FRAMEWORKS, PUBLIC_ROLE, Agent
from collectors.simulator.rhythm import DAY_SECONDS, noises
from collectors.simulator.roles import quota
from dashboard.demo.settling import Figures
from dashboard.models import Cluster, Subject
from dashboard.store import readings, roles, summary, totals, use_totals
from dashboard.store.readings import SubjectKey

DAYS = 90
STEPS = ((DAYS, 3600), (30, 900), (8, 300))
"""From how many days before on there is a reading in so many seconds: what charts of that range need, and Capacity compares."""
UNITS = np.array([1e-3, 1024.0**2, 1024.0**2, 1.0])
"""What one of the simulator's units is in ours, in the order of totals.RESOURCES: it counts thousandths of a CPU, and MB."""
USE_SWINGS, SWING_SECONDS = 0.04, 5_400
DISKS_THEN = 0.7
"""How full disks were at the beginning, of what they are at the end."""

Matrix = NDArray[np.float64]
Chosen = Callable[[Place], bool]


def figures(cluster: Cluster, world: World, begins_at: int, use: Mapping[str, Sequence[float]]) -> Iterator[Figures]:
    """The quarter before `begins_at`, which leads up to the totals of `use` at that moment.

    `use` has the values of each total in use_totals.LAYOUT order.
    """
    quarter = _Quarter(world, begins_at)
    yield from _figures(cluster, quarter, summary.READING_LAYOUT, dict(_allocation(quarter)))
    yield from _figures(cluster, quarter, roles.LAYOUT, dict(_roles(quarter)))
    used = {(Subject.Kind.USE.value, key): _use(quarter, key, values) for key, values in use.items()}
    yield from _figures(cluster, quarter, use_totals.LAYOUT, used)


def _figures(
    cluster: Cluster, quarter: _Quarter, layout: tuple[str, ...], found: Mapping[SubjectKey, Matrix]
) -> Iterator[Figures]:
    names = {key: key[1].rpartition(":")[2] or cluster.name for key in found}
    ids = readings.subjects(cluster, names, seen_at=timezone.now())
    for key, matrix in found.items():
        yield Figures(key[0], layout, np.full(len(matrix), ids[key]), np.array(quarter.ticks), matrix)


class _Quarter:
    """What was held at each tick, by zone, kind of agent and framework; a last row for the moment it leads up to."""

    def __init__(self, world: World, begins_at: int) -> None:
        self.world, self.begins_at = world, begins_at
        self.ticks = list(_ticks(begins_at))
        self.moments = np.array([*self.ticks, begins_at], dtype=np.float64)
        self._held = held(world, self.moments.tolist(), until=begins_at)

    def allocated(self, chosen: Chosen) -> Matrix:
        """A row for each moment: the four resources in our units, then tasks."""
        found = sum(
            (rows for place, rows in self._held.items() if chosen(place)), start=np.zeros((len(self.moments), 5))
        )
        return np.hstack([found[:, :4] * UNITS, found[:, 4:]])

    def agents(self, zone: str = "", *, public: bool | None = None) -> list[Agent]:
        return [
            agent for agent in self.world.plan.agents if zone in ("", agent.zone) and public in (None, agent.public)
        ]


def _all(place: Place) -> bool:
    return True


def _in_zone(zone: str) -> Chosen:
    return lambda place: place.zone == zone


def _in_pool(name: str) -> Chosen:
    return lambda place: place.public == (name == "public")


def _of_frameworks(*indices: int) -> Chosen:
    return lambda place: place.framework in indices


def _ticks(begins_at: int) -> Iterator[int]:
    """When there is a reading, oldest first."""
    limits = [begins_at - round(days * DAY_SECONDS) for days, _ in STEPS]
    for (_, step), since, until in zip(STEPS, limits, [*limits[1:], begins_at], strict=True):
        yield from range(-(-since // step) * step, until, step)


def _allocation(quarter: _Quarter) -> Iterator[tuple[SubjectKey, Matrix]]:
    """Of the cluster, its zones and its frameworks, in READING_LAYOUT order."""
    kind, plan = Subject.Kind, quarter.world.plan
    yield (kind.CLUSTER.value, ""), _total(quarter, _all, quarter.agents(), len(FRAMEWORKS))
    for zone in sorted({agent.zone for agent in plan.agents}):
        members = quarter.agents(zone)
        yield (kind.ZONE.value, zone), _total(quarter, _in_zone(zone), members, np.nan)
    for index in range(len(FRAMEWORKS)):
        key = (kind.FRAMEWORK.value, f"{plan.run_id}-{index:04d}")
        yield key, _total(quarter, _of_frameworks(index), [], np.nan)


def _total(quarter: _Quarter, chosen: Chosen, agents: Sequence[Agent], frameworks: float) -> Matrix:
    allocated = quarter.allocated(chosen)
    columns: dict[str, float | Matrix] = {"tasks_running": allocated[:, 4], "sample.age_seconds": 0.0}
    wholes = np.sum([agent.total for agent in agents], axis=0) * UNITS if agents else np.full(4, np.nan)
    for place, resource in enumerate(totals.RESOURCES):
        columns[totals.column(resource, "total")] = float(wholes[place])
        columns[totals.column(resource, "allocated")] = allocated[:, place]
        columns[totals.column(resource, "offered")] = 0.0
    if agents:
        columns |= {"agents_active": len(agents), "agents_inactive": 0.0, "frameworks_active": frameworks}
    return _matrix(quarter, summary.READING_LAYOUT, columns)


def _roles(quarter: _Quarter) -> Iterator[tuple[SubjectKey, Matrix]]:
    """In the order of roles.LAYOUT."""
    for name in dict.fromkeys(framework.role for framework in FRAMEWORKS):
        members = [index for index, framework in enumerate(FRAMEWORKS) if framework.role == name]
        allocated = quarter.allocated(_of_frameworks(*members))
        public = quarter.agents(public=True) if name == PUBLIC_ROLE else []
        reserved = np.sum([agent.total for agent in public], axis=0) * UNITS if public else np.zeros(4)
        columns: dict[str, float | Matrix] = {"frameworks": len(members), "sample.age_seconds": 0.0}
        bounds = [np.array(bound) * UNITS for bound in quota(name, quarter.world.plan)]
        for place, resource in enumerate(totals.RESOURCES):
            columns[totals.column(resource, "allocated")] = allocated[:, place]
            columns[totals.column(resource, "offered")] = 0.0
            columns[totals.column(resource, "reserved")] = float(reserved[place])
            for basis, bound in zip(("guarantee", "limit"), bounds, strict=True):
                columns[totals.column(resource, basis)] = float(bound[place]) or np.nan
        yield (Subject.Kind.ROLE.value, name), _matrix(quarter, roles.LAYOUT, columns)


def _use(quarter: _Quarter, key: str, values: Sequence[float]) -> Matrix:
    """CPU and memory in use follow what is allocated, disks fill slowly; all of them end at these values."""
    kind, _, name = key.partition(":")
    within = {"zone": _in_zone(name), "pool": _in_pool(name)}
    allocated = quarter.allocated(within.get(kind, _all))[:, :2]
    swings = noises(quarter.world.plan.key + 3, quarter.moments, SWING_SECONDS)
    follow = allocated / allocated[-1] * (1 + USE_SWINGS * (swings - swings[-1]))[:, None]
    passed = 1 - (quarter.begins_at - quarter.moments) / (DAYS * DAY_SECONDS)
    shapes = [follow[:, 0], follow[:, 1], DISKS_THEN + (1 - DISKS_THEN) * passed]
    columns: dict[str, float | Matrix] = dict(zip(use_totals.LAYOUT, values, strict=True))
    for used, shape in zip(use_totals.PAIRS, shapes, strict=True):
        columns[used] = columns[used] * shape
    return _matrix(quarter, use_totals.LAYOUT, columns)


def _matrix(quarter: _Quarter, layout: Sequence[str], columns: Mapping[str, float | Matrix]) -> Matrix:
    """The columns in the order of the layout, each a value for all ticks or one for each moment; NaN where there is none."""
    found = np.full((len(quarter.moments), len(layout)), np.nan)
    for name, values in columns.items():
        found[:, layout.index(name)] = values
    return found[:-1]
