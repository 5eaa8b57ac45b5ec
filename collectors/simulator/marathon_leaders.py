"""Which instance of Marathon leads: one runs on each master, and who leads goes on until its process ends."""

from __future__ import annotations

from collectors.simulator.incidents import Kind, Outage
from collectors.simulator.plan import Master
from collectors.simulator.state import World

ENDS = (Kind.MACHINE_OFF, Kind.MARATHON_DEAD)
"""What ends its process. A Mesos master that dies ends none: Marathon finds the next one."""


def leader_of(world: World, at: float) -> tuple[Master, float] | None:
    """The master whose Marathon leads, and since when; None while none is elected. The first to lead is the second's."""
    masters, place, since = world.plan.masters, 1 % len(world.plan.masters), world.timeline.begins_at
    while (died_at := _death(world, masters[place], since, at)) is not None:
        elected = _election(world, place, died_at + world.timing.election_seconds, at)
        if elected is None:
            return None
        place, since = elected
    return masters[place], since


def _outages(world: World, master: Master) -> list[Outage]:
    return [outage for kind in ENDS for outage in world.timeline.of(kind, master.host)]


def _death(world: World, master: Master, since: float, at: float) -> float | None:
    """When the one who led since then ended, if it had by `at`."""
    return min((o.begins_at for o in _outages(world, master) if since < o.begins_at <= at), default=None)


def _election(world: World, last: int, at: float, until: float) -> tuple[int, float] | None:
    """Who of the others, at last the same one, leads next and since when; None where that is later than `until`."""
    masters = world.plan.masters
    others = [(last + step) % len(masters) for step in range(1, len(masters) + 1)]
    while at <= until:
        down = {place: [o for o in _outages(world, masters[place]) if o.covers(at)] for place in others}
        ready = next((place for place in others if not down[place]), None)
        if ready is not None:
            return ready, at
        at = min(max(outage.ends_at for outage in outages) for outages in down.values())
    return None
