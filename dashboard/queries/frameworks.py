"""Frameworks as they are now: what each holds and uses of the cluster, its roles, its failures of a day, and what runs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from dashboard.models import App, Cluster, Event, Framework, Role, RoleMember, TaskFailures
from dashboard.queries import container_use, marks
from dashboard.queries.container_use import Use
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark

SOURCE = "summary"
FAILURES_OF = timedelta(hours=24)
NAMED_BY = ("DCOS_PACKAGE_FRAMEWORK_NAME", "DCOS_SERVICE_NAME")
"""Labels by which an app says the name of the framework that it runs; the first that is given counts."""
RESOURCES = {"cpu": "cpus", "mem": "mem_bytes", "disk": "disk_bytes", "gpu": "gpus"}
"""How a resource is called on pages, and in columns."""
SIZED = ("cpu", "mem", "disk")
NO_DATA = Mark("unk", "No data")
WORST_FIRST = ("Disconnected", "Inactive", "Re-registering", "No data", "Active", "Completed")
Sources = Mapping[str, SourceAge]


@dataclass(frozen=True, kw_only=True)
class FrameworkRow:
    """One framework as it may be spoken of now. Amounts are those of its last summary."""

    framework: Framework
    state: Mark
    totals: Mapping[str, float | None]
    """Of the cluster's active agents together, by resource: what its shares are of."""
    use: Use | None
    """By its containers; None where there is no total of them."""
    roles: tuple[Role, ...]
    failures_24h: int | None
    """Tasks that failed or were refused in the past day; None where nobody counts them."""
    app: App | None
    """What runs it, where an app says so."""

    @property
    def completed(self) -> bool:
        return self.framework.state == Framework.State.COMPLETED

    def allocated(self, resource: str) -> float:
        amount: float = getattr(self.framework, column(resource, "allocated"))
        return amount

    def used(self, resource: str) -> float | None:
        """None where it may not be called the present; of GPUs nobody measures it."""
        if self.use is None or not self.use.current or resource == "gpu":
            return None
        used: float | None = getattr(self.use, column(resource, "used"))
        return used

    def allocated_ratio(self, resource: str) -> float | None:
        return _ratio(self.allocated(resource), self.totals[resource])

    def used_ratio(self, resource: str) -> float | None:
        return _ratio(self.used(resource), self.totals[resource])

    @property
    def size(self) -> float:
        """The largest share it holds of the cluster's CPU, memory or disk."""
        return max(self.allocated_ratio(resource) or 0.0 for resource in SIZED)


def column(resource: str, basis: str) -> str:
    """The column of a resource on a basis: ("mem", "allocated") is mem_allocated_bytes."""
    noun, _, unit = RESOURCES[resource].partition("_")
    return "_".join(part for part in (noun, basis, unit) if part)


def of(cluster: Cluster, sources: Sources, now: datetime) -> list[FrameworkRow]:
    """Those that have not completed, worst state first, then the largest; then those that completed in the past week, the
    latest first. Eight queries at most."""
    rows = rows_of(cluster, Framework.objects.filter(cluster=cluster), sources, now)
    running = sorted((row for row in rows if not row.completed), key=_worst_first)
    return [*running, *sorted((row for row in rows if row.completed), key=lambda row: row.framework.state_since)[::-1]]


def rows_of(cluster: Cluster, found: Iterable[Framework], sources: Sources, now: datetime) -> list[FrameworkRow]:
    """The same of these, in any order. Seven queries and that of the frameworks."""
    every = list(found)
    use, roles = container_use.of_frameworks(cluster, now, sources), _roles(cluster)
    failed, apps = _failures(cluster, now), _apps(cluster, {one.name for one in every})
    totals = {resource: getattr(cluster, column(resource, "total")) for resource in RESOURCES}
    return [
        FrameworkRow(
            framework=one,
            state=state(one, sources[SOURCE]),
            totals=totals,
            use=use.get(one.framework_id),
            roles=tuple(roles[one.framework_id]),
            failures_24h=failed[one.framework_id] if one.failures_life or one.framework_id in failed else None,
            app=apps.get(one.name),
        )
        for one in every
    ]


def state(framework: Framework, source: SourceAge) -> Mark:
    """Its state; "No data" where the summary is too old to be the present. That one completed stays true."""
    if framework.state != Framework.State.COMPLETED and not source.freshness.current:
        return NO_DATA
    return marks.FRAMEWORK[Framework.State(framework.state)]


def _worst_first(row: FrameworkRow) -> tuple[int, float, str]:
    return WORST_FIRST.index(row.state.word), -row.size, row.framework.name.lower()


def _roles(cluster: Cluster) -> dict[str, list[Role]]:
    """Framework id → the listed roles it is subscribed to, by name. One query."""
    members = RoleMember.objects.filter(role__cluster=cluster, role__listed=True).select_related("role")
    found: dict[str, list[Role]] = defaultdict(list)
    for member in members.order_by("role__name"):
        found[member.framework_id].append(member.role)
    return found


def _failures(cluster: Cluster, now: datetime) -> dict[str, int]:
    """Framework id → failed tasks, as its counters rose. One query."""
    told = Event.objects.filter(cluster=cluster, kind=Event.Kind.TASKS_FAILED, taken_at__gt=now - FAILURES_OF)
    counts: dict[str, int] = defaultdict(int)
    for framework_id, before, after in told.values_list("subject", "before", "after"):
        counts[framework_id] += TaskFailures.between(before, after)
    return counts


def _apps(cluster: Cluster, names: set[str]) -> dict[str, App]:
    """Name of a framework → the app that says it runs it. One query."""
    wanted = sorted(names)
    named = Q(*((f"labels__{label}__in", wanted) for label in NAMED_BY), _connector=Q.OR)
    apps = App.objects.filter(named, cluster=cluster, gone_at=None).select_related("marathon").order_by("-pk")
    return {name: app for app in apps if (name := _runs(app)) in names}


def _runs(app: App) -> str:
    return next((str(app.labels[label]) for label in NAMED_BY if app.labels.get(label)), "")


def _ratio(amount: float | None, whole: float | None) -> float | None:
    return amount / whole if amount is not None and whole else None
