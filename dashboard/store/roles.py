"""Roles: one row each, upserted from the leading master's list, their frameworks, and a reading a minute of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from collectors.records import Bounds, ClusterRoles, Resources, RoleSummary
from dashboard.models import Cluster, Role, RoleMember, Subject
from dashboard.store import readings, totals
from dashboard.store.writing import Writing

LONGEST_NAME = 255
KIND = Subject.Kind.ROLE.value
BASES = ("allocated", "offered", "reserved", "guarantee", "limit")
AMOUNTS = tuple(totals.column(resource, basis) for resource in totals.RESOURCES for basis in BASES)
LAYOUT = (*AMOUNTS, "frameworks", "sample.age_seconds")
"""Values of a role's reading. `frameworks` counts those subscribed to it, with tasks or without."""


def write(writing: Writing, said: ClusterRoles, *, whole: bool) -> int:
    """Bring every role's row up to this list, and note what each holds; returns how many are in it.

    Not `whole` is a list some of whose entries could not be read: who is not in it may be among those.
    """
    listed = {role.name[:LONGEST_NAME]: role for role in said.roles}
    _write_rows(writing, listed, said.taken_at)
    if whole and not _is_reregistering(writing, said.taken_at):
        Role.objects.filter(cluster=writing.cluster, listed=True, last_seen__lt=said.taken_at).update(listed=False)
    _write_members(writing, listed)
    write_many(writing.cluster, [(writing.tick, said)], seen_at=said.taken_at)
    return len(listed)


def write_many(cluster: Cluster, ticks: Sequence[tuple[int, ClusterRoles]], *, seen_at: datetime) -> int:
    """A reading for each role at each tick (tick, what was listed then); returns how many."""
    names = {role.name[:LONGEST_NAME] for _, said in ticks for role in said.roles}
    ids = readings.subjects(cluster, {(KIND, name): name for name in names}, seen_at=seen_at)
    rows = [
        (tick, ids[KIND, role.name[:LONGEST_NAME]], _values(role, tick, said.taken_at))
        for tick, said in ticks
        for role in said.roles
    ]
    return readings.write_many(LAYOUT, rows)


def _values(role: RoleSummary, tick: int, taken_at: datetime) -> list[float | None]:
    return [*amounts(role), len(role.frameworks), tick - taken_at.timestamp()]


def amounts(role: RoleSummary) -> list[float | None]:
    """The role's amounts in the order of AMOUNTS."""
    told: tuple[Resources | Bounds | None, ...] = (
        role.allocated,
        role.offered,
        role.reserved,
        role.guarantee,
        role.limit,
    )
    return [None if one is None else getattr(one, resource) for resource in totals.RESOURCES for one in told]


def _is_reregistering(writing: Writing, at: datetime) -> bool:
    """A new leader knows no framework at first: for a minute a role that is not listed is not gone."""
    until = writing.cluster.reregistering_until
    return until is not None and at < until


def _write_rows(writing: Writing, listed: Mapping[str, RoleSummary], at: datetime) -> None:
    rows = [
        Role(
            cluster=writing.cluster,
            name=name,
            weight=role.weight,
            listed=True,
            first_seen=at,
            last_seen=at,
            **dict(zip(AMOUNTS, amounts(role), strict=True)),
        )
        for name, role in listed.items()
    ]
    Role.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["cluster", "name"],
        update_fields=["weight", "listed", "last_seen", *AMOUNTS],
    )


def _write_members(writing: Writing, listed: Mapping[str, RoleSummary]) -> None:
    """Who is subscribed to the listed roles now; one that is not listed keeps whom it had."""
    ids = dict(Role.objects.filter(cluster=writing.cluster, name__in=listed).values_list("name", "pk"))
    held = {(row.role_id, row.framework_id): row.pk for row in RoleMember.objects.filter(role__in=ids.values())}
    wanted = set(_members(listed, ids))
    RoleMember.objects.filter(pk__in=[pk for key, pk in held.items() if key not in wanted]).delete()
    RoleMember.objects.bulk_create(
        RoleMember(role_id=role, framework_id=framework) for role, framework in sorted(wanted - held.keys())
    )


def _members(listed: Mapping[str, RoleSummary], ids: Mapping[str, int]) -> Iterable[tuple[int, str]]:
    for name, role in listed.items():
        for framework in role.frameworks:
            yield ids[name], framework
