"""Containers as they are now: what each uses of what it may use. Use and limits, never allocation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from dashboard.models import Cluster, Collection, Container, Node
from dashboard.queries import containers_now
from dashboard.queries.freshness import Freshness, SourceAge
from dashboard.queries.marks import Mark

SOURCE = "containers"
LEARNS_FOR = 2
"""A rate needs two samples: so many periods after it was first seen a container may be without one and all is well."""
MOST_INDENTED = 3
NEAR_RATIO = 0.9
"""From here on memory or disk is called near its limit."""
MOST_ENDED = 500
"""So many that ended are listed: an agent may run thousands of short ones a day."""
HELD_BACK_RATIO = 0.25
"""From here on a container is called held back by its CPU limit."""

RUNNING = Mark("good", "Running")
LATE = Mark("warn", "Late")
LEARNING = Mark("unk", "Learning")
NOT_MEASURED = Mark("unk", "Not measured")
NO_DATA = Mark("unk", "No data")
ENDED = Mark("mute", "Ended")


@dataclass(frozen=True, kw_only=True)
class ContainerRow:
    """One container as it may be spoken of now; `depth` is how far it is nested among the rows it stands with."""

    container: Container
    state: Mark
    measured: Freshness
    depth: int = 0

    @property
    def depth_shown(self) -> int:
        """By how many steps its row is indented: deeper ones would leave no room for their names."""
        return min(self.depth, MOST_INDENTED)

    @property
    def ended(self) -> bool:
        return self.container.ended_at is not None

    @property
    def current(self) -> bool:
        """Whether its figures may be called the present."""
        return not self.ended and self.measured.current

    @cached_property
    def use(self) -> Container | None:
        """The container, where its figures may be called the present."""
        return self.container if self.current else None

    @property
    def name(self) -> str:
        """What an operator knows it by: its task, its executor, or its own id. A nested one has its root's executor."""
        own = self.container
        if own.task_name or own.parent_id:
            return own.task_name or own.container_id
        return own.executor_name or own.executor_id or own.container_id

    @property
    def framework(self) -> str:
        return self.container.framework_name or self.container.framework_id

    @property
    def cpus_most(self) -> float | None:
        """What its use is held against: the limit, else what it asked for."""
        return self.container.cpus_limit or self.container.cpus_requested

    @property
    def cpu_used_ratio(self) -> float | None:
        """0…, of its limit or of what it asked for: without a limit it may be over 1."""
        return _share(self.use.cpus_used, self.cpus_most) if self.use else None

    @property
    def mem_used_ratio(self) -> float | None:
        """0…1 of the limit, file cache left out."""
        return _share(self.use.mem_used_bytes, self.use.mem_limit_bytes) if self.use else None

    @property
    def disk_used_ratio(self) -> float | None:
        return _share(self.use.disk_used_bytes, self.use.disk_limit_bytes) if self.use else None

    @property
    def near_limit(self) -> bool:
        return max(self.mem_used_ratio or 0.0, self.disk_used_ratio or 0.0) >= NEAR_RATIO

    @property
    def held_back(self) -> bool:
        return self.use is not None and (self.use.throttled_ratio or 0.0) >= HELD_BACK_RATIO


def on_host(cluster: Cluster, host: str, source: SourceAge, now: datetime) -> list[ContainerRow]:
    """Those that run, by id, nested ones among them. Two queries."""
    running = _here(cluster, host, ended=False).order_by("container_id")
    return [row(container, source, now) for container in containers_now.brought_up(cluster, list(running))]


def ended_on_host(cluster: Cluster, host: str, source: SourceAge, now: datetime) -> list[ContainerRow]:
    """Those that ended, the latest first, at most MOST_ENDED. One query."""
    latest = _here(cluster, host, ended=True).order_by("-ended_at", "container_id")[:MOST_ENDED]
    return [row(container, source, now) for container in latest]


def askings(cluster: Cluster, host: str, *, agent_id: str = "") -> QuerySet[Collection]:
    """How asking the agents of this host, or this one of them, for containers ended: agents on other ports than the usual
    one are told apart by it."""
    agents = Node.objects.filter(cluster=cluster, host=host, **({"agent_id": agent_id} if agent_id else {}))
    places = agents.annotate(place=Concat("host", Value(":"), Cast("port", CharField()))).values("place")
    return Collection.objects.filter(Q(host=host) | Q(host__in=places), cluster=cluster, source=SOURCE)


def _here(cluster: Cluster, host: str, *, ended: bool) -> QuerySet[Container]:
    # Packed counters are for the store alone.
    return Container.objects.filter(cluster=cluster, host=host, ended_at__isnull=not ended).defer("counters")


def row(container: Container, source: SourceAge, now: datetime) -> ContainerRow:
    """The container, brought up to now, with its state. No query."""
    return ContainerRow(
        container=container,
        state=_state(container, source, now),
        measured=source.judge(container.measured_at, now),
    )


def _state(container: Container, source: SourceAge, now: datetime) -> Mark:
    if container.ended_at is not None:
        return ENDED
    listed = source.judge(container.listed_at, now)
    if not listed.current:
        return NO_DATA
    if not source.judge(container.measured_at, now).current:
        return NOT_MEASURED
    if listed is Freshness.LATE:
        return LATE
    return LEARNING if is_learning(container, source) else RUNNING


def is_learning(container: Container, source: SourceAge) -> bool:
    """Whether it was seen too few times to have a rate. One whose use is not measured at all learns nothing.

    Mesos measures many nested containers only together with their roots, and lists them with limits alone.
    """
    known_for = (container.listed_at - container.first_seen).total_seconds()
    is_measured = container.mem_used_bytes is not None
    return is_measured and container.cpus_used is None and known_for < LEARNS_FOR * source.period_seconds


def busiest(rows: Iterable[ContainerRow], most: int) -> list[ContainerRow]:
    """The roots, those that use most CPU first, those of which it is not known last.

    Nested ones are left out: what they use is part of what their root uses. One whose parent is not told stands as a root.
    """
    roots = [row for row in nested(list(rows)) if row.depth == 0]
    return sorted(roots, key=lambda row: (-_cpus(row), row.name))[:most]


def _cpus(row: ContainerRow) -> float:
    return -1.0 if row.use is None or row.use.cpus_used is None else row.use.cpus_used


def nested(rows: Sequence[ContainerRow]) -> list[ContainerRow]:
    """The same rows with each nested one right below its parent; one whose parent is not among them stands as a root."""
    known = {row.container.container_id for row in rows}
    below: dict[str, list[ContainerRow]] = {}
    for row in rows:
        parent = row.container.parent_id
        below.setdefault(parent if parent in known else "", []).append(row)
    placed: dict[str, ContainerRow] = {}
    # A container above itself is below nobody: what no root leads to is a root too.
    for start in [*below.get("", []), *rows]:
        stack = [replace(start, depth=0)]
        while stack:
            row = stack.pop()
            if row.container.container_id in placed:
                continue
            placed[row.container.container_id] = row
            children = below.get(row.container.container_id, [])
            stack += [replace(child, depth=row.depth + 1) for child in reversed(children)]
    return list(placed.values())


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
