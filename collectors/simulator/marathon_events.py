"""What a Marathon tells its listeners, server-sent: its tasks, its deployments, the health of its instances.

Document: https://mesosphere.github.io/marathon/docs/event-bus.html. There is no replay, and only the leader tells anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs

import msgspec

from collectors.simulator import marathon
from collectors.simulator.ended_tasks import TOLD, Ended, between
from collectors.simulator.event_stream import Frame
from collectors.simulator.marathon_apps import AppNow, Instance, apps_of
from collectors.simulator.mesos import Document
from collectors.simulator.plan import MARATHON
from collectors.simulator.state import STAGING_SECONDS, World
from collectors.simulator.times import iso

PATH = "/v2/events"
ALIVE, ALIVE_SECONDS = b":\r\n\r\n", 5.0
CONDITIONS = {
    **{"TASK_STAGING": "Staging", "TASK_STARTING": "Starting", "TASK_RUNNING": "Running"},
    **{"TASK_UNREACHABLE": "Unreachable", "TASK_KILLED": "Killed"},
}


def framed(query: str) -> Frame:
    """As `event_type` and `plan-format=light` of the query ask for it; lines end as Jetty ends them."""
    asked = parse_qs(query)
    wanted, is_light = frozenset(asked.get("event_type", ())), asked.get("plan-format") == ["light"]

    def frame(event: Document) -> bytes:
        kind = event.get("eventType", "event_stream_attached")
        if wanted and kind not in wanted:
            return b""
        if is_light and "plan" in event:
            event = event | {"plan": {key: event["plan"][key] for key in ("id", "version")}}
        return b"event: %b\r\ndata: %b\r\n\r\n" % (kind.encode(), msgspec.json.encode(event))

    return frame


def attached(at: float) -> Document:
    return _event("event_stream_attached", at, remoteAddress="127.0.0.1")


class Seen(NamedTuple):
    """An instance as Marathon last told it."""

    app: AppNow
    instance: Instance
    agent_id: str
    state: str
    healthy: bool | None
    """None where it does not run or nobody checks it."""


class MarathonWatch:
    """The leading Marathon's view of a world. It is over when that one leads no more, or its scheduler is away."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._led_since = self._ended_until = 0.0
        self._instances: dict[str, Seen] = {}
        self._deployments: dict[str, Document] = {}
        self._wanted: dict[str, int] = {}
        self._agent_ids = {agent.host: agent.agent_id for agent in world.plan.agents}

    def begin(self, at: float) -> None:
        led = marathon.leading(self._world, at)
        self._led_since, self._ended_until = led[1] if led else at, at
        self._see(at)

    def look(self, at: float, *, is_thorough: bool) -> list[Document] | None:
        led = marathon.leading(self._world, at)
        if led is None or led[1] != self._led_since:
            return None
        told = [event for each in self._newly_ended(at) for event in _lived(each)]
        return [*self._changes(at), *told] if is_thorough else told

    def _see(self, at: float) -> None:
        apps = apps_of(self._world, at)
        self._instances = {
            one.container.task_id: _seen(app, one, self._agent_ids[one.host]) for app in apps for one in app.instances
        }
        self._deployments = {each["id"]: each for each in marathon.deployments(self._world, at)}
        self._wanted = {app.app_id: app.wanted for app in apps}

    def _newly_ended(self, at: float) -> list[Ended]:
        found = between(self._world, self._ended_until, at, most=TOLD)
        self._ended_until = max(at, self._ended_until)
        return sorted((each for each in found if each.app.framework == MARATHON), key=lambda each: each.ended_at)

    def _changes(self, at: float) -> Iterator[Document]:
        instances, deployments, wanted = self._instances, self._deployments, self._wanted
        self._see(at)
        for app_id in [app_id for app_id, count in self._wanted.items() if wanted.get(app_id) != count]:
            app = {"id": app_id, "instances": self._wanted[app_id]}
            yield _event("api_post_event", at, clientIp="127.0.0.1", uri=f"/v2/apps{app_id}", appDefinition=app)
        for key in self._deployments.keys() - deployments.keys():
            yield _deployment("deployment_info", self._deployments[key], at)
        for task_id, now in self._instances.items():
            yield from _instance_changes(instances.get(task_id), now, at)
        for task_id in instances.keys() - self._instances.keys():
            gone = instances[task_id]
            yield _status(gone._replace(state="TASK_KILLED"), at, "Command terminated with signal Terminated")
        for key in deployments.keys() - self._deployments.keys():
            yield _deployment("deployment_step_success", deployments[key], at)
            yield _deployment("deployment_success", deployments[key], at)


def _event(kind: str, at: float, **details: object) -> Document:
    return {"eventType": kind, "timestamp": iso(at), **details}


def _seen(app: AppNow, one: Instance, agent_id: str) -> Seen:
    if not one.is_reachable:
        return Seen(app, one, agent_id, "TASK_UNREACHABLE", None)
    if not one.container.is_measured:
        return Seen(app, one, agent_id, "TASK_STAGING", None)
    healthy = one.host != app.unhealthy_host if app.app.is_checked else None
    return Seen(app, one, agent_id, "TASK_RUNNING", healthy)


def _instance_changes(before: Seen | None, now: Seen, at: float) -> Iterator[Document]:
    """One that has begun is told of with the times at which its executor said so."""
    if before is None or before.state != now.state:
        started = now.instance.container.started_at
        if now.state == "TASK_RUNNING":
            if before is None or before.state == "TASK_STAGING":
                yield _status(now._replace(state="TASK_STARTING"), started + 1)
            yield _status(now, started + STAGING_SECONDS)
        else:
            yield _status(now, started if now.state == "TASK_STAGING" else at)
        yield _event("instance_changed_event", at, condition=CONDITIONS[now.state], host=now.instance.host, **_run(now))
    if now.healthy is not None and (before is None or before.healthy != now.healthy):
        yield _event("instance_health_changed_event", at, healthy=now.healthy, **_run(now))


def _run(seen: Seen) -> Document:
    return {
        "instanceId": seen.instance.container.task_id,
        "runSpecId": seen.app.app_id,
        "runSpecVersion": iso(seen.app.configured_at),
        "agentId": seen.agent_id,
    }


def _status(seen: Seen, at: float, message: str = "") -> Document:
    return _update(
        seen.app.app_id, seen.instance.container.task_id, seen.agent_id, seen.instance.host, seen.state, at, message
    )


def _update(app_id: str, task_id: str, agent_id: str, host: str, state: str, at: float, message: str) -> Document:
    return _event(
        "status_update_event",
        at,
        slaveId=agent_id,
        taskId=task_id,
        taskStatus=state,
        message=message,
        appId=app_id,
        host=host,
        ipAddresses=[{"ipAddress": host, "protocol": "IPv4"}],
        ports=[],
    )


def _lived(each: Ended) -> Iterator[Document]:
    """No list ever tells of such a task before it has ended, so all its life is told at once."""
    for state, at, message in (("TASK_RUNNING", each.began_at, ""), (each.state, each.ended_at, each.message)):
        yield _update(f"/{each.app.name}", each.task_id, each.agent.agent_id, each.agent.host, state, at, message)


def _deployment(kind: str, document: Document, at: float) -> Document:
    """With the plan of Marathon 1.1 and on; of the groups before and after, which are large, only the ids."""
    plan = {
        "id": document["id"],
        "version": document["version"],
        "steps": document["steps"],
        "original": {"id": "/"},
        "target": {"id": "/"},
    }
    if kind == "deployment_success":
        return _event(kind, at, id=document["id"], plan=plan)
    return _event(kind, at, plan=plan, currentStep=document["steps"][0])
