"""What goes wrong and when: outages as spans of time, and who led the cluster because of them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from math import inf


class Kind(StrEnum):
    AGENT_DEAD = "agent_dead"
    AGENT_HUNG = "agent_hung"
    MASTER_DEAD = "master_dead"
    MACHINE_OFF = "machine_off"
    DIAGNOSTICS_SILENT = "diagnostics_silent"
    UNIT_BROKEN = "unit_broken"
    ZOOKEEPER_HUNG = "zookeeper_hung"
    AGENT_DRAINING = "agent_draining"
    AGENT_DEACTIVATED = "agent_deactivated"
    AGENT_GONE = "agent_gone"
    MAINTENANCE = "maintenance"
    MACHINE_DOWN = "machine_down"
    FRAMEWORK_AWAY = "framework_away"
    FRAMEWORK_ENDED = "framework_ended"
    TASKS_FAILING = "tasks_failing"
    """Of a framework; of one of its apps where `unit` names it."""
    DEPLOYING = "deploying"
    """Of a framework too, as the two below: `unit` names the app."""
    APP_UNHEALTHY = "app_unhealthy"
    APP_WAITING = "app_waiting"
    MARATHON_DEAD = "marathon_dead"
    """Of a master's host: the process of Marathon there."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One thing out of order on one host (a framework stands under its name), from `begins_at` until `ends_at`.

    Seconds since 1970; infinite: still so.
    """

    kind: Kind
    host: str
    begins_at: float
    ends_at: float = inf
    unit: str = ""
    output: str = ""
    window: tuple[float, float] = (0.0, 0.0)
    """Of maintenance: when the machine is to be taken down, and when it is to be back."""
    per_hour: float = 0.0
    """Of failing tasks."""

    def covers(self, at: float) -> bool:
        return self.begins_at <= at < self.ends_at

    def times(self, at: float) -> int:
        """How often it had happened by then, of what happens at a rate."""
        return max(0, int((at - self.begins_at) * self.per_hour / 3_600))


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a real cluster takes to notice, in seconds. Defaults are those of Mesos and dcos-diagnostics."""

    ping_timeout_seconds: float = 75.0
    """From an agent's silence until the master calls it unreachable (15 s × 5)."""
    election_seconds: float = 10.0
    """From a leader's death until the next one leads: the ZooKeeper session."""
    reregister_seconds: float = 2.0
    """From an election until the last agent is back."""
    recovery_seconds: float = 600.0
    """How long a new leader waits for agents it knows from the registry."""
    restart_seconds: float = 5.0
    """From a process's own exit until systemd starts it again."""
    pull_seconds: float = 60.0
    """Between two rounds of dcos-diagnostics."""


@dataclass(frozen=True, slots=True)
class Reign:
    """One master's time as leader. Until `forgotten_at` the others still send readers to it."""

    host: str
    begins_at: float
    ends_at: float
    forgotten_at: float


class Timeline:
    """All outages in order, and the reigns that follow from them."""

    def __init__(
        self, outages: tuple[Outage, ...], masters: tuple[str, ...], timing: Timing, *, begins_at: float
    ) -> None:
        self.begins_at, self.timing, self.masters = begins_at, timing, masters
        self._by_host: dict[tuple[Kind, str], list[Outage]] = defaultdict(list)
        for outage in sorted(outages, key=lambda o: o.begins_at):
            self._by_host[outage.kind, outage.host].append(outage)
        self.reigns = self._reigns()
        self._begins = [reign.begins_at for reign in self.reigns]

    def of(self, kind: Kind, host: str = "") -> list[Outage]:
        """The outages of one kind on one host, oldest first; ZooKeeper's host is empty."""
        return self._by_host.get((kind, host), [])

    def away(self, host: str) -> list[Outage]:
        """An agent's outages, dead or hung, oldest first."""
        dead, hung = self.of(Kind.AGENT_DEAD, host), self.of(Kind.AGENT_HUNG, host)
        return sorted((*dead, *hung), key=lambda o: o.begins_at) if dead or hung else []

    def broken(self, kind: Kind, host: str, at: float) -> Outage | None:
        return next((outage for outage in self.of(kind, host) if outage.covers(at)), None)

    def failed_on_cue(self, framework: str, since: float, at: float) -> int:
        """How many tasks of a framework were made to fail between two moments."""
        return sum(
            outage.times(min(at, outage.ends_at)) - outage.times(since)
            for outage in self.of(Kind.TASKS_FAILING, framework)
            if outage.begins_at < at and since < outage.ends_at
        )

    def reign(self, at: float) -> Reign | None:
        """The last reign that began by then; it may be over."""
        place = bisect_right(self._begins, at)
        return self.reigns[place - 1] if place else None

    def started_at(self, host: str, at: float, dead: Kind = Kind.MASTER_DEAD) -> float | None:
        """When the running process of this host's master, or agent, began; None while it is dead."""
        started = self.begins_at
        for outage in self.of(dead, host):
            if outage.covers(at):
                return None
            if outage.ends_at <= at:
                started = max(started, outage.ends_at)
        return started

    def _reigns(self) -> list[Reign]:
        reigns: list[Reign] = []
        host, began = self.masters[0], self.begins_at
        while True:
            lost_at, forgotten_at, by_zookeeper = self._end_of_reign(host, began)
            if by_zookeeper:
                # Mesos: a leader whose ZooKeeper session is lost exits, so that no two masters ever lead.
                exit_span = Outage(Kind.MASTER_DEAD, host, lost_at, lost_at + self.timing.restart_seconds)
                spans = self._by_host[Kind.MASTER_DEAD, host]
                spans[:] = sorted([*spans, exit_span], key=lambda o: o.begins_at)
            successor = self._election(host, lost_at)
            elected_at = successor[1] if successor else inf
            reigns.append(Reign(host, began, lost_at, elected_at if forgotten_at is None else forgotten_at))
            if successor is None:
                return reigns
            host, began = successor

    def _end_of_reign(self, host: str, began: float) -> tuple[float, float | None, bool]:
        """When the leader stops leading, when it is forgotten (None: at the next election), whether ZooKeeper did it."""
        deaths = [o.begins_at for o in self.of(Kind.MASTER_DEAD, host) if o.begins_at > began]
        session = self.timing.election_seconds
        losses = [
            o.begins_at + session
            for o in self.of(Kind.ZOOKEEPER_HUNG)
            if o.begins_at + session > began and o.ends_at > o.begins_at + session
        ]
        death, loss = min(deaths, default=inf), min(losses, default=inf)
        return (loss, loss, True) if loss < death else (death, None, False)

    def _election(self, last: str, lost_at: float) -> tuple[str, float] | None:
        """Who leads next and from when; None when nobody ever does."""
        if lost_at == inf:
            return None
        order = self.masters.index(last)
        others = self.masters[order + 1 :] + self.masters[: order + 1]
        at = lost_at + self.timing.election_seconds
        while at < inf:
            hung = self.broken(Kind.ZOOKEEPER_HUNG, "", at)
            if hung is None:
                ready = next((host for host in others if self.started_at(host, at) is not None), None)
                if ready:
                    return ready, at
            ends = (
                [hung.ends_at]
                if hung
                else [o.ends_at for h in others for o in self.of(Kind.MASTER_DEAD, h) if o.covers(at)]
            )
            at = min(ends) + self.timing.restart_seconds
        return None
