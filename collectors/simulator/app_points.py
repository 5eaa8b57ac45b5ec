"""What the simulated applications tell of themselves, as dcos-metrics or Telegraf hands it on; most containers tell nothing.

Document: https://github.com/dcos/dcos-metrics (statsd). dcos-metrics repeats the last line of each name whatever its type and
adds two rates of its own; Telegraf adds counters up since the container began and expands timers to mean, upper and so on.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from math import pi, sin
from typing import NamedTuple

from collectors.simulator.container_lives import Container
from collectors.simulator.mesos import Document
from collectors.simulator.plan import Agent
from collectors.simulator.rhythm import BUSIEST_HOUR_UTC, DAY_SECONDS, noise
from collectors.simulator.state import World

COUNTER, GAUGE, TIMER = "c", "g", "ms"
ROUTES = ("/", "/cart", "/search")
STATUS = ("200", "404", "500")
ROUTED = frozenset({"web", "api", "edge-proxy"})
"""Apps that answer requests by route: their metrics bear tags."""
PLAIN = frozenset({"search", "accounts", "sessions"})
EVEN = "even"
"""What apps are called in a cluster whose agents all run the same (plan.py)."""
WARM_SECONDS = 600.0
"""A cache has no hit ratio before: the application sends NaN."""
SWING = 0.4
"""By how much more than on average is asked in the busiest hour."""
MODULE = "dcos.metrics.module.container"


class Line(NamedTuple):
    """One statsd metric of an application: of a counter how many a second, of the others about what value."""

    name: str
    type: str
    size: float
    tags: tuple[tuple[str, str], ...] = ()


def message(
    world: World, agent: Agent, container: Container, at: float, dimensions: Document, *, telegraf: bool
) -> Document | None:
    """The answer about one container; None where its application tells nothing."""
    lines = list(lines_of(container))
    if not lines:
        return None
    stamp = datetime.fromtimestamp(int(at), UTC)
    shared = {"dcos_cluster_id": cluster_id(world), "dcos_cluster_name": world.plan.cluster, "host": agent.host}
    told = (_of_telegraf if telegraf else _of_dcos_metrics)(container, lines, at)
    written = stamp.isoformat() if telegraf else stamp.strftime("%Y-%m-%dT%H:%M:%SZ")
    points = [_point(name, value, (shared if telegraf else {}) | dict(tags), written) for name, value, tags in told]
    return {"datapoints": points, "dimensions": dimensions}


def cluster_id(world: World) -> str:
    return str(uuid.UUID(int=world.plan.key, version=4))


def lines_of(container: Container) -> Iterator[Line]:
    """What this application sends."""
    app = container.slot.app.name
    if app in ROUTED:
        yield from _of_routes()
    elif app in PLAIN:
        yield Line("requests", COUNTER, 3.0)
        yield Line("latency", TIMER, 40.0)
        yield Line("cache.hit_ratio", GAUGE, 0.8)
        yield Line("queue.length", GAUGE, 12.0)
    elif app == EVEN or app.startswith(f"{EVEN}-"):
        yield from _of_many()


def _of_routes() -> Iterator[Line]:
    for place, route in enumerate(ROUTES):
        yield Line("latency", TIMER, 20.0 * (1 + place), (("route", route),))
        for status, share in zip(STATUS, (0.97, 0.02, 0.01), strict=True):
            yield Line("requests", COUNTER, 5.0 * share / (1 + place), (("route", route), ("status", status)))
    yield Line("connections", GAUGE, 40.0)
    yield Line("heap.used_bytes", GAUGE, 3e8)


def _of_many() -> Iterator[Line]:
    """Fifty metrics of Telegraf's in one set."""
    for number in range(7):
        yield Line(f"step_{number}.latency", TIMER, 10.0 * (1 + number))
    for number in range(4):
        yield Line(f"step_{number}.done", COUNTER, 2.0 + number)
        yield Line(f"step_{number}.waiting", GAUGE, 5.0 + number)


Value = float | str
Told = tuple[str, Value, tuple[tuple[str, str], ...]]


def _of_telegraf(container: Container, lines: list[Line], at: float) -> Iterator[Told]:
    for line in lines:
        if line.type == COUNTER:
            yield line.name, _counted(container, line, at), line.tags
        elif line.type == GAUGE:
            yield line.name, _gauge(container, line, at, nothing=""), line.tags
        else:
            mean, count = _size(container, line, at), _counted(container, Line("", COUNTER, 1.0), at)
            parts = {
                "mean": mean,
                "stddev": mean * 0.3,
                "sum": mean * count,
                "upper": mean * 3,
                "lower": mean / 4,
                "count": count,
            }
            yield from ((f"{line.name}.{part}", value, line.tags) for part, value in parts.items())


def _of_dcos_metrics(container: Container, lines: list[Line], at: float) -> Iterator[Told]:
    yield f"{MODULE}_received_bytes_per_sec", 40 * len(lines), ()
    yield f"{MODULE}_throttled_bytes_per_sec", 0, ()
    for line in lines:
        if line.type == COUNTER:
            yield line.name, 1, line.tags
        else:
            yield line.name, _gauge(container, line, at, nothing="NaN"), line.tags


def _point(name: str, value: Value, tags: dict[str, str], stamp: str) -> Document:
    said = {"name": name, "value": value, "unit": "", "timestamp": stamp}
    return said | {"tags": tags} if tags else said


def _gauge(container: Container, line: Line, at: float, *, nothing: str) -> Value:
    is_warm = at - container.started_at >= WARM_SECONDS
    return nothing if line.name.endswith("ratio") and not is_warm else _size(container, line, at)


def _size(container: Container, line: Line, at: float) -> float:
    """About its size, a little up and down."""
    return round(line.size * (1 + 0.2 * noise(container.key + len(line.name), at, 900.0)), 4)


def _counted(container: Container, line: Line, at: float) -> int:
    """How often since the container began: by day more than by night, and never falling."""

    def until(moment: float) -> float:
        turn = 2 * pi * (moment / DAY_SECONDS - BUSIEST_HOUR_UTC / 24)
        return moment + SWING * DAY_SECONDS / (2 * pi) * sin(turn)

    return int(line.size * (until(at) - until(container.started_at)))
