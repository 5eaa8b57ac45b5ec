"""A cluster as a function of time: the same seed, incidents and moment always give the same answer, past and future.

Nothing is stored and nothing moves: `World.at(t)` works out who leads, which agents the leader knows and what runs.
The rules are those seen in a real Mesos 1.11 cluster: an agent that dies is inactive at once, after the ping timeout it
is gone from the lists and its tasks are unreachable; a new leader begins with no agents and with counters at zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import floor

from collectors.simulator import stories
from collectors.simulator.incidents import Kind, Outage, Timeline, Timing
from collectors.simulator.plan import FRAMEWORKS, Agent, Amount, App, Framework, Master, Plan, Slot
from collectors.simulator.presence import LISTED, Presence, presence_of
from collectors.simulator.rhythm import DAY_SECONDS, load, risen, scatter

AGE_SECONDS = 40 * DAY_SECONDS
STAGING_SECONDS = 4
COMPLETED_TASKS_KEPT = 1_000
# Finished, failed and killed tasks of each framework, an hour, on a cluster of twelve agents.
ENDED_PER_HOUR = ((0.0, 0.7, 6.0), (18.0, 0.5, 0.0), (0.0, 0.03, 0.05), (0.0, 0.02, 0.0), (5.0, 0.2, 1.5))


@dataclass(slots=True)
class Tally:
    """Tasks and what they were given."""

    staging: int = 0
    running: int = 0
    cpus_milli: int = 0
    mem_mb: int = 0
    disk_mb: int = 0
    gpus: int = 0
    finished: int = 0
    failed: int = 0
    killed: int = 0

    def take(self, amount: Amount) -> None:
        self.cpus_milli += amount.cpus_milli
        self.mem_mb += amount.mem_mb
        self.disk_mb += amount.disk_mb
        self.gpus += amount.gpus

    def add(self, other: Tally) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class AgentNow:
    agent: Agent
    presence: Presence
    registered_at: float
    reregistered_at: float | None
    left_at: float | None = None
    tallies: dict[int, Tally] = field(default_factory=dict)
    """Tasks by index of framework."""
    used: Tally = field(default_factory=Tally)

    @property
    def listed(self) -> bool:
        return self.presence in LISTED


@dataclass(slots=True)
class FrameworkNow:
    index: int
    framework: Framework
    framework_id: str
    subscribed: bool
    tally: Tally
    ended: tuple[int, int, int]
    """Tasks finished, failed and killed under this leader: the counters, not the ring of completed tasks."""
    disconnected: bool = False
    """Its scheduler is away; what it runs goes on."""
    unreachable: int = 0
    gone: int = 0
    """Tasks on agents that were marked gone under this leader."""
    agent_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Moment:
    """The cluster at one moment, as its leader knows it; without a leader there are no agents and no frameworks."""

    at: float
    plan: Plan
    timeline: Timeline
    leader: Master | None
    elected_at: float
    known_leader: str | None
    """Where the other masters send readers: a dead leader too, until ZooKeeper forgets it."""
    agents: list[AgentNow] = field(default_factory=list)
    frameworks: list[FrameworkNow] = field(default_factory=list)

    @property
    def listed(self) -> list[AgentNow]:
        return [agent for agent in self.agents if agent.listed]


class World:
    """A cluster through time. `anchor` (seconds since 1970) is the "now" around which the demo's stories are told."""

    def __init__(self, plan: Plan, *, anchor: float, timing: Timing | None = None, with_stories: bool = True) -> None:
        self.plan, self.anchor, self.timing = plan, anchor, timing or Timing()
        self._outages = stories.planted(plan, anchor) if with_stories else ()
        self.scale = len(plan.agents) / 12
        self.timeline = self._lay_out()

    @property
    def outages(self) -> tuple[Outage, ...]:
        return self._outages

    @outages.setter
    def outages(self, outages: tuple[Outage, ...]) -> None:
        """Readers in other threads see either the old timeline or the new one, never a mixture."""
        self._outages = outages
        self.timeline = self._lay_out()

    def _lay_out(self) -> Timeline:
        hosts = tuple(master.host for master in self.plan.masters)
        return Timeline(self._outages, hosts, self.timing, begins_at=self.anchor - AGE_SECONDS)

    @cached_property
    def hosts_of(self) -> dict[App, tuple[Agent, ...]]:
        """Every app that has a place anywhere, in the order of the agents, and the agents where it has one."""
        found: dict[App, list[Agent]] = {}
        for agent in self.plan.agents:
            for app in dict.fromkeys(slot.app for slot in agent.slots):
                found.setdefault(app, []).append(agent)
        return {app: tuple(agents) for app, agents in found.items()}

    @cached_property
    def apps_of(self) -> tuple[tuple[App, ...], ...]:
        """The same apps of each framework."""
        return tuple(tuple(app for app in self.hosts_of if app.framework == i) for i in range(len(FRAMEWORKS)))

    def lives(self, master: str, at: float) -> bool:
        return self.timeline.started_at(master, at) is not None

    def pulled_at(self, at: float) -> float:
        """When dcos-diagnostics last asked all nodes: what it says is as old as that."""
        period = self.timing.pull_seconds
        phase = scatter(self.plan.key, 99) * period
        return floor((at - phase) / period) * period + phase

    def at(self, at: float) -> Moment:
        moment = self.outline(at)
        if moment.leader is not None:
            moment.agents = [self._agent(agent, moment) for agent in self.plan.agents]
            ended = self.torn_down(at)
            moment.frameworks = [self._framework(i, moment) for i in range(len(FRAMEWORKS)) if i not in ended]
            _share_out_completed(moment)
        return moment

    def outline(self, at: float) -> Moment:
        """Who leads then, without a look at any agent or framework."""
        timeline = self.timeline
        reign = timeline.reign(at)
        leads = reign is not None and at < reign.ends_at
        known = reign.host if reign is not None and at < reign.forgotten_at else None
        leader = next((m for m in self.plan.masters if m.host == reign.host), None) if leads and reign else None
        return Moment(at, self.plan, timeline, leader, reign.begins_at if reign else at, known)

    def _agent(self, agent: Agent, moment: Moment) -> AgentNow:
        now = AgentNow(agent, *presence_of(agent, moment))
        left = now.presence in (Presence.GONE, Presence.UNREACHABLE)
        at = now.left_at if left and now.left_at is not None else moment.at
        if now.presence not in (Presence.RECOVERED, Presence.REMOVED):
            place_tasks(self, now, at)
        return now

    def torn_down(self, at: float) -> frozenset[int]:
        """Indices of the frameworks that have completed: none of their tasks runs."""
        broken = self.timeline.broken
        return frozenset(i for i, each in enumerate(FRAMEWORKS) if broken(Kind.FRAMEWORK_ENDED, each.name, at))

    def _framework(self, index: int, moment: Moment) -> FrameworkNow:
        since, timing = moment.elected_at, moment.timeline.timing
        subscribed = moment.at >= since + timing.reregister_seconds * (0.3 + 0.1 * index)
        name = FRAMEWORKS[index].name
        away = self.timeline.broken(Kind.FRAMEWORK_AWAY, name, moment.at) is not None
        finished, failed, killed = (
            risen(self.plan.key + 8 * index + way, since, moment.at, per_hour=rate * self.scale)
            for way, rate in enumerate(ENDED_PER_HOUR[index])
        )
        failed += self.timeline.failed_on_cue(name, since, moment.at)
        ended, framework_id = (finished, failed, killed), f"{self.plan.run_id}-{index:04d}"
        now = FrameworkNow(
            index, FRAMEWORKS[index], framework_id, subscribed and not away, Tally(), ended, disconnected=away
        )
        for agent in moment.agents:
            tally = agent.tallies.get(index)
            if tally is not None and agent.listed:
                now.tally.add(tally)
                now.agent_ids.append(agent.agent.agent_id)
            elif tally is not None and agent.presence is Presence.UNREACHABLE:
                now.unreachable += tally.running + tally.staging
            elif tally is not None and (agent.left_at or 0) >= since:
                now.gone += tally.running + tally.staging
        return now


def place_tasks(world: World, now: AgentNow, at: float) -> None:
    """What runs on an agent at a moment."""
    level, ended = load(world.plan.key, at), world.torn_down(at)
    for slot in now.agent.steady:
        if slot.framework not in ended:
            _run(now, slot)
    for slot in now.agent.breathing:
        if slot.threshold < level and slot.framework not in ended:
            _run(now, slot)
    for slot in now.agent.jobs:
        age = (at + slot.phase_seconds) % slot.period_seconds
        if age < slot.busy_seconds and slot.framework not in ended:
            _run(now, slot, staging=age < STAGING_SECONDS)


def _run(now: AgentNow, slot: Slot, *, staging: bool = False) -> None:
    tally = now.tallies.get(slot.framework)
    if tally is None:
        tally = now.tallies[slot.framework] = Tally()
    for each in (tally, now.used):
        each.take(slot.amount)
        if staging:
            each.staging += slot.app.tasks
        else:
            each.running += slot.app.tasks


def _share_out_completed(moment: Moment) -> None:
    """Completed tasks stand both with their framework and with the agents it runs on; both sums are the same."""
    for framework in moment.frameworks:
        hosts = [a for a in moment.agents if a.listed and framework.index in a.agent.frameworks]
        for name, ended in zip(("finished", "failed", "killed"), framework.ended, strict=True):
            kept = min(ended, COMPLETED_TASKS_KEPT) if hosts else 0
            setattr(framework.tally, name, kept)
            for place, agent in enumerate(hosts):
                part = kept // len(hosts) + (place < kept % len(hosts))
                setattr(agent.used, name, getattr(agent.used, name) + part)
