"""How many more instances of something fit now, and on which agents: an upper bound, agent by agent. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.queries.room import Amount, Room

SLACK = 1e-9
"""Amounts are sums of decimal fractions: 0.3 is three times 0.1, although the machine's own arithmetic says a trace less."""
MOST_ON_ONE = 1_000_000
"""Of something next to nothing any number fits: more is not counted."""


class Place(NamedTuple):
    """An agent, how many fit there, and what stops the next one: "CPU", "memory", or "CPU and memory"."""

    room: Room
    fits: int
    stopped_by: str


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The answer. Places with the most room first."""

    need: Amount
    wanted: int
    places: tuple[Place, ...]

    @property
    def fits(self) -> int:
        return sum(place.fits for place in self.places)

    @property
    def agents(self) -> int:
        """How many agents have room for one at least."""
        return sum(place.fits > 0 for place in self.places)

    @property
    def enough(self) -> bool:
        return self.fits >= self.wanted

    @property
    def stopped_by(self) -> str:
        """What stops the next instance on most agents."""
        counted = Counter(place.stopped_by for place in self.places).most_common(1)
        return counted[0][0] if counted else ""

    @property
    def stranded(self) -> Amount:
        """What is free on agents that have no room for a single one: it is there, and of no use for this."""
        left = [place.room.free for place in self.places if not place.fits]
        return Amount(sum(one.cpus for one in left), sum(one.mem_bytes for one in left))

    @property
    def reservations_known(self) -> bool:
        return all(place.room.reservations_known for place in self.places)


def fit(rooms: Iterable[Room], need: Amount, wanted: int) -> Fit:
    """`need` is one instance's, more than nothing of one resource at least."""
    places = [_place(room, need) for room in rooms]
    return Fit(need=need, wanted=wanted, places=tuple(sorted(places, key=lambda place: -place.fits)))


def _place(room: Room, need: Amount) -> Place:
    free = room.free
    by_cpu, by_mem = _times(free.cpus, need.cpus), _times(free.mem_bytes, need.mem_bytes)
    if by_cpu == by_mem:
        return Place(room, by_cpu, "CPU and memory")
    return Place(room, by_cpu, "CPU") if by_cpu < by_mem else Place(room, by_mem, "memory")


def _times(free: float, need: float) -> int:
    return min(MOST_ON_ONE, int(free / need + SLACK)) if need > 0 else MOST_ON_ONE
