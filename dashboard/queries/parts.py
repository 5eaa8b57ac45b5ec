"""What each part of a cluster holds: groups of agents, frameworks and roles, with allocation and quota as rows tell them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from dashboard.models import Cluster, Framework, Node, Role
from dashboard.queries.capacity import RESOURCES

NAMES = {key: (total, allocated) for key, _, _, total, allocated in RESOURCES}
"""Resource → the columns of its total and of what is allocated of it."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """One resource of a part. None: it has none of its own, nobody says it, or no such bound is set."""

    total: float | None = None
    allocated: float | None = None
    guarantee: float | None = None
    limit: float | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """One row of a breakdown before its use is known."""

    name: str
    """Empty for agents that are in no zone or region."""
    held: Mapping[str, Held]
    """By resource."""
    agents: int | None = None
    """Active agents in it; None where it has none of its own."""
    zones: frozenset[str] = frozenset()
    """Zones of its agents; an empty name among them where some are in none."""
    frameworks: tuple[str, ...] = ()
    """Ids of its frameworks."""
    offers_counted: bool = False
    """Whether what is offered counts as allocated, because the version does not tell them apart."""

    @property
    def holds_something(self) -> bool:
        return any(held.allocated for held in self.held.values())


@dataclass(frozen=True)
class Group:
    """Active agents of one zone and kind together."""

    region: str
    zone: str
    public: bool
    agents: int
    amounts: Mapping[str, float]


def groups(cluster: Cluster) -> list[Group]:
    """Active agents by region, zone and kind. One query."""
    columns = [column for pair in NAMES.values() for column in pair]
    active = Node.objects.filter(cluster=cluster, state=Node.State.ACTIVE).order_by("region", "zone", "public")
    rows = active.values("region", "zone", "public").annotate(
        agents=Count("pk"), **{f"sum_{column}": Sum(column) for column in columns}
    )
    return [
        Group(
            row["region"],
            row["zone"],
            row["public"],
            row["agents"],
            {column: row[f"sum_{column}"] or 0.0 for column in columns},
        )
        for row in rows
    ]


PARTED: dict[str, Callable[[Group], str]] = {
    "zone": lambda group: group.zone,
    "pool": lambda group: "public" if group.public else "private",
    "region": lambda group: group.region,
}


def of_groups(found: Iterable[Group], by: str) -> list[Part]:
    """The same agents by one of PARTED. Where none is in any, there are no parts."""
    members: dict[str, list[Group]] = defaultdict(list)
    for group in found:
        members[PARTED[by](group)].append(group)
    return [_of_agents(name, groups) for name, groups in members.items()] if any(members) else []


def _of_agents(name: str, members: list[Group]) -> Part:
    def summed(column: str) -> float:
        return sum(group.amounts[column] for group in members)

    return Part(
        name=name,
        held={key: Held(total=summed(total), allocated=summed(allocated)) for key, (total, allocated) in NAMES.items()},
        agents=sum(group.agents for group in members),
        zones=frozenset(group.zone for group in members),
    )


def of_frameworks(cluster: Cluster) -> list[Part]:
    """Every framework that has not completed. One query."""
    rows = Framework.objects.filter(cluster=cluster).exclude(state=Framework.State.COMPLETED).order_by("name", "pk")
    return [
        Part(
            name=row.name,
            held={key: Held(allocated=getattr(row, allocated)) for key, (_, allocated) in NAMES.items()},
            frameworks=(row.framework_id,),
        )
        for row in rows
    ]


def of_roles(cluster: Cluster) -> list[Part]:
    """Every listed role that holds something or has a quota. Two queries."""
    rows = Role.objects.filter(cluster=cluster, listed=True).order_by("name").prefetch_related("members")
    found = [
        Part(
            name=row.name,
            held={key: _held_by(row, allocated) for key, (_, allocated) in NAMES.items()},
            frameworks=tuple(member.framework_id for member in row.members.all()),
            offers_counted=row.cpus_allocated is not None and row.cpus_offered is None,
        )
        for row in rows
    ]
    return [part for part in found if any(_is_something(held) for held in part.held.values())]


def _held_by(row: Role, allocated: str) -> Held:
    values: dict[str, Any] = {
        basis: getattr(row, allocated.replace("allocated", basis)) for basis in ("allocated", "guarantee", "limit")
    }
    return Held(**values)


def _is_something(held: Held) -> bool:
    """A guarantee of 0 is none; a limit of 0 is a quota."""
    return bool(held.allocated or held.guarantee) or held.limit is not None


def roles_of_frameworks(found: Iterable[Part]) -> Mapping[str, int]:
    """In how many of these roles that hold something each framework, by id, may hold it."""
    counts: dict[str, int] = defaultdict(int)
    for role in (role for role in found if role.holds_something):
        for framework in role.frameworks:
            counts[framework] += 1
    return counts
