"""Whether what is allocated would still fit if the largest agent, or a whole zone, were lost: arithmetic on sums. Pure.

No placement is tried: a sum that fits can still be spread so thinly that no agent has room for one task. Public agents are
reckoned apart from private ones, because what they have is reserved for what runs there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from dashboard.queries.room import Amount, Room, allocated, total

POOLS = {False: "private", True: "public"}


@dataclass(frozen=True, kw_only=True)
class Loss:
    """One loss that is thought through."""

    name: str
    """The agent's host, or the zone."""
    agents: int
    moved: Amount
    """What runs there and would have to run elsewhere."""
    left: Mapping[str, Amount]
    """What the other agents would have free after taking it over, private and public apart; below 0 is what they lack. Only
    kinds that lose some."""

    @property
    def short(self) -> dict[str, Amount]:
        """What is lacking, by kind of agent."""
        return {
            pool: Amount(max(0.0, -left.cpus), max(0.0, -left.mem_bytes))
            for pool, left in self.left.items()
            if left.cpus < 0 or left.mem_bytes < 0
        }


@dataclass(frozen=True, kw_only=True)
class Losses:
    """The agent of each kind whose loss would leave least, then every zone by name, where there are several."""

    agents: Mapping[str, Loss]
    """By kind, private and public."""
    zones: tuple[Loss, ...]
    zones_known: int
    without_zone: int
    """Agents that are in no zone."""


@dataclass(frozen=True)
class Pool:
    """Agents of one kind together."""

    name: str
    total: Amount
    spare: Amount

    def margin(self, lost: Amount) -> float:
        """The smaller of the two shares that would be left of the total; below 0 where something is lacking."""
        cpus = (self.spare.cpus - lost.cpus) / self.total.cpus if self.total.cpus else inf
        mem = (self.spare.mem_bytes - lost.mem_bytes) / self.total.mem_bytes if self.total.mem_bytes else inf
        return min(cpus, mem)


def losses(rooms: Sequence[Room]) -> Losses:
    """Of active agents, whose order does not matter."""
    pools = _pools(rooms)
    members: dict[str, list[Room]] = defaultdict(list)
    for room in rooms:
        members[room.zone].append(room)
    names = sorted(name for name in members if name)
    return Losses(
        agents={pool.name: _largest(rooms, pools, public) for public, pool in pools.items()},
        zones=tuple(_loss(name, members[name], pools) for name in names) if len(names) > 1 else (),
        zones_known=len(names),
        without_zone=len(members.get("", ())),
    )


def _largest(rooms: Sequence[Room], pools: Mapping[bool, Pool], public: bool) -> Loss:
    own = [room for room in rooms if room.public is public]
    largest = min(own, key=lambda room: pools[public].margin(Amount(room.cpus_total, room.mem_total_bytes)))
    return _loss(largest.host, [largest], pools)


def _loss(name: str, lost: Sequence[Room], pools: Mapping[bool, Pool]) -> Loss:
    by_pool = {public: [room for room in lost if room.public is public] for public in pools}
    return Loss(
        name=name,
        agents=len(lost),
        moved=allocated(lost),
        left={
            pools[public].name: pools[public].spare.less(total(members))
            for public, members in by_pool.items()
            if members
        },
    )


def _pools(rooms: Iterable[Room]) -> dict[bool, Pool]:
    """Private agents first."""
    members: dict[bool, list[Room]] = {public: [] for public in POOLS}
    for room in rooms:
        members[room.public].append(room)
    found = {}
    for public, own in members.items():
        if own:
            found[public] = Pool(POOLS[public], total(own), total(own).less(allocated(own)))
    return found
