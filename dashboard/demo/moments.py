"""At which moments of its past the demo's cluster was looked at: every two minutes, and as often as masters are polled where
something failed, was declared lost, or came back, a unit too. What is measured of failures lies between these."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from math import isfinite

from collectors.simulator import Past, World, history
from collectors.simulator.incidents import Kind
from collectors.simulator.plan import FRAMEWORKS

POLL_SECONDS = 10
BEFORE_SECONDS, AFTER_SECONDS = 10, 20


def moments(world: World, begin: int, end: int, *, step_seconds: int) -> Iterator[tuple[Past, bool]]:
    """From `begin` up to but not including `end`, in order, each with whether it is one between the regular steps."""
    regular = ((past, False) for past in history(world, begin, end, step_seconds=step_seconds))
    between = sorted(at for at in {*_near(world), *_pulled(world)} if begin < at < end and (at - begin) % step_seconds)
    close = ((past, True) for at in between for past in history(world, at, at + 1, step_seconds=1))
    yield from merge(regular, close, key=lambda moment: moment[0].at)


def _near(world: World) -> Iterator[int]:
    for edge in _edges(world):
        first = int(edge - BEFORE_SECONDS) // POLL_SECONDS * POLL_SECONDS
        yield from range(first, int(edge) + AFTER_SECONDS, POLL_SECONDS)


def _edges(world: World) -> Iterator[float]:
    """When agents and masters died, when they were declared lost or replaced, when they came back; so for schedulers."""
    timing, plan = world.timeline.timing, world.plan
    waits = {
        Kind.AGENT_DEAD: timing.ping_timeout_seconds,
        Kind.MASTER_DEAD: timing.election_seconds,
        Kind.FRAMEWORK_AWAY: 0.0,
    }
    names = {
        Kind.AGENT_DEAD: [agent.host for agent in plan.agents],
        Kind.MASTER_DEAD: [master.host for master in plan.masters],
        Kind.FRAMEWORK_AWAY: [framework.name for framework in FRAMEWORKS],
    }
    for kind, wait in waits.items():
        for name in names[kind]:
            for outage in world.timeline.of(kind, name):
                yield from (outage.begins_at, outage.begins_at + wait, outage.ends_at)


def _pulled(world: World) -> Iterator[int]:
    """When diagnostics has surely told of a unit that broke, or came back."""
    pull, plan = world.timeline.timing.pull_seconds, world.plan
    for host in [*(agent.host for agent in plan.agents), *(master.host for master in plan.masters)]:
        for outage in world.timeline.of(Kind.UNIT_BROKEN, host):
            edges = (outage.begins_at, outage.ends_at)
            yield from (
                int(edge + pull) // POLL_SECONDS * POLL_SECONDS + POLL_SECONDS for edge in edges if isfinite(edge)
            )
