"""What befalls Marathon's apps: deployments, one that waits, one that crashes again and again, one that is not healthy.

All of it stands in the timeline as outages of the framework `marathon`, the app in the place of the unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from collectors.simulator.incidents import Kind, Outage
from collectors.simulator.plan import FRAMEWORKS, MARATHON, Amount, App, Plan

if TYPE_CHECKING:
    from collectors.simulator.state import World

HOUR_SECONDS = 3_600.0
OWN = FRAMEWORKS[MARATHON].name
WAITER = App("monthly-close", MARATHON, Amount(4_000, 98_304, 10_240))
"""Wanted once a month, and too large for any agent. It has no place in any plan."""
CRASHING_APP, UNHEALTHY_APP, STUCK_APP, DEPLOYED_APP = "cron-proxy", "sessions", "accounts", "web"
CRASHES_PER_HOUR = 36.0
CRASHING_SECONDS = 3 * HOUR_SECONDS


def planted(plan: Plan, anchor: float, days: range) -> Iterator[Outage]:
    """Every day a deployment and some crashes; from the anchor's eve on one that waits and a deployment that is stuck.

    Nothing where the plan has other apps.
    """
    known = {slot.app.name for agent in plan.agents for slot in agent.slots}
    if not {CRASHING_APP, UNHEALTHY_APP, STUCK_APP, DEPLOYED_APP} <= known:
        return
    for day in days:
        yield from _day(anchor + day * 24 * HOUR_SECONDS)
    yield Outage(Kind.APP_WAITING, OWN, anchor - 5.2 * HOUR_SECONDS, inf, WAITER.name)
    yield Outage(Kind.DEPLOYING, OWN, anchor - 0.4 * HOUR_SECONDS, inf, STUCK_APP)


def _day(now: float) -> Iterator[Outage]:
    begins = now - 4 * HOUR_SECONDS
    yield Outage(Kind.DEPLOYING, OWN, begins, begins + 480, DEPLOYED_APP)
    begins = now - 1.9 * HOUR_SECONDS
    ends = begins + CRASHING_SECONDS
    yield Outage(Kind.TASKS_FAILING, OWN, begins, ends, CRASHING_APP, per_hour=CRASHES_PER_HOUR)
    begins = now - 0.7 * HOUR_SECONDS
    yield Outage(Kind.APP_UNHEALTHY, OWN, begins, begins + 2 * HOUR_SECONDS, UNHEALTHY_APP)


def _now(world: World, kind: Kind, at: float) -> Iterator[Outage]:
    """Of one app each."""
    return (outage for outage in world.timeline.of(kind, OWN) if outage.unit and outage.covers(at))


def unhealthy(world: World, at: float) -> dict[str, str]:
    """App → the agent whose instances of it fail their checks: the first that has a place for one at any time."""
    first = {app.name: world.hosts_of[app][0].host for app in reversed(world.apps_of[MARATHON])}
    return {o.unit: first[o.unit] for o in _now(world, Kind.APP_UNHEALTHY, at) if o.unit in first}


def under_way(world: World, at: float) -> list[Outage]:
    return list(_now(world, Kind.DEPLOYING, at))


def last_deployed_at(world: World, app: str, at: float) -> float | None:
    """When its last deployment began, the present one included."""
    begun = (o.begins_at for o in world.timeline.of(Kind.DEPLOYING, OWN) if o.unit == app and o.begins_at <= at)
    return max(begun, default=None)


def crashing(world: World, at: float) -> dict[str, Outage]:
    """Apps of which one instance fails again and again."""
    return {outage.unit: outage for outage in _now(world, Kind.TASKS_FAILING, at)}


def waits(world: World, at: float) -> dict[str, float]:
    """Apps of which an instance more is wanted than fits on any agent, and since when."""
    return {outage.unit: outage.begins_at for outage in _now(world, Kind.APP_WAITING, at)}


def ever_waits(world: World, app: str) -> bool:
    return any(outage.unit == app for outage in world.timeline.of(Kind.APP_WAITING, OWN))


def launch_delay_seconds(outage: Outage, at: float) -> float:
    """How long Marathon still rests before it launches again what crashed last, and will crash at once."""
    gap = HOUR_SECONDS / outage.per_hour
    return gap - (at - outage.begins_at) % gap
