"""Marathon's own metrics, in the form of its generation: what it measures, then how it says it.

Document: https://mesosphere.github.io/marathon/docs/metrics.html
"""

from __future__ import annotations

from collectors.simulator import marathon_metrics_old as old
from collectors.simulator import marathon_stories as stories
from collectors.simulator.marathon_apps import AppNow, apps_of
from collectors.simulator.mesos import Document
from collectors.simulator.rhythm import load, noise, risen
from collectors.simulator.state import World

HEAP_MAX = 2 * 1024**3
PER_HOUR = {
    "mesos.offers.incoming.counter": 1_400.0,
    "mesos.offers.declined.counter": 1_358.0,
    "mesos.offers.used.counter": 24.0,
    "tasks.launched.counter": 24.0,
    "deployments.counter": 0.5,
}
"""Used offers are what launches tasks, so both count the same."""
RESPONSES_PER_HOUR = {"2xx": 9_000.0, "4xx": 40.0, "5xx": 2.0}
LINES = {name: line for line, name in enumerate(PER_HOUR, start=21)} | {"tasks.launched.counter": 23}
"""Of chance."""


def metrics(world: World, at: float, *, led_since: float, generation: str) -> Document:
    """`/metrics`: Dropwizard's form with old names in 1.4, Kamon's in 1.5, Dropwizard's with the names of 1.7 since."""
    key = world.plan.key
    said = old.Said(
        gauges=_gauges(world, at, lives=at - led_since),
        counts={n: risen(key + LINES[n], led_since, at, per_hour=rate) for n, rate in PER_HOUR.items()},
        responses={kind: _responses(key, kind, led_since, at) for kind in RESPONSES_PER_HOUR},
        p95=0.035 + 0.12 * load(key, at) + 0.02 * noise(key + 32, at, 600),
    )
    return {"1.4": old.dropwizard, "1.5": old.kamon}.get(generation, _latest)(said, at)


def _responses(key: int, kind: str, since: float, at: float) -> old.Rate:
    rate, line = RESPONSES_PER_HOUR[kind], list(RESPONSES_PER_HOUR).index(kind)
    return old.Rate(risen(key + 40 + line, since, at, per_hour=rate), rate / 3_600)


def _gauges(world: World, at: float, *, lives: float) -> dict[str, float]:
    return _of_apps(world, at, apps_of(world, at)) | _of_process(world, at, lives)


def _of_apps(world: World, at: float, apps: list[AppNow]) -> dict[str, float]:
    return {
        "apps.active.gauge": len(apps),
        "groups.active.gauge": 1,
        "pods.active.gauge": 0,
        "instances.running.gauge": sum(app.running for app in apps),
        "instances.staged.gauge": sum(app.staged for app in apps),
        "instances.launch-overdue.gauge": 0,
        "deployments.active.gauge": len(stories.under_way(world, at)),
    }


def _of_process(world: World, at: float, lives: float) -> dict[str, float]:
    key = world.plan.key
    return {
        "uptime.gauge.seconds": lives,
        "leadership.duration.gauge.seconds": lives,
        "jvm.memory.heap.used.gauge.bytes": HEAP_MAX * (0.42 + 0.2 * (at / 340 % 1) + 0.05 * noise(key + 31, at, 900)),
        "jvm.memory.heap.max.gauge.bytes": HEAP_MAX,
        "jvm.threads.active.gauge": 180 + int(40 * load(key, at)),
        "jvm.gc.g1-young-generation.collections.duration.gauge.seconds": lives * 0.006,
        "http.event-streams.active.gauge": 2,
    }


def _latest(said: old.Said, at: float) -> Document:
    return {
        "version": "4.0.0",
        "gauges": {f"marathon.{name}": {"value": float(value)} for name, value in said.gauges.items()},
        "counters": {f"marathon.{name}": {"count": count} for name, count in said.counts.items()},
        "histograms": {},
        "meters": {f"marathon.http.responses.{k}.rate.meter": old.meter(rate) for k, rate in said.responses.items()},
        "timers": {"marathon.http.requests.duration.timer.seconds": old.timer(said)},
    }
