"""What Marathon says: itself, its apps and pods, what it deploys and what it waits for.

Document: https://mesosphere.github.io/marathon/api-console/index.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from collectors.records.mesos import Resources


class MarathonSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One Marathon: its leader answers whichever instance is asked."""

    key: str
    """What Day Two calls it: `marathon` for the root one, else the path or address it is reached at."""
    taken_at: datetime
    name: str
    """Of its framework; empty where it does not say."""
    framework_id: str
    version: str
    leader: str
    """host:port; empty while none is elected."""
    metrics: Mapping[str, float]
    """By the names of `MARATHON_METRICS`, whichever of the three formats it was said in; what it lacks is absent."""


class RunKind(StrEnum):
    APP = "app"
    POD = "pod"


class TaskFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The last failure of an app's task. Marathon keeps one, and goes on saying it after the app is well again."""

    task_id: str
    host: str
    state: str
    message: str
    """As it was written, cut at 4,000 characters."""
    failed_at: datetime | None
    version: str


class LifeStats(msgspec.Struct, frozen=True, kw_only=True):
    """One line of Task Statistics; None is not said."""

    name: str
    """`started after last scaling`, `with latest config`, `with outdated config` or `total`."""
    staged: int | None
    running: int | None
    healthy: int | None
    unhealthy: int | None
    median_life_seconds: float | None


class AppSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An app or a pod as its Marathon lists it. A pod's resources are the sum over its containers."""

    kind: RunKind
    app_id: str
    """Absolute: `/group/app`."""
    instances: int
    """Wanted."""
    each: Resources
    """Of one instance, as asked for."""
    cpus_limit: float | None
    """Of one instance; infinity where it is unlimited, None where none is said (the request is the limit, or none is)."""
    mem_limit_bytes: float | None
    staged: int
    running: int
    healthy: int
    unhealthy: int
    has_health_checks: bool
    """Without any nobody says whether an instance is healthy: both counts are then 0."""
    version: str
    """Of its configuration: the time Marathon took it, as Marathon writes it."""
    last_scaled_at: datetime | None
    last_changed_at: datetime | None
    """When its configuration last changed."""
    deployments: tuple[str, ...]
    """Ids of those under way that touch it."""
    role: str
    """Of its tasks; empty where its Marathon's own."""
    image: str
    """Of its first container; empty where it has none."""
    labels: Mapping[str, str]
    config: Mapping[str, str]
    """What operators compare between versions, each as text: never environment values, arguments of commands or secrets."""
    stats: tuple[LifeStats, ...]
    last_failure: TaskFailure | None


class MarathonApps(msgspec.Struct, frozen=True, kw_only=True):
    """Every app and pod of one Marathon."""

    key: str
    taken_at: datetime
    apps: tuple[AppSummary, ...]
    whole: bool
    """False where some could not be read: one that is missing may be among those."""
    asked: tuple[str, ...] = ()
    """Ids of those whose last failure was asked for: of the others `last_failure` is None whether they have one or not."""
    refused: tuple[str, ...] = ()
    """Ids of those whose last failure was asked for in vain."""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment under way; one that ended is in no answer."""

    deployment_id: str
    version: str
    started_at: datetime | None
    """Its version is the time it was created."""
    app_ids: tuple[str, ...]
    step: int
    """The one being taken, from 1."""
    steps: int
    actions: tuple[str, ...]
    """What is being done now, each as `RestartApplication /group/app`."""


class MarathonDeployments(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    taken_at: datetime
    deployments: tuple[Deployment, ...]
    whole: bool


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the offers that came as far as this requirement were declined because of it."""

    reason: str
    """Marathon's own word (`InsufficientMemory`), names that are new included."""
    declined: int
    processed: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the launch queue: instances that Marathon would start and has not."""

    kind: RunKind
    app_id: str
    count: int
    """Instances left to launch."""
    overdue: bool
    """True: it waits for an offer that fits. False with `delay_seconds`: it rests after failures."""
    delay_seconds: float
    since: datetime | None
    """None before Marathon 1.4, which does not say it."""
    offers_processed: int | None
    """None before Marathon 1.5, which counts no offers."""
    offers_unused: int | None
    last_unused_at: datetime | None
    last_used_at: datetime | None
    last_offers: tuple[Rejection, ...]
    """Over the last offer of each agent, in the order in which Marathon checks them."""
    since_launch: tuple[Rejection, ...]
    """Over all offers since it began to wait."""
    nearest: tuple[UnusedOffer, ...]
    """The newest unused offers, those with the fewest reasons first; ten at most."""


class UnusedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that did not fit: what it held, and why not."""

    host: str
    agent_id: str
    role: str
    offered: Resources
    reasons: tuple[str, ...]
    received_at: datetime | None


class MarathonQueue(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    taken_at: datetime
    waiting: tuple[Waiting, ...]
    whole: bool
