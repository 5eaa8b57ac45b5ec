"""What applications told of themselves over hours, as dcos-metrics hands it on: the figures that app_points.py tells of one
moment, of many moments at once. A test holds both ways together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collectors.simulator import app_points
from collectors.simulator.app_points import COUNTER, MODULE, WARM_SECONDS, Line
from collectors.simulator.container_lives import Container
from collectors.simulator.container_points import MEASURED_EVERY_SECONDS, SILENT
from collectors.simulator.plan import Agent
from collectors.simulator.rhythm import noises, scatter
from collectors.simulator.state import World

Values = NDArray[np.float64]
Tags = tuple[tuple[str, str], ...]


def measured_at(world: World, agent: Agent, container: Container, asked_at: Values) -> Values:
    """Of when the answer is to who asked at each moment; NaN where the agent was silent, or there was no such container yet."""
    phase = scatter(world.plan.key + agent.index, 5) * MEASURED_EVERY_SECONDS
    found = np.floor((asked_at - phase) / MEASURED_EVERY_SECONDS) * MEASURED_EVERY_SECONDS + phase
    silent = [any(world.timeline.broken(kind, agent.host, at) for kind in SILENT) for at in found.tolist()]
    return np.where(silent | (found < container.started_at), np.nan, found)


def sets_of(container: Container, at: Values) -> dict[Tags, dict[str, Values]]:
    """By tags and name: what the application of a container told at each moment at which it was measured. NaN for no number."""
    lines = list(app_points.lines_of(container))
    if not lines:
        return {}
    plain = {"received": 40.0 * len(lines), "throttled": 0.0}
    own = {f"{MODULE}_{what}_bytes_per_sec": np.full(len(at), value) for what, value in plain.items()}
    found: dict[Tags, dict[str, Values]] = {(): own}
    for line in lines:
        found.setdefault(line.tags, {})[line.name] = _values(container, line, at)
    return found


def _values(container: Container, line: Line, at: Values) -> Values:
    """Of a counter the last line it sent, whatever it counted."""
    if line.type == COUNTER:
        return np.ones(len(at))
    values = np.round(line.size * (1 + 0.2 * noises(container.key + len(line.name), at, 900.0)), 4)
    is_cold = line.name.endswith("ratio") & (at - container.started_at < WARM_SECONDS)
    return np.where(is_cold, np.nan, values)
