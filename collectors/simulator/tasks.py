"""Tasks as the leading master lists them: those of the agents it knows, those of agents it gave up, those that ended.

Document: https://mesos.apache.org/documentation/latest/operator-http-api/#get_tasks
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from collectors.simulator import marathon_stories
from collectors.simulator.answers import Answer, from_json, from_text
from collectors.simulator.container_lives import Container, containers_of
from collectors.simulator.ended_tasks import Ended, between, ended
from collectors.simulator.mesos import Document
from collectors.simulator.plan import FRAMEWORKS, MARATHON, Agent, Amount, Plan
from collectors.simulator.presence import Presence
from collectors.simulator.state import STAGING_SECONDS, Moment, World

CALL = "GET_TASKS"
NAMES = ("cpus", "mem", "disk", "gpus")
LAUNCHED = (("TASK_STARTING", 1), ("TASK_RUNNING", STAGING_SECONDS))
"""What an executor tells of a task, and how long after it was launched."""
MOST_COMPLETED = 1_000
"""Kept of a framework by a master."""


class Known(NamedTuple):
    """A task that runs or may run again, as the leader knows it."""

    agent: Agent
    container: Container
    executor_id: str
    """Empty where the task has an executor of its own."""
    healthy: bool | None
    """None where nobody checks it."""
    lost_at: float | None
    """Since when its agent is unreachable."""


def operator_api(world: World, moment: Moment, call: Document) -> Answer:
    """`POST /api/v1` of the leader, of whose calls this one and SUBSCRIBE are known; 400 in Mesos' words for another."""
    if call.get("type") != CALL:
        return from_text(400, f"Failed to validate master::Call: this master knows {CALL} and SUBSCRIBE only")
    return from_json({"type": CALL, "get_tasks": get_tasks(world, moment)})


def call_of(body: bytes) -> Document:
    """Raises ValueError in Mesos' words for what is no JSON object."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as wrong:
        raise ValueError(f"Failed to parse body into JSON: {wrong}") from wrong


def get_tasks(world: World, moment: Moment) -> Document:
    """What Mesos leaves out when it is empty is left out here."""
    lists = active_tasks(world, moment) | {
        "completed_tasks": [ended_task(world.plan, each) for each in ended(world, moment)],
    }
    return {name: listed for name, listed in lists.items() if listed}


def active_tasks(world: World, moment: Moment) -> dict[str, list[Document]]:
    """Those that run or may run again."""
    lists: dict[str, list[Document]] = {"tasks": [], "unreachable_tasks": []}
    for one in known(world, moment):
        lists["tasks" if one.lost_at is None else "unreachable_tasks"].append(task(world.plan, one))
    return lists


def known(world: World, moment: Moment) -> Iterator[Known]:
    """What `active_tasks` tells, agent by agent."""
    unhealthy = marathon_stories.unhealthy(world, moment.at)
    for now in moment.agents:
        if now.listed:
            for container, executor_id in _tasks_on(world, now.agent, moment.at):
                yield Known(now.agent, container, executor_id, _health(container, now.agent, unhealthy), None)
        elif now.presence is Presence.UNREACHABLE:
            at = now.left_at if now.left_at is not None else moment.at
            for container, executor_id in _tasks_on(world, now.agent, at):
                yield Known(now.agent, container, executor_id, None, at)


def statuses(one: Known) -> list[Document]:
    """What was told of a task, oldest first; nothing until its executor has told something."""
    agent, container, started = one.agent, one.container, one.container.started_at
    if one.lost_at is not None:
        lost = _status(agent, container, "TASK_UNREACHABLE", one.lost_at, None) | {
            "source": "SOURCE_MASTER",
            "reason": "REASON_SLAVE_REMOVED",
            "message": f"Agent {agent.host} is unreachable",
            "unreachable_time": {"nanoseconds": int(one.lost_at * 1e9)},
        }
        return [_status(agent, container, "TASK_RUNNING", started + STAGING_SECONDS, None), lost]
    if not container.is_measured:
        return []
    return [_status(agent, container, state, started + after, one.healthy) for state, after in LAUNCHED]


def _tasks_on(world: World, agent: Agent, at: float) -> Iterator[tuple[Container, str]]:
    """What an agent runs, each with the id of its executor; empty where the task has one of its own."""
    executors: dict[str, str] = {}
    for container in containers_of(world, agent, at):
        if container.task_id:
            yield container, executors.get(container.parent_id, "")
        else:
            executors[container.container_id] = container.executor_id


def _health(container: Container, agent: Agent, unhealthy: dict[str, str]) -> bool | None:
    """None where nobody checks it."""
    app = container.slot.app
    if container.slot.framework != MARATHON or not app.is_checked:
        return None
    return unhealthy.get(app.name) != agent.host


def task(plan: Plan, one: Known) -> Document:
    """Until its executor has told something it is staging."""
    container, told = one.container, statuses(one)
    slot = container.slot
    part = Amount(*(whole // slot.app.tasks for whole in slot.amount))
    return {
        "name": _name(container.task_id, slot.app.name),
        "task_id": {"value": container.task_id},
        "framework_id": framework_id(plan, slot.framework),
        **({"executor_id": {"value": one.executor_id}} if one.executor_id else {}),
        "agent_id": {"value": one.agent.agent_id},
        "state": told[-1]["state"] if told else "TASK_STAGING",
        "resources": resources(part, FRAMEWORKS[slot.framework].role),
        "statuses": told,
        **({"health_check": {"type": "HTTP"}} if slot.framework == MARATHON and slot.app.is_checked else {}),
    }


def _name(task_id: str, app: str) -> str:
    """Marathon calls a task by its app; others give each its own name, which the id begins with."""
    return app if task_id.startswith(f"{app}.") else task_id.partition("__")[0]


def _status(agent: Agent, container: Container, state: str, at: float, healthy: bool | None) -> Document:
    parent = {"parent": {"value": container.parent_id}} if container.parent_id else {}
    return {
        "task_id": {"value": container.task_id},
        "state": state,
        "source": "SOURCE_EXECUTOR",
        "agent_id": {"value": agent.agent_id},
        "timestamp": at,
        "container_status": {"container_id": {"value": container.container_id} | parent},
        **({} if healthy is None or state != "TASK_RUNNING" else {"healthy": healthy}),
    }


def ended_task(plan: Plan, each: Ended) -> Document:
    identity = {"task_id": {"value": each.task_id}, "agent_id": {"value": each.agent.agent_id}}
    status = {"container_status": {"container_id": {"value": each.container_id}}, **identity}
    last = status | {
        "state": each.state,
        "source": "SOURCE_EXECUTOR",
        "timestamp": each.ended_at,
        "message": each.message,
        **({"reason": each.reason} if each.reason else {}),
    }
    return {
        "name": each.app.name,
        **identity,
        "framework_id": framework_id(plan, each.app.framework),
        "state": each.state,
        "resources": resources(each.app.amount, FRAMEWORKS[each.app.framework].role),
        "statuses": [status | {"state": "TASK_RUNNING", "source": "SOURCE_EXECUTOR", "timestamp": each.began_at}, last],
    }


def completed_tasks(world: World, since: float, until: float) -> Document:
    """What ended after `since` and up to `until` as GET_TASKS tells it, newest first of each framework and way."""
    return {
        "completed_tasks": [ended_task(world.plan, each) for each in between(world, since, until, most=MOST_COMPLETED)]
    }


def framework_id(plan: Plan, index: int) -> Document:
    return {"value": f"{plan.run_id}-{index:04d}"}


def resources(amount: Amount, role: str) -> list[Document]:
    """As protobuf prints them; what there is none of is left out."""
    values = (amount.cpus_milli / 1_000, float(amount.mem_mb), float(amount.disk_mb), float(amount.gpus))
    return [
        {"name": name, "type": "SCALAR", "scalar": {"value": value}, "allocation_info": {"role": role}}
        for name, value in zip(NAMES, values, strict=True)
        if value
    ]
