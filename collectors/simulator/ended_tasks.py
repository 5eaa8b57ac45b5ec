"""Tasks that ended, each with its time, its agent and why: as many as the counters of their framework say.

Documents: https://mesos.apache.org/documentation/latest/task-state-reasons/ and the messages Mesos 1.11 writes beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import floor
from typing import NamedTuple

from collectors.simulator.container_lives import uuid_of
from collectors.simulator.incidents import Kind
from collectors.simulator.plan import FRAMEWORKS, Agent, App
from collectors.simulator.rhythm import DAY_SECONDS, scatter, uneven
from collectors.simulator.state import ENDED_PER_HOUR, Moment, World

STATES = ("TASK_FINISHED", "TASK_FAILED", "TASK_KILLED")
FAILED = STATES.index("TASK_FAILED")
TOLD = 100
"""The newest of each framework and state. Mesos keeps a thousand, of which these stand for the rest."""
WIDEST_SECONDS = 6_000.0
"""Uneven time is never further from the clock than this."""
LOOKED_BACK_SECONDS, LOOKED_AT = 3 * DAY_SECONDS, 300
SHORTEST_LIFE, LONGEST_LIFE = 20.0, 5_400.0
CRASHING_LIFE = 4.0
"""At most: what crashes does so while it starts."""


class Ended(NamedTuple):
    """One task that ended."""

    app: App
    task_id: str
    container_id: str
    agent: Agent
    state: str
    began_at: float
    ended_at: float
    reason: str
    message: str


class Cause(NamedTuple):
    reason: str
    message: str


CAUSES = (
    Cause("REASON_COMMAND_EXECUTOR_FAILED", "Command exited with status 1"),
    Cause("REASON_COMMAND_EXECUTOR_FAILED", "Command terminated with signal Segmentation fault"),
    Cause(
        "REASON_CONTAINER_LIMITATION_MEMORY",
        "Memory limit exceeded: Requested: {mem}MB Maximum Used: {mem}MB\n\nMEMORY STATISTICS: \ncache 20480\nrss {rss}\n"
        "mapped_file 0\nswap 0\n",
    ),
    Cause("REASON_CONTAINER_LAUNCH_FAILED", "Failed to launch container: Failed to fetch all URIs for container"),
)
CRASH = Cause("REASON_COMMAND_EXECUTOR_FAILED", "Command exited with status 78")
KILLED = Cause("", "Command terminated with signal Terminated")
FINISHED = Cause("", "Command exited with status 0")


def ended(world: World, moment: Moment) -> list[Ended]:
    """The newest of each framework that its leader still knows; it knows none that ended before it led."""
    return list(between(world, moment.elected_at, moment.at, most=TOLD))


def between(world: World, since: float, until: float, *, most: int) -> Iterator[Ended]:
    """What ended after `since` and up to `until`: of each framework, way and cause the newest, so many at most."""
    torn_down = world.torn_down(until)
    for index, apps in enumerate(world.apps_of):
        if apps and index not in torn_down:
            for way in range(len(STATES)):
                yield from _by_itself(world, index, way, since, until, most)
            yield from _on_cue(world, index, since, until, most)


def last_failure(world: World, app: App, at: float) -> Ended | None:
    """Of an app, whoever led meanwhile; none that is older than what is looked at."""
    since, index = at - LOOKED_BACK_SECONDS, app.framework
    failed = [*_by_itself(world, index, FAILED, since, at, LOOKED_AT), *_on_cue(world, index, since, at, LOOKED_AT)]
    return max((one for one in failed if one.app == app), key=lambda one: one.ended_at, default=None)


def has_failed(world: World, since: float, until: float) -> bool:
    """Whether any task did after `since` and up to `until`."""
    return any(
        next(_by_itself(world, index, FAILED, since, until, 1), None)
        or next(_on_cue(world, index, since, until, 1), None)
        for index, apps in enumerate(world.apps_of)
        if apps and index not in world.torn_down(until)
    )


def _by_itself(world: World, index: int, way: int, since: float, until: float, most: int) -> Iterator[Ended]:
    key, rate = world.plan.key + 8 * index + way, ENDED_PER_HOUR[index][way] * world.scale / 3_600
    if not rate:
        return
    before, newest = (floor(rate * uneven(key, at)) for at in (since, until))
    for number in range(newest, max(before, newest - most), -1):
        cause = (FINISHED, CAUSES[int(scatter(key, number) * len(CAUSES))], KILLED)[way]
        app = _any(world.apps_of[index], key + number)
        yield _made(world, key, number, app, STATES[way], _when(key, rate, number), cause)


@lru_cache(maxsize=4_096)
def _when(key: int, rate: float, number: int) -> float:
    """When uneven time came to this number of events: it only ever rises."""
    goal = number / rate
    low, high = goal - WIDEST_SECONDS, goal + WIDEST_SECONDS
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (middle, high) if uneven(key, middle) < goal else (low, middle)
    return high


def _on_cue(world: World, index: int, since: float, until: float, most: int) -> Iterator[Ended]:
    """An app that fails by itself has an outage of its own, which names it."""
    named = {app.name: app for app in world.apps_of[index]}
    for outage in world.timeline.of(Kind.TASKS_FAILING, FRAMEWORKS[index].name):
        key = world.plan.key + 1_009 * index + floor(outage.begins_at)
        before, newest = outage.times(since), outage.times(min(until, outage.ends_at))
        for number in range(newest, max(before, newest - most), -1):
            app = named.get(outage.unit) or _any(world.apps_of[index], key + number)
            at = outage.begins_at + number * 3_600 / outage.per_hour
            yield _made(world, key, number, app, STATES[FAILED], at, CRASH)


def _any(apps: tuple[App, ...], key: int) -> App:
    return apps[int(scatter(key, 5) * len(apps))]


def _made(world: World, key: int, number: int, app: App, state: str, at: float, cause: Cause) -> Ended:
    drawn = scatter(key, 2 * number)
    life = CRASHING_LIFE * (1 - 0.7 * drawn) if cause is CRASH else SHORTEST_LIFE + drawn * LONGEST_LIFE
    hosts = world.hosts_of[app]
    return Ended(
        app=app,
        task_id=f"{app.name}.{uuid_of(key, 7 * number)}",
        container_id=uuid_of(key + 1, 7 * number),
        agent=hosts[int(scatter(key, 3 * number) * len(hosts))],
        state=state,
        began_at=at - life,
        ended_at=at,
        reason=cause.reason,
        message=cause.message.format(mem=app.amount.mem_mb, rss=app.amount.mem_mb * 1_048_576),
    )
