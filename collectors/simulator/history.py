"""The cluster's past, as a poller would have seen it: what fills a dashboard's charts before it ever polled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from collectors.simulator import mesos, metrics
from collectors.simulator.health import Pull
from collectors.simulator.mesos import Document
from collectors.simulator.registry import registry
from collectors.simulator.state import World


class Past(NamedTuple):
    """One moment of the past."""

    at: float
    summary: Document | None
    """The leader's `/state-summary`; None while nobody led, as is its registry."""
    registry: Document | None
    metrics: dict[str, dict[str, float]]
    """`/metrics/snapshot` by host, of the masters that were alive."""


def history(world: World, start: float, end: float, *, step_seconds: float) -> Iterator[Past]:
    """What the cluster said at `start` and every step after it, up to but not including `end` (seconds since 1970)."""
    for place in range(max(0, -int(-(end - start) // step_seconds))):
        at = start + place * step_seconds
        moment = world.at(at)
        snapshots = ((master.host, metrics.snapshot(moment, master)) for master in world.plan.masters)
        yield Past(
            at,
            mesos.state_summary(moment) if moment.leader else None,
            registry(moment) if moment.leader else None,
            {host: values for host, values in snapshots if values is not None},
        )


def health_at(world: World, at: float) -> Pull:
    """Component health as dcos-diagnostics told it at that moment: its last pull before then."""
    return Pull(world.at(world.pulled_at(at)))
