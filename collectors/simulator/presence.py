"""What the leading master knows about an agent: by itself, because of an outage, or because an operator said so.

An agent that dies is inactive at once, after the ping timeout it is gone from the lists and unreachable. One that an operator
marked gone, or whose machine was taken down for maintenance, is neither: it left because somebody wanted it to.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from collectors.simulator.incidents import Kind, Outage, Timeline
from collectors.simulator.plan import Agent
from collectors.simulator.rhythm import scatter

if TYPE_CHECKING:
    from collectors.simulator.state import Moment


class Presence(StrEnum):
    """Only the first four are listed by `/slaves` and `/state-summary`."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEACTIVATED = "deactivated"
    DRAINING = "draining"
    RECOVERED = "recovered"
    UNREACHABLE = "unreachable"
    GONE = "gone"
    REMOVED = "removed"


LISTED = (Presence.ACTIVE, Presence.INACTIVE, Presence.DEACTIVATED, Presence.DRAINING)


class Standing(NamedTuple):
    """How the leader knows an agent, when it registered it, when it did so again (None: never), and since when it left."""

    presence: Presence
    registered_at: float
    reregistered_at: float | None
    left_at: float | None = None


def presence_of(agent: Agent, moment: Moment) -> Standing:
    """An operator's word counts for more than what became of the process."""
    timeline, at = moment.timeline, moment.at
    delay = timeline.timing.reregister_seconds * (0.2 + 0.8 * scatter(agent.index, 7))
    found = _by_itself(agent, moment, delay)
    if gone := timeline.broken(Kind.AGENT_GONE, agent.host, at):
        return found._replace(presence=Presence.GONE, left_at=gone.begins_at)
    down = next((o for o in timeline.of(Kind.MACHINE_DOWN, agent.host) if o.begins_at <= at < o.ends_at + delay), None)
    if down is not None:
        return found._replace(presence=Presence.REMOVED, left_at=down.begins_at)
    if found.presence is Presence.ACTIVE:
        return found._replace(presence=_as_wished(agent.host, timeline, at))
    return found


def _as_wished(host: str, timeline: Timeline, at: float) -> Presence:
    if timeline.broken(Kind.AGENT_DRAINING, host, at):
        return Presence.DRAINING
    return Presence.DEACTIVATED if timeline.broken(Kind.AGENT_DEACTIVATED, host, at) else Presence.ACTIVE


def _by_itself(agent: Agent, moment: Moment, delay: float) -> Standing:
    timeline, timing, at = moment.timeline, moment.timeline.timing, moment.at
    first = moment.elected_at == timeline.begins_at
    registered, again = moment.elected_at + delay, None if first else moment.elected_at + delay
    presence, left_at = Presence.RECOVERED if at < registered else Presence.ACTIVE, None
    for outage in timeline.away(agent.host):
        if outage.begins_at > at or outage.ends_at + delay <= moment.elected_at:
            continue
        given_up_at = outage.begins_at + timing.ping_timeout_seconds
        missed = outage.begins_at < registered and outage.ends_at > moment.elected_at
        if missed and given_up_at > moment.elected_at:
            given_up_at = moment.elected_at + timing.recovery_seconds
        unreachable = given_up_at <= min(at, outage.ends_at)
        if outage.kind is Kind.AGENT_HUNG and outage.ends_at <= given_up_at and at >= outage.ends_at and not missed:
            continue
        if at < outage.ends_at + delay:
            presence = _while_away(outage, missed=missed, unreachable=unreachable)
            left_at = given_up_at if unreachable else None
        else:
            again = outage.ends_at + delay
            registered = again if unreachable or missed else registered
            presence, left_at = Presence.ACTIVE, None
    return Standing(presence, registered, again, left_at)


def _while_away(outage: Outage, *, missed: bool, unreachable: bool) -> Presence:
    if unreachable:
        return Presence.UNREACHABLE
    if missed:
        return Presence.RECOVERED
    return Presence.ACTIVE if outage.kind is Kind.AGENT_HUNG else Presence.INACTIVE
