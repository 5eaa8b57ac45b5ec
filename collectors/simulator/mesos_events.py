"""What the leading master tells its subscribers: the cluster once, then what changes, found by comparing two moments.

Document: https://mesos.apache.org/documentation/latest/operator-http-api/#events. Whoever replays what is told onto the first
record has what GET_TASKS tells at that moment. Of agents that drain or are inactive Mesos tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from collectors.simulator import mesos, tasks
from collectors.simulator.ended_tasks import TOLD, Ended, between
from collectors.simulator.mesos import Document
from collectors.simulator.plan import FRAMEWORKS
from collectors.simulator.presence import Presence
from collectors.simulator.state import AgentNow, FrameworkNow, Moment, World
from collectors.simulator.tasks import Known

CALL = "SUBSCRIBE"
HEARTBEAT_SECONDS = 15.0


def recordio(event: Document) -> bytes:
    body = msgspec.json.encode(event)
    return b"%d\n%b" % (len(body), body)


HEARTBEAT = recordio({"type": "HEARTBEAT"})


class MesosWatch:
    """The leader's view of a world. It is over when that leader is."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._elected_at = self._ended_until = 0.0
        self._moment: Moment | None = None
        self._tasks: dict[str, Known] = {}

    def begin(self, at: float) -> None:
        moment = self._world.at(at)
        self._moment, self._elected_at, self._ended_until = moment, moment.elected_at, at
        self._tasks = _by_id(self._world, moment)

    def look(self, at: float, *, is_thorough: bool) -> list[Document] | None:
        outline = self._world.outline(at)
        if outline.leader is None or outline.elected_at != self._elected_at:
            return None
        told = [event for each in self._newly_ended(at) for event in _ended(self._world, each)]
        return [*self._changes(self._world.at(at)), *told] if is_thorough else told

    def _newly_ended(self, at: float) -> list[Ended]:
        found = list(between(self._world, self._ended_until, at, most=TOLD))
        self._ended_until = max(at, self._ended_until)
        return sorted(found, key=lambda each: each.ended_at)

    def _changes(self, now: Moment) -> Iterator[Document]:
        before, known = self._moment, self._tasks
        assert before is not None
        self._moment, self._tasks = now, _by_id(self._world, now)
        agents, listed = _listed(before), _listed(now)
        yield from (_agent_added(agent) for name, agent in listed.items() if name not in agents)
        yield from _framework_changes(_shown(before), _shown(now))
        presences = {agent.agent.host: agent.presence for agent in now.agents}
        for task_id, one in self._tasks.items():
            yield from _task_changes(self._world, known.get(task_id), one)
        for task_id in known.keys() - self._tasks.keys():
            gone = known[task_id]
            yield _updated(self._world, gone, _last_status(gone, presences[gone.agent.host], now))
        yield from (
            {"type": "AGENT_REMOVED", "agent_removed": {"agent_id": {"value": agent.agent.agent_id}}}
            for name, agent in agents.items()
            if name not in listed
        )


def subscribed(world: World, at: float) -> Document:
    """The first record."""
    moment = world.at(at)
    state = {
        "get_tasks": tasks.get_tasks(world, moment),
        "get_executors": {},
        "get_frameworks": {"frameworks": [_framework(each) for each in _shown(moment).values()]},
        "get_agents": {"agents": [_agent(agent) for agent in moment.listed]},
    }
    told = {"get_state": state, "heartbeat_interval_seconds": HEARTBEAT_SECONDS}
    return {"type": "SUBSCRIBED", "subscribed": told}


def _by_id(world: World, moment: Moment) -> dict[str, Known]:
    return {one.container.task_id: one for one in tasks.known(world, moment)}


def _listed(moment: Moment) -> dict[str, AgentNow]:
    return {agent.agent.host: agent for agent in moment.listed}


def _shown(moment: Moment) -> dict[str, FrameworkNow]:
    """Those that `/state-summary` lists."""
    return {
        each.framework_id: each for each in moment.frameworks if each.subscribed or each.disconnected or each.agent_ids
    }


def _task_changes(world: World, before: Known | None, now: Known) -> Iterator[Document]:
    if before is None:
        yield {"type": "TASK_ADDED", "task_added": {"task": tasks.task(world.plan, now)}}
        return
    if (before.container.is_measured, before.healthy, before.lost_at) == (
        now.container.is_measured,
        now.healthy,
        now.lost_at,
    ):
        return
    statuses = tasks.statuses(now)
    is_launched = not before.container.is_measured and now.lost_at is None
    for status in statuses if is_launched else statuses[-1:]:
        yield _updated(world, now, status)


def _updated(world: World, one: Known, status: Document) -> Document:
    framework_id = tasks.framework_id(world.plan, one.container.slot.framework)
    return _task_updated(framework_id, status)


def _task_updated(framework_id: Document, status: Document) -> Document:
    return {
        "type": "TASK_UPDATED",
        "task_updated": {"framework_id": framework_id, "status": status, "state": status["state"]},
    }


def _ended(world: World, each: Ended) -> Iterator[Document]:
    """GET_TASKS never tells of such a task before it has ended, so all its life is told at once."""
    task = tasks.ended_task(world.plan, each)
    statuses = task["statuses"]
    yield {"type": "TASK_ADDED", "task_added": {"task": task | {"state": "TASK_STAGING", "statuses": []}}}
    for status in statuses:
        yield _task_updated(task["framework_id"], status)


def _last_status(gone: Known, presence: Presence, now: Moment) -> Document:
    """Of a task that is in no list any more, by what became of its agent and its framework."""
    slot = gone.container.slot
    status = {
        "task_id": {"value": gone.container.task_id},
        "agent_id": {"value": gone.agent.agent_id},
        "timestamp": now.at,
        "container_status": {"container_id": {"value": gone.container.container_id}},
    }
    if presence is Presence.GONE:
        return status | _by_master("TASK_GONE_BY_OPERATOR", "REASON_SLAVE_REMOVED_BY_OPERATOR", "Agent was marked gone")
    if presence is Presence.REMOVED or gone.lost_at is not None:
        return status | _by_master("TASK_LOST", "REASON_SLAVE_REMOVED", f"Agent {gone.agent.host} was removed")
    if slot.framework not in {each.index for each in now.frameworks}:
        name = FRAMEWORKS[slot.framework].name
        return status | _by_master("TASK_KILLED", "REASON_FRAMEWORK_REMOVED", f"Framework {name} removed")
    if slot.period_seconds:
        return status | {
            "state": "TASK_FINISHED",
            "source": "SOURCE_EXECUTOR",
            "message": "Command exited with status 0",
        }
    return status | {
        "state": "TASK_KILLED",
        "source": "SOURCE_EXECUTOR",
        "message": "Command terminated with signal Terminated",
    }


def _by_master(state: str, reason: str, message: str) -> Document:
    return {"state": state, "source": "SOURCE_MASTER", "reason": reason, "message": message}


def _agent(now: AgentNow) -> Document:
    agent = now.agent
    times = {"registered_time": _time(now.registered_at)}
    if now.reregistered_at is not None:
        times["reregistered_time"] = _time(now.reregistered_at)
    total = tasks.resources(agent.total, "*")
    return {
        "agent_info": {
            "hostname": agent.host,
            "port": mesos.AGENT_PORT,
            "id": {"value": agent.agent_id},
            "resources": [{key: value for key, value in each.items() if key != "allocation_info"} for each in total],
        },
        "active": now.presence is Presence.ACTIVE,
        "version": mesos.MESOS_VERSION,
        "pid": f"slave(1)@{agent.host}:{mesos.AGENT_PORT}",
        **times,
    }


def _agent_added(agent: AgentNow) -> Document:
    return {"type": "AGENT_ADDED", "agent_added": {"agent": _agent(agent)}}


def _framework_changes(before: dict[str, FrameworkNow], now: dict[str, FrameworkNow]) -> Iterator[Document]:
    for name, each in now.items():
        was = before.get(name)
        if was is None:
            yield {"type": "FRAMEWORK_ADDED", "framework_added": {"framework": _framework(each)}}
        elif (was.subscribed, was.disconnected) != (each.subscribed, each.disconnected):
            yield {"type": "FRAMEWORK_UPDATED", "framework_updated": {"framework": _framework(each)}}
    for name in before.keys() - now.keys():
        info = _framework(before[name])["framework_info"]
        yield {"type": "FRAMEWORK_REMOVED", "framework_removed": {"framework_info": info}}


def _framework(now: FrameworkNow) -> Document:
    return {
        "framework_info": {
            "user": "root",
            "name": now.framework.name,
            "id": {"value": now.framework_id},
            "roles": [now.framework.role],
            "capabilities": [{"type": each} for each in now.framework.capabilities],
        },
        "active": now.subscribed,
        "connected": now.subscribed,
        "recovered": not now.subscribed and not now.disconnected,
    }


def _time(at: float) -> Document:
    return {"nanoseconds": int(at * 1e9)}
