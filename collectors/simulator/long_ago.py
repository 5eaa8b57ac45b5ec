"""What was allocated in the months before the demo's stories: the same rhythm of days and weeks, with fewer apps the longer ago.

A quarter of a year in steps of minutes is ten thousand moments: all of them are worked out at once, without the troubles of
single agents, which nobody looks up any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collectors.simulator.plan import MARATHON, SPARK, Agent, App, Slot
from collectors.simulator.rhythm import DAY_SECONDS, loads, scatter
from collectors.simulator.state import World

GROWING = (MARATHON, SPARK)
"""Frameworks whose apps came one after the other; the others were there from the beginning."""
NEW_A_DAY = 0.004
"""Share of their steady places that was added each day: a third of them within a quarter."""
COLUMNS = 5


class Place(NamedTuple):
    """Where and by whom something is held."""

    zone: str
    public: bool
    framework: int


Held = NDArray[np.float64]
"""A row for each moment: thousandths of a CPU, MB of memory and of disk, GPUs, tasks."""


def held(world: World, moments: Sequence[float], *, until: float) -> dict[Place, Held]:
    """What each framework held in each zone at each moment, all of them before `until`, when the last app had come."""
    found: dict[Place, Held] = {}
    for agent in world.plan.agents:
        for framework, rows in held_on(world, agent, np.array(moments, dtype=np.float64), until=until).items():
            place = Place(agent.zone, agent.public, framework)
            found[place] = found[place] + rows if place in found else rows
    return found


def held_on(world: World, agent: Agent, at: Held, *, until: float) -> dict[int, Held]:
    """The same on one agent, by framework."""
    levels, days_left = loads(world.plan.key, at), (until - at) / DAY_SECONDS
    found: dict[int, Held] = {}
    for number, slot in enumerate(agent.slots):
        taken = _taken(agent, number, slot, at, levels, days_left)
        amounts = np.array([*slot.amount, slot.app.tasks], dtype=np.float64)
        rows = found.setdefault(slot.framework, np.zeros((len(at), COLUMNS)))
        rows += taken[:, None] * amounts
    return found


def instances(world: World, moments: Sequence[float], *, until: float) -> dict[App, NDArray[np.float64]]:
    """How many tasks, or pods, of each of Marathon's apps ran at each moment, as they held what `held` says."""
    at = np.array(moments, dtype=np.float64)
    levels, days_left = loads(world.plan.key, at), (until - at) / DAY_SECONDS
    found = {app: np.zeros(len(at)) for app in world.apps_of[MARATHON]}
    for agent in world.plan.agents:
        for number, slot in enumerate(agent.slots):
            if slot.framework == MARATHON:
                found[slot.app] += _taken(agent, number, slot, at, levels, days_left)
    return found


def _taken(agent: Agent, number: int, slot: Slot, at: Held, levels: Held, days_left: Held) -> NDArray[np.bool_]:
    """Whether the place was taken at each moment."""
    if slot.period_seconds:
        busy: NDArray[np.bool_] = (at + slot.phase_seconds) % slot.period_seconds < slot.busy_seconds
        return busy
    if slot.threshold:
        return slot.threshold < levels
    since = scatter(1_000 * agent.index + number, 31) if slot.framework in GROWING else 1.0
    return since >= NEW_A_DAY * days_left
