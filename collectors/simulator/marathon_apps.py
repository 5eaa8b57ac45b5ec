"""Marathon's apps at a moment: what is wanted of each, what runs of it, and since when it is as it is.

Marathon hears of its tasks from the leading master and keeps what it heard: an election, and agents that come back to a new
leader, change nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from collectors.simulator import marathon_stories as stories
from collectors.simulator.container_lives import Container, containers_of
from collectors.simulator.incidents import Timeline
from collectors.simulator.marathon_stories import WAITER
from collectors.simulator.plan import MARATHON, PUBLIC_ROLE, Agent, App, Plan
from collectors.simulator.presence import Presence, presence_of
from collectors.simulator.rhythm import DAY_SECONDS, scatter
from collectors.simulator.state import World

OLDEST_CONFIG_DAYS, NEWEST_CONFIG_DAYS = 35.0, 2.0
ENDED = (Presence.GONE, Presence.REMOVED)
"""Where an agent is, its tasks have ended."""


@dataclass(slots=True)
class Instance:
    """One instance as Marathon knows it."""

    container: Container
    host: str
    is_reachable: bool


@dataclass(slots=True)
class AppNow:
    app: App
    is_public: bool
    instances: list[Instance] = field(default_factory=list)
    wanted: int = 0
    configured_at: float = 0.0
    scaled_at: float = 0.0
    deploying_since: float | None = None
    waits_since: float | None = None
    unhealthy_host: str = ""

    @property
    def app_id(self) -> str:
        return f"/{self.app.name}"

    @property
    def staged(self) -> int:
        return sum(one.is_reachable and not one.container.is_measured for one in self.instances)

    @property
    def running(self) -> int:
        return sum(one.is_reachable and one.container.is_measured for one in self.instances)

    @property
    def unhealthy(self) -> int:
        """Every instance on the one agent where it fails its checks."""
        if not (self.unhealthy_host and self.app.is_checked):
            return 0
        on_it = (one for one in self.instances if one.host == self.unhealthy_host)
        return sum(one.is_reachable and one.container.is_measured for one in on_it)

    @property
    def healthy(self) -> int:
        return self.running - self.unhealthy if self.app.is_checked else 0

    @property
    def accepted_role(self) -> str:
        """Of the resources it may be launched on."""
        return PUBLIC_ROLE if self.is_public else "*"


def apps_of(world: World, at: float) -> list[AppNow]:
    """Every app of Marathon, by its id; the same answer for the same moment."""
    return _apps_of(world, world.timeline, at)


@lru_cache(maxsize=4)
def _apps_of(world: World, timeline: Timeline, at: float) -> list[AppNow]:
    """Whoever asks for the apps of a moment mostly asks for more of it; a cue makes a timeline of its own."""
    found = {app.name: AppNow(app, agents[0].public) for app, agents in _apps(world)}
    for agent, is_reachable, container in _instances(world, at):
        app = found[container.slot.app.name]
        app.wanted += 1
        if is_reachable is not None:
            app.instances.append(Instance(container, agent.host, is_reachable))
    waits, crashing, unhealthy = stories.waits(world, at), stories.crashing(world, at), stories.unhealthy(world, at)
    for name, app in found.items():
        _date(world, at, app)
        app.wanted += (name in crashing) + (name in waits)
        app.waits_since = waits.get(name)
        app.unhealthy_host = unhealthy.get(name, "")
    return [found[name] for name in sorted(found)]


def _apps(world: World) -> Iterator[tuple[App, tuple[Agent, ...]]]:
    for app in world.apps_of[MARATHON]:
        yield app, world.hosts_of[app]
    if stories.ever_waits(world, WAITER.name):
        yield WAITER, tuple(agent for agent in world.plan.agents if not agent.public)


def _instances(world: World, at: float) -> Iterator[tuple[Agent, bool | None, Container]]:
    """Every place that is to be taken: its agent, whether that is reachable (None: the task has ended), what runs there."""
    outline = world.outline(at)
    for agent in world.plan.agents:
        if MARATHON not in agent.frameworks:
            continue
        standing = presence_of(agent, outline)
        is_away = standing.presence is Presence.UNREACHABLE
        seen_at = standing.left_at if is_away and standing.left_at is not None else at
        for container in containers_of(world, agent, seen_at):
            if container.slot.framework == MARATHON:
                yield agent, None if standing.presence in ENDED else not is_away, container


def _date(world: World, at: float, app: AppNow) -> None:
    name, configured = app.app.name, _configured_at(world.plan, app.app, at)
    app.configured_at = max(configured, stories.last_deployed_at(world, name, at) or 0.0)
    app.scaled_at = max([app.configured_at, *(one.container.started_at for one in app.instances)])
    begun = [outage.begins_at for outage in stories.under_way(world, at) if outage.unit == name]
    app.deploying_since = begun[0] if begun else None


def _configured_at(plan: Plan, app: App, at: float) -> float:
    """The last time its owners changed it: each has a rhythm of its own."""
    period = (
        NEWEST_CONFIG_DAYS + scatter(plan.key, _number(app.name)) * (OLDEST_CONFIG_DAYS - NEWEST_CONFIG_DAYS)
    ) * DAY_SECONDS
    return at // period * period


@lru_cache(maxsize=4_096)
def _number(name: str) -> int:
    return int.from_bytes(name.encode()[-6:].ljust(6, b"\0"), "big")
