"""Whose tasks are at risk while an agent is silent, and whether they would find room elsewhere.

By framework: which app a task belongs to is not known yet. Room is reckoned from the CPU and memory of each container alone
and one at a time: constraints, roles and ports are not looked at, so "restarts" means that nothing known stands against it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.models import Cluster, Container, Framework, Node
from dashboard.queries import containers_now, fit, room
from dashboard.queries.marks import Mark
from dashboard.queries.room import Amount, Room

MOST_CONTAINERS = 1_000
MOST_NEEDS = 60
"""Different sizes of container that are held against the agents' room."""
RESTARTS, CANNOT, CANNOT_TELL = Mark("good", "restarts"), Mark("bad", "cannot restart"), Mark("unk", "cannot tell")
UNNAMED = "unknown framework"


@dataclass(frozen=True, kw_only=True)
class AtRisk:
    """One framework's tasks on the host, as its agent last listed them."""

    framework: str
    tasks: int
    of: int | None
    """How many tasks it runs in the whole cluster; None where that is not known."""
    mark: Mark
    cannot: int
    """How many of its containers find room nowhere."""
    agents: int
    """On how many agents its largest container has room."""
    largest: Amount | None
    """Need of the largest; None where no size is known."""


@dataclass(frozen=True, kw_only=True)
class Risk:
    """Those that cannot restart first. `agents`: active ones of the same pool, without the host itself."""

    rows: tuple[AtRisk, ...]
    tasks: int
    cannot: int
    unknown: int
    agents: int


def risk(cluster: Cluster, host: str) -> Risk:
    """Five queries, whatever runs there."""
    running = Container.objects.filter(cluster=cluster, host=host, ended_at=None, parent_id="")
    found = list(running.order_by("pk").defer("counters", "labels")[:MOST_CONTAINERS])
    containers = [
        (one.framework_id, one.framework_name, one.cpus_requested, one.cpus_limit, one.mem_limit_bytes)
        for one in containers_now.brought_up(cluster, found)
    ]
    known = {one.framework_id: one for one in Framework.objects.filter(cluster=cluster)} if containers else {}
    public = Node.objects.filter(cluster=cluster, host=host).values_list("public", flat=True).first() or False
    rooms = [one for one in room.of_agents(cluster) if one.host != host and one.public == public]
    by_framework: dict[tuple[str, str], list[Amount | None]] = defaultdict(list)
    for framework_id, name, requested, limit, mem in containers:
        told = known[framework_id].name if framework_id in known else name
        by_framework[framework_id, told or framework_id or UNNAMED].append(_need(requested, limit, mem))
    places = _Places(rooms)
    rows = [_row(name, needs, known.get(key), places) for (key, name), needs in by_framework.items()]
    rows.sort(key=lambda row: (-row.cannot, -row.tasks, row.framework))
    return Risk(
        rows=tuple(rows),
        tasks=len(containers),
        cannot=sum(row.cannot for row in rows),
        unknown=sum(row.tasks for row in rows if row.mark is CANNOT_TELL),
        agents=len(rooms),
    )


class _Places:
    """On how many agents a container of a size has room; asked once for each size, and not for more than MOST_NEEDS."""

    def __init__(self, rooms: Sequence[Room]) -> None:
        self._rooms = rooms
        self._found: dict[Amount, int] = {}

    def of(self, need: Amount) -> int | None:
        if need not in self._found:
            if len(self._found) >= MOST_NEEDS:
                return None
            self._found[need] = fit.fit(self._rooms, need, 1).agents
        return self._found[need]


def _need(requested: float | None, limit: float | None, mem_bytes: float | None) -> Amount | None:
    cpus = requested if requested is not None else limit
    return Amount(cpus, mem_bytes) if cpus and mem_bytes else None


def _row(name: str, needs: Sequence[Amount | None], framework: Framework | None, places: _Places) -> AtRisk:
    sized = [need for need in needs if need is not None]
    fits = [(need, places.of(need)) for need in sized]
    cannot = sum(agents == 0 for _, agents in fits)
    largest = max(sized, default=None)
    unknown = len(sized) < len(needs) or any(agents is None for _, agents in fits)
    return AtRisk(
        framework=name,
        tasks=len(needs),
        of=framework.tasks_running if framework else None,
        mark=CANNOT if cannot else CANNOT_TELL if unknown else RESTARTS,
        cannot=cannot,
        agents=min((agents for _, agents in fits if agents is not None), default=0),
        largest=largest,
    )
