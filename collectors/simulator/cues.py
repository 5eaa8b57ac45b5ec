"""What every cue does: begin something on a host, or end it; from now on, and time tells the rest of the story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from threading import Lock

from collectors.simulator.incidents import Kind, Outage
from collectors.simulator.plan import FRAMEWORKS
from collectors.simulator.state import World

AWAY = (Kind.AGENT_DEAD, Kind.AGENT_HUNG)


class UnknownCueError(ValueError):
    """A failure, host, unit or app that this cluster does not have; the message says which and what there is."""


class Cues:
    """One world's. `clock` gives the present, in seconds since 1970."""

    def __init__(self, world: World, clock: Callable[[], float]) -> None:
        self._world, self._clock, self._lock = world, clock, Lock()
        self._agents = [agent.host for agent in world.plan.agents]
        self._masters = [master.host for master in world.plan.masters]
        self._frameworks = [framework.name for framework in FRAMEWORKS]

    def _known(self, host: str, hosts: list[str]) -> str:
        if host not in hosts:
            raise UnknownCueError(f"no {host} among {hosts[0]} … {hosts[-1]}")
        return host

    def _begin(
        self,
        kind: Kind,
        host: str,
        *,
        unit: str = "",
        output: str = "",
        window: tuple[float, float] = (0.0, 0.0),
        per_hour: float = 0.0,
        seconds: float = inf,
    ) -> None:
        """What is already out of order stays so: a dead agent dies no second time."""
        now, alike = self._clock(), AWAY if kind in AWAY else (kind,)
        with self._lock:
            known = self._world.outages
            if not any(self._is(outage, host, alike, unit) and outage.covers(now) for outage in known):
                self._world.outages = (*known, Outage(kind, host, now, now + seconds, unit, output, window, per_hour))

    def _end(self, host: str, *kinds: Kind, unit: str = "") -> None:
        """Whatever of these is the matter with the host now ends now; what is planned for later stays."""
        now = self._clock()
        with self._lock:
            self._world.outages = tuple(
                replace(outage, ends_at=now) if self._is(outage, host, kinds, unit) and outage.covers(now) else outage
                for outage in self._world.outages
            )

    @staticmethod
    def _is(outage: Outage, host: str, kinds: tuple[Kind, ...], unit: str) -> bool:
        return outage.host == host and outage.kind in kinds and outage.unit == unit
