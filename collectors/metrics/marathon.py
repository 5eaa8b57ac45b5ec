"""Marathon: https://mesosphere.github.io/marathon/docs/metrics.html

Marathon has said its metrics in three forms: Dropwizard's up to 1.4, Kamon's in 1.5 and 1.6, Dropwizard's again under
new names from 1.7 on. Here each number has one name: that of 1.7 without the prefix, which the operator may choose, and
for one of several figures of an entry the figure's name behind it (`….timer.seconds.p95`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from collectors.metrics.metric import Metric

Kept = Literal["value", "count", "p50", "p95", "p99", "m1_rate"]
OLD = "service.mesosphere.marathon"
JETTY = "org.eclipse.jetty"
OFFERS, LAUNCHER = f"{OLD}.core.launcher.impl.OfferProcessorImpl", f"{OLD}.core.launcher.impl.TaskLauncherImpl"
DEPLOYMENTS = f"{OLD}.core.deployment.impl.DeploymentManagerActor"


@dataclass(frozen=True)
class MarathonMetric(Metric):
    """One number of Marathon, and where its forms say it."""

    entry: str = ""
    """Its entry's name from 1.7 on, without the prefix. `*` stands for one part between dots; those that fit are added."""
    kept: Kept = "value"
    """Which figure of the entry. Kamon has no `value`: there it is the largest of the window."""
    old: tuple[str, ...] = ()
    """The entry's names before 1.7."""
    old_factor: float = 1.0
    """What makes an old number one in this unit, where its entry names no unit."""


def gauge(
    entry: str, unit: str, meaning: str, *, old: tuple[str, ...] = (), old_factor: float = 1.0, kept: Kept = "value"
) -> MarathonMetric:
    return MarathonMetric(
        _named(entry, kept), unit, "gauge", meaning, entry=entry, kept=kept, old=old, old_factor=old_factor
    )


def counter(
    entry: str,
    unit: str,
    meaning: str,
    *,
    old: tuple[str, ...] = (),
    old_factor: float = 1.0,
    kept: Kept = "count",
) -> MarathonMetric:
    """Begins at 0 with each leader. Kamon counts within a window, which is no such number: there it is absent."""
    return MarathonMetric(
        _named(entry, kept), unit, "counter", meaning, entry=entry, kept=kept, old=old, old_factor=old_factor
    )


def _named(entry: str, kept: Kept) -> str:
    name = entry.replace(".*", "")
    return name if kept == "value" or (name.endswith((".counter", ".meter")) and kept == "count") else f"{name}.{kept}"


def _responses(kind: str) -> tuple[MarathonMetric, MarathonMetric]:
    """Answers of one class since it leads, and of late: Dropwizard's rate over a minute, Kamon's count over its window."""
    entry = f"http.responses.{kind}.rate.meter"
    old = (
        f"{JETTY}.servlet.ServletContextHandler.{kind}-responses",
        f"{JETTY}.ServletContextHandler.{kind}-responses",
    )
    return (
        counter(entry, "answers", f"HTTP answers {kind} of its API", old=old),
        gauge(entry, "answers/s", f"HTTP answers {kind} of its API each second, of late", old=old, kept="m1_rate"),
    )


DURATION = "http.requests.duration.timer.seconds"
OLD_DURATION = (f"{JETTY}.servlet.ServletContextHandler.dispatches",)

MARATHON_METRICS: tuple[MarathonMetric, ...] = (
    gauge("apps.active.gauge", "apps", "apps", old=(f"{OLD}.app.count",)),
    gauge("groups.active.gauge", "groups", "groups of apps", old=(f"{OLD}.group.count",)),
    gauge("pods.active.gauge", "pods", "pods"),
    gauge(
        "instances.running.gauge",
        "instances",
        "instances that run; tasks before 1.7",
        old=(f"{OLD}.task.running.count",),
    ),
    gauge(
        "instances.staged.gauge",
        "instances",
        "instances being started; tasks before 1.7",
        old=(f"{OLD}.task.staged.count",),
    ),
    gauge("instances.launch-overdue.gauge", "instances", "instances whose launch nobody confirmed in time"),
    gauge("instances.inflight-kills.gauge", "instances", "instances being killed"),
    gauge(
        "deployments.active.gauge",
        "deployments",
        "deployments under way",
        old=(f"{DEPLOYMENTS}.currentDeploymentCount",),
    ),
    counter("deployments.counter", "deployments", "deployments accepted"),
    counter("deployments.dismissed.counter", "deployments", "deployments refused as too many"),
    gauge("uptime.gauge.seconds", "s", "how long this process has lived", old=(f"{OLD}.uptime",), old_factor=0.001),
    gauge(
        "leadership.duration.gauge.seconds",
        "s",
        "how long it has led",
        old=(f"{OLD}.leaderDuration",),
        old_factor=0.001,
    ),
    counter("tasks.launched.counter", "tasks", "tasks launched", old=(f"{LAUNCHER}.launchedTasks",)),
    counter("mesos.offers.incoming.counter", "offers", "offers received", old=(f"{OFFERS}.incomingOffers",)),
    counter("mesos.offers.used.counter", "offers", "offers used", old=(f"{LAUNCHER}.usedOffers",)),
    counter("mesos.offers.declined.counter", "offers", "offers declined", old=(f"{LAUNCHER}.declinedOffers",)),
    counter("mesos.calls.revive.counter", "calls", "times it asked for offers again"),
    counter("mesos.calls.suppress.counter", "calls", "times it asked for no more offers"),
    counter("mesos.task-updates.task-failed.counter", "tasks", "tasks told to have failed"),
    counter("mesos.task-updates.task-lost.counter", "tasks", "tasks told to be lost"),
    counter("mesos.task-updates.task-killed.counter", "tasks", "tasks told to be killed"),
    counter("mesos.task-updates.task-unreachable.counter", "tasks", "tasks told to be unreachable"),
    counter("mesos.task.oom.memory-limit-exceeded.counter", "tasks", "tasks killed at their memory limit"),
    counter("mesos.task.oom.memory-limit-unfulfillable.counter", "tasks", "tasks killed where memory ran out below it"),
    gauge(DURATION, "s", "time of an HTTP request, the median", old=OLD_DURATION, kept="p50"),
    gauge(DURATION, "s", "time of an HTTP request, of the slowest 5 % at least", old=OLD_DURATION, kept="p95"),
    gauge(DURATION, "s", "time of an HTTP request, of the slowest 1 % at least", old=OLD_DURATION, kept="p99"),
    counter(DURATION, "requests", "HTTP requests answered", old=OLD_DURATION),
    *_responses("2xx"),
    *_responses("4xx"),
    *_responses("5xx"),
    gauge("http.event-streams.active.gauge", "streams", "readers of its events"),
    gauge(
        "jvm.memory.heap.used.gauge.bytes",
        "bytes",
        "heap in use, what is to be collected included",
        old=("jvm.memory.heap.used", "jmx-memory.heap-used"),
    ),
    gauge(
        "jvm.memory.heap.max.gauge.bytes",
        "bytes",
        "the most heap it may use; absent where it is not limited",
        old=("jvm.memory.heap.max", "jmx-memory.heap-max"),
    ),
    gauge("jvm.threads.active.gauge", "threads", "threads that live", old=("jvm.threads.count",)),
    counter(
        "jvm.gc.*.collections.duration.gauge.seconds",
        "s",
        "time its collectors of garbage have taken, all together",
        old=("jvm.gc.*.time",),
        old_factor=0.001,
        kept="value",
    ),
)
"""The order is a storage layout: add at the end."""
