"""Who holds the cluster's capacity: by role, zone, framework, pool or region, the largest first, with what each uses of it.

Zones, pools and regions have resources of their own, and a share is one of these. Roles and frameworks have none: theirs is a
share of all active agents' together. Roles are not summed: what one below another holds may count in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Cluster
from dashboard.queries import part_use, parts, use
from dashboard.queries.freshness import SourceAge
from dashboard.queries.part_use import PartUse
from dashboard.queries.parts import Held, Part
from dashboard.queries.use import Sources, Used

BY = {"role": "Role", "zone": "Zone", "framework": "Framework", "pool": "Agent pool", "region": "Region"}
"""What may be asked for, and its title."""
OF_AGENTS = frozenset(parts.PARTED)
RANKED = ("cpu", "mem", "disk")
SOURCES = {"role": "roles"}
"""Whose answer the allocation is out of, where it is not the summary."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One part with its use. Where `use` is None `why` says why."""

    part: Part
    whole: Mapping[str, float | None]
    """Of what a share is one, by resource: its own total, or the cluster's."""
    use: PartUse | None
    why: str

    def held(self, resource: str) -> Held:
        return self.part.held.get(resource, Held())

    def allocated_ratio(self, resource: str) -> float | None:
        return _ratio(self.held(resource).allocated, self.whole.get(resource))

    def used(self, resource: str) -> Used:
        return self.use.used(resource) if self.use else Used(None, None)

    def used_ratio(self, resource: str) -> float | None:
        """Of what the measured machines have; a framework's containers of the same whole as its allocation."""
        used = self.used(resource)
        return _ratio(used.used, self.whole.get(resource) if used.measured is None else used.measured)


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """The parts, largest first, and how many there are by each of BY."""

    by: str
    rows: tuple[Row, ...]
    counts: Mapping[str, int]
    source: SourceAge | None
    """What the allocation is out of; None where this kind of cluster does not tell it."""
    measured_by: str
    """machines or containers: what the use is of."""


def of(cluster: Cluster, by: str | None, now: datetime, sources: Sources) -> Breakdown:
    """By one of BY, else by zone where there are zones, else by role. Seven queries, whatever the size of the cluster."""
    groups = parts.groups(cluster)
    found = {name: parts.of_groups(groups, name) for name in OF_AGENTS}
    found |= {"role": parts.of_roles(cluster), "framework": parts.of_frameworks(cluster)}
    chosen = by if by in BY else "zone" if found["zone"] else "role"
    totals = {key: getattr(cluster, total) for key, (total, _) in parts.NAMES.items()}
    rows = _rows(cluster, chosen, found, totals, now, sources)
    return Breakdown(
        by=chosen,
        rows=tuple(sorted(rows, key=lambda row: (-_size(row.part, totals), row.part.name))),
        counts={name: len(found[name]) for name in BY},
        source=sources.get(SOURCES.get(chosen, "summary")),
        measured_by="machines" if chosen in OF_AGENTS else "containers",
    )


def _rows(
    cluster: Cluster,
    by: str,
    found: Mapping[str, Sequence[Part]],
    totals: Mapping[str, float | None],
    now: datetime,
    sources: Sources,
) -> list[Row]:
    chosen = found[by]
    if by in OF_AGENTS:
        known = part_use.of_machines(cluster, _keys(by, chosen), now, sources)
        missing = NOT_MEASURED if use.offered(cluster) else "plain Mesos has no metrics of machines"
        return [
            Row(part=part, whole={key: held.total for key, held in part.held.items()}, use=told, why=why or missing)
            for part, (told, why) in ((part, _of_agents(part, by, chosen, known)) for part in chosen)
        ]
    known = part_use.of_frameworks(cluster, now, sources)
    names = {one.frameworks[0]: one for one in found["framework"]}
    roles = parts.roles_of_frameworks(found["role"])
    return [
        Row(part=part, whole=totals, use=told, why=why or NOT_MEASURED)
        for part, (told, why) in ((part, _of_frameworks(part, names, roles, known)) for part in chosen)
    ]


def _keys(by: str, chosen: Sequence[Part]) -> set[str]:
    """Of the totals of use that these parts need. A region has none of its own."""
    if by == "pool":
        return {f"pool:{part.name}" for part in chosen}
    return {f"zone:{zone}" for part in chosen for zone in part.zones}


Known = Mapping[str, PartUse]
NOT_MEASURED = "not measured now"


def _of_agents(part: Part, by: str, others: Sequence[Part], known: Known) -> tuple[PartUse | None, str]:
    """A part's use by its machines. Regions have no total of their own: theirs is that of their zones."""
    if by == "pool":
        return known.get(f"pool:{part.name}"), ""
    if "" in part.zones:
        return None, "use is summed by zone, and some of its agents say none"
    shared = [zone for zone in part.zones for other in others if other is not part and zone in other.zones]
    if shared:
        return None, f"zone {shared[0]} is in another region too"
    members = [known.get(f"zone:{zone}") for zone in sorted(part.zones)]
    measured = [member for member in members if member is not None]
    return (part_use.together(measured) if len(measured) == len(members) else None), ""


def _of_frameworks(
    part: Part, names: Mapping[str, Part], roles: Mapping[str, int], known: Known
) -> tuple[PartUse | None, str]:
    """The use of its frameworks' containers. What a framework with several roles uses is not told by role."""
    measured: list[PartUse] = []
    for framework in part.frameworks:
        one = names.get(framework)
        name = one.name if one else framework
        if one is not part and roles.get(framework, 0) > 1:
            return None, f"{name} has {roles[framework]} roles, and use is not told by role"
        told = known.get(framework)
        if told is not None:
            measured.append(told)
        elif one is None or one.holds_something:
            return None, "" if one is part else f"{name}: {NOT_MEASURED}"
    if not measured:
        return None, "nothing of it runs" if part.frameworks else "no framework is subscribed to it"
    return part_use.together(measured), ""


def _size(part: Part, totals: Mapping[str, float | None]) -> float:
    """The largest share it holds of the cluster's CPU, memory or disk: most clusters have too few GPUs to rank by them."""
    return max(_ratio(part.held[key].allocated, totals[key]) or 0.0 for key in RANKED)


def _ratio(amount: float | None, whole: float | None) -> float | None:
    return amount / whole if amount is not None and whole else None
