"""Which containers an agent runs at a moment, and since when: each task of the plan is one, a pod is one with several inside.

A container lives as long as its task: a job's for its run, one that comes with the load until the load has gone, a
steady one until it is deployed anew after some days. With a machine that boots all of its containers begin again.
"""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import floor

from collectors.simulator.incidents import Kind, Timeline
from collectors.simulator.plan import Agent, Amount, Slot
from collectors.simulator.rhythm import DAY_SECONDS, load, scatter
from collectors.simulator.state import STAGING_SECONDS, World

GRID_SECONDS = 300.0
STEPS_BACK = 2_016
"""A week of the grid on which the load is looked at to find out since when a task has been needed."""
DEPLOYED_DAYS = (3.0, 12.0)
EXECUTOR = Amount(100, 32, 0)
"""What Mesos adds to a task or a pod for its executor."""
MOST_SLOTS = 1_000
KEYS_A_SLOT = 64
"""Room for every line of chance in a slot's life, so that no two slots share one."""


@dataclass(frozen=True, slots=True)
class Container:
    """A container at a moment. The figures of a pod are those of its root; Mesos measures nothing of what is inside it."""

    container_id: str
    parent_id: str
    key: int
    slot: Slot
    task_id: str
    """What the framework calls the task; empty for a pod's root, which is none."""
    executor_id: str
    executor_name: str
    amount: Amount
    """What it was given, the executor's part included."""
    started_at: float
    is_measured: bool
    """False while it starts: then Mesos knows neither its status nor its statistics."""


def containers_of(world: World, agent: Agent, at: float) -> list[Container]:
    """All of an agent's containers, roots before what is inside them; the same answer for the same moment."""
    return _containers_of(world, world.timeline, agent.index, at)


@lru_cache(maxsize=64)
def _containers_of(world: World, timeline: Timeline, index: int, at: float) -> list[Container]:
    """Agents, Marathon and masters are asked about one moment of a past; a cue makes a timeline of its own."""
    agent = world.plan.agents[index]
    level = load(world.plan.key, at)
    booted_at = max((o.ends_at for o in timeline.of(Kind.MACHINE_OFF, agent.host) if o.ends_at <= at), default=0.0)
    found: list[Container] = []
    ended = world.torn_down(at)
    for place, slot in enumerate(agent.slots):
        if slot.framework in ended:
            continue
        key = world.plan.key + KEYS_A_SLOT * (MOST_SLOTS * (agent.index + 1) + place)
        started_at = _started_at(slot, key, world.plan.key, at, level)
        if started_at is not None:
            found.extend(_made(slot, key, max(started_at, booted_at), at))
    return found


def _started_at(slot: Slot, key: int, plan_key: int, at: float, level: float) -> float | None:
    """Since when the slot's task has been running; None where it does not."""
    if slot.period_seconds:
        age = (at + slot.phase_seconds) % slot.period_seconds
        return at - age if age < slot.busy_seconds else None
    if slot.threshold >= level:
        return None
    needed = _needed_since(plan_key, slot.threshold, at) if slot.threshold else None
    return _deployed_at(key, at) if needed is None else needed


def _deployed_at(key: int, at: float) -> float:
    shortest, longest = DEPLOYED_DAYS
    period = DAY_SECONDS * (shortest + (longest - shortest) * scatter(key, 1))
    phase = period * scatter(key, 2)
    return floor((at - phase) / period) * period + phase


def _needed_since(key: int, threshold: float, at: float) -> float | None:
    """The last moment of the grid at which the load was too low; None where it was not for a week."""
    lows, steps = _lows(key, floor(at / GRID_SECONDS))
    place = bisect_left(lows, -threshold)
    return steps[place] * GRID_SECONDS if place < len(steps) else None


@lru_cache(maxsize=64)
def _lows(key: int, step: int) -> tuple[list[float], list[int]]:
    """Going back from a step: every load lower than all since then, negated so that they ascend, and its step."""
    lows: list[float] = []
    steps: list[int] = []
    for back in range(STEPS_BACK):
        level = _load_at(key, step - back)
        if not lows or -level > lows[-1]:
            lows.append(-level)
            steps.append(step - back)
    return lows, steps


@lru_cache(maxsize=8 * STEPS_BACK)
def _load_at(key: int, step: int) -> float:
    return load(key, step * GRID_SECONDS)


def _made(slot: Slot, key: int, started_at: float, at: float) -> Iterator[Container]:
    life = round(started_at)
    root_id, is_measured = uuid_of(key, life), at - started_at >= STAGING_SECONDS
    amount = Amount(*(given + more for given, more in zip(slot.amount[:3], EXECUTOR, strict=False)))
    if slot.app.tasks == 1:
        task_id = f"{slot.app.name}.{uuid_of(key + 1, life)}"
        named = f"Command Executor (Task: {task_id}) (Command: sh -c './{slot.app.name} --s...')"
        yield Container(root_id, "", key, slot, task_id, task_id, named, amount, started_at, is_measured)
        return
    executor_id = f"{slot.app.name}__{uuid_of(key + 1, life)}"
    yield Container(root_id, "", key, slot, "", executor_id, slot.app.name, amount, started_at, is_measured)
    part = Amount(*(given // slot.app.tasks for given in slot.amount[:3]))
    for number in range(slot.app.tasks):
        task_id = f"{slot.app.name}-{number}__{uuid_of(key + 2 + number, life)}"
        own_id = uuid_of(key + 2 + number, life + 1)
        yield Container(own_id, root_id, key, slot, task_id, "", "", part, started_at, is_measured)


@lru_cache(maxsize=65_536)
def uuid_of(key: int, life: int) -> str:
    drawn = 0
    for part in range(3):
        drawn = drawn << 43 | int(scatter(key, 3 * life + part) * 2**43)
    return str(uuid.UUID(int=drawn >> 1, version=4))
