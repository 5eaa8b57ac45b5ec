"""`/registrar(1)/registry` of the leading master, in the words of Mesos 1.11; a master that does not lead answers `{}`.

Document: https://mesos.apache.org/documentation/latest/endpoints/registrar/registry/. What is empty is left out. The registry
outlives masters, but a loss that was declared under another leader has the time at which this one would have declared it.
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors.simulator.incidents import Kind, Outage
from collectors.simulator.mesos import AGENT_PORT, PORT, Document
from collectors.simulator.plan import Agent
from collectors.simulator.presence import Presence
from collectors.simulator.state import Moment

AWAY = (Presence.UNREACHABLE, Presence.GONE, Presence.REMOVED)


def registry(moment: Moment) -> Document:
    """Only asked of a moment that has a leader."""
    assert moment.leader is not None
    host = moment.leader.host
    admitted = [{"info": _info(now.agent)} for now in moment.agents if now.presence not in AWAY]
    scheduled = list(_scheduled(moment))
    parts: Document = {
        "slaves": {"slaves": admitted} if admitted else {},
        "unreachable": _left(moment, Presence.UNREACHABLE),
        "gone": _left(moment, Presence.GONE),
        "machines": {"machines": [_machine(moment, outage) for outage in scheduled]} if scheduled else {},
        "schedules": [{"windows": [_window(outage) for outage in scheduled]}] if scheduled else [],
    }
    info = {"id": f"leader-{host}", "pid": f"master@{host}:{PORT}", "port": PORT, "hostname": host}
    return {"master": {"info": info}} | {name: part for name, part in parts.items() if part}


def _info(agent: Agent) -> Document:
    return {"id": {"value": agent.agent_id}, "hostname": agent.host, "port": AGENT_PORT, "checkpoint": True}


def _left(moment: Moment, presence: Presence) -> Document:
    entries = [
        {"id": {"value": now.agent.agent_id}, "timestamp": _nanoseconds(now.left_at or moment.at)}
        for now in moment.agents
        if now.presence is presence
    ]
    return {"slaves": entries} if entries else {}


def _scheduled(moment: Moment) -> Iterator[Outage]:
    for agent in moment.plan.agents:
        outage = moment.timeline.broken(Kind.MAINTENANCE, agent.host, moment.at)
        if outage is not None:
            yield outage


def _machine(moment: Moment, outage: Outage) -> Document:
    down = moment.timeline.broken(Kind.MACHINE_DOWN, outage.host, moment.at)
    return {
        "info": {"id": _id(outage), "mode": "DOWN" if down else "DRAINING", "unavailability": _unavailability(outage)}
    }


def _window(outage: Outage) -> Document:
    return {"machine_ids": [_id(outage)], "unavailability": _unavailability(outage)}


def _id(outage: Outage) -> Document:
    return {"hostname": outage.host, "ip": outage.host}


def _unavailability(outage: Outage) -> Document:
    begins, ends = outage.window
    return {"start": _nanoseconds(begins), "duration": _nanoseconds(ends - begins)}


def _nanoseconds(seconds: float) -> Document:
    return {"nanoseconds": round(seconds * 1_000_000) * 1_000}
