"""Marathon's metrics as they were said before 1.7: by Dropwizard up to 1.4, by Kamon in 1.5 and 1.6.

Document: https://mesosphere.github.io/marathon/docs/metrics.html
"""

from __future__ import annotations

from typing import NamedTuple

from collectors.simulator.mesos import Document
from collectors.simulator.times import iso

WINDOW_SECONDS, SAMPLES = 30.0, 300
"""Kamon tells what happened within a window, of gauges how their samples lay."""
OWN, JETTY = "service.mesosphere.marathon", "org.eclipse.jetty"
LAUNCHER = f"{OWN}.core.launcher.impl.TaskLauncherImpl"
GAUGES = {
    "apps.active.gauge": (f"{OWN}.app.count", 1),
    "groups.active.gauge": (f"{OWN}.group.count", 1),
    "instances.running.gauge": (f"{OWN}.task.running.count", 1),
    "instances.staged.gauge": (f"{OWN}.task.staged.count", 1),
    "uptime.gauge.seconds": (f"{OWN}.uptime", 1_000),
    "leadership.duration.gauge.seconds": (f"{OWN}.leaderDuration", 1_000),
    "jvm.memory.heap.used.gauge.bytes": ("jvm.memory.heap.used", 1),
    "jvm.memory.heap.max.gauge.bytes": ("jvm.memory.heap.max", 1),
    "jvm.threads.active.gauge": ("jvm.threads.count", 1),
    "jvm.gc.g1-young-generation.collections.duration.gauge.seconds": ("jvm.gc.G1-Young-Generation.time", 1_000),
}
"""New name → old one, and how many of its units are one of ours: it counted milliseconds."""
METERS = {
    "tasks.launched.counter": f"{LAUNCHER}.launchedTasks",
    "mesos.offers.used.counter": f"{LAUNCHER}.usedOffers",
    "mesos.offers.declined.counter": f"{LAUNCHER}.declinedOffers",
    "mesos.offers.incoming.counter": f"{OWN}.core.launcher.impl.OfferProcessorImpl.incomingOffers",
}
DEPLOYING = f"{OWN}.core.deployment.impl.DeploymentManagerActor.currentDeploymentCount"


class Rate(NamedTuple):
    """What is counted since Marathon leads, and how often it happens in a second of late."""

    total: int
    per_second: float


class Said(NamedTuple):
    """What it measures, under the names of 1.7 without their prefix."""

    gauges: dict[str, float]
    counts: dict[str, int]
    responses: dict[str, Rate]
    """By class: `2xx`."""
    p95: float
    """Seconds of an HTTP request."""


def dropwizard(said: Said, at: float) -> Document:
    meters = {old: Rate(said.counts[new], said.counts[new] / _lives(said)) for new, old in METERS.items()}
    meters |= {f"{JETTY}.servlet.ServletContextHandler.{kind}-responses": r for kind, r in said.responses.items()}
    return {
        "version": "3.0.0",
        "gauges": {old: {"value": said.gauges[new] * factor} for new, (old, factor) in GAUGES.items()},
        "counters": {},
        "histograms": {},
        "meters": {name: meter(rate) for name, rate in meters.items()},
        "timers": {f"{JETTY}.servlet.ServletContextHandler.dispatches": timer(said)},
    }


def _lives(said: Said) -> float:
    return max(1.0, said.gauges["uptime.gauge.seconds"])


def kamon(said: Said, at: float) -> Document:
    """Its gauges have no value and its counters no total."""
    end = at // WINDOW_SECONDS * WINDOW_SECONDS
    responses = {
        f"{JETTY}.ServletContextHandler.{kind}-responses": round(rate.per_second * WINDOW_SECONDS)
        for kind, rate in said.responses.items()
    }
    return {
        "start": iso(end - WINDOW_SECONDS),
        "end": iso(end),
        "counters": {name: _unit() | {"count": count} for name, count in responses.items()},
        "gauges": {old: _spread(said.gauges[new] * factor) for new, (old, factor) in GAUGES.items()},
        "histograms": {},
        "min-max-counters": {DEPLOYING: _spread(said.gauges["deployments.active.gauge"])},
    }


def _unit() -> Document:
    return {"tags": {}, "unit": {"name": "unknown", "label": "unknown"}}


def _spread(value: float) -> Document:
    names = ("min", "max", "mean", "p50", "p75", "p98", "p99", "p999")
    return _unit() | {"count": SAMPLES} | dict.fromkeys(names, round(value))


def meter(rate: Rate) -> Document:
    rates = dict.fromkeys(("m1_rate", "m5_rate", "m15_rate", "mean_rate"), rate.per_second)
    return {"count": rate.total, **rates, "units": "events/second"}


def timer(said: Said) -> Document:
    """Of every request: as many as there were answers."""
    p95, rate = said.p95, sum(each.per_second for each in said.responses.values())
    return {
        "count": sum(each.total for each in said.responses.values()),
        **{"min": 0.001, "mean": p95 / 4, "p50": p95 / 5, "p75": p95 / 3, "p95": p95, "p98": p95 * 1.3},
        **{"p99": p95 * 1.6, "p999": p95 * 2.5, "max": p95 * 3, "stddev": p95 / 3},
        **dict.fromkeys(("m1_rate", "m5_rate", "m15_rate", "mean_rate"), rate),
        **{"duration_units": "seconds", "rate_units": "calls/second"},
    }
