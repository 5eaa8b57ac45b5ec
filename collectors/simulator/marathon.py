"""What a Marathon answers at `/service/marathon`: itself, its apps, what it deploys; whichever instance is asked.

Document: https://mesosphere.github.io/marathon/api-console/index.html
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor
from statistics import mean, median

from collectors.simulator import marathon_metrics
from collectors.simulator import marathon_stories as stories
from collectors.simulator.answers import Answer, from_json, from_text, page
from collectors.simulator.container_lives import uuid_of
from collectors.simulator.ended_tasks import Ended, last_failure
from collectors.simulator.incidents import Kind, Outage
from collectors.simulator.marathon_apps import AppNow, apps_of
from collectors.simulator.marathon_leaders import leader_of
from collectors.simulator.marathon_queue import queue
from collectors.simulator.mesos import Document
from collectors.simulator.plan import FRAMEWORKS, MARATHON, PUBLIC_ROLE, Master
from collectors.simulator.state import World
from collectors.simulator.times import iso

VERSIONS = {"1.4": "1.4.8", "1.5": "1.5.11", "1.11": "1.11.24"}
"""What a generation calls itself: DC/OS 1.9, 1.10 and 2.2 come with it."""
LATEST = "1.11"
PORT = 8080
CHECK = {
    **{"gracePeriodSeconds": 300, "intervalSeconds": 20, "maxConsecutiveFailures": 3, "timeoutSeconds": 20},
    **{"protocol": "MESOS_HTTP", "path": "/health", "portIndex": 0},
}


def answer(world: World, at: float, path: str, *, generation: str = LATEST) -> Answer:
    """The answer to a GET of `path` below Marathon's own root; a proxy's page where no Marathon is left to answer."""
    led = leading(world, at)
    if led is None:
        return page(502)
    if path == "/v2/info":
        return from_json(_info(world, led[0], generation))
    if path == "/v2/leader":
        return from_json({"leader": f"{led[0].host}:{PORT}"})
    if path == "/metrics":
        return from_json(marathon_metrics.metrics(world, at, led_since=led[1], generation=generation))
    if path == "/ping":
        return from_text(200, "pong")
    if path.startswith("/v2/apps/"):
        return _one_app(world, at, path.removeprefix("/v2/apps"), generation)
    found = LISTS.get(path)
    return from_json(found(world, at, generation)) if found else from_json({"message": "not found"}, status=404)


def leading(world: World, at: float) -> tuple[Master, float] | None:
    """Where the API is served, and since when that instance leads; None where none leads, or its scheduler is away or was
    torn down."""
    away = (Kind.FRAMEWORK_AWAY, Kind.FRAMEWORK_ENDED)
    return None if any(world.timeline.broken(kind, stories.OWN, at) for kind in away) else leader_of(world, at)


def _info(world: World, leader: Master, generation: str) -> Document:
    return {
        "name": FRAMEWORKS[MARATHON].name,
        "version": VERSIONS[generation],
        "elected": True,
        "leader": f"{leader.host}:{PORT}",
        "frameworkId": f"{world.plan.run_id}-{MARATHON:04d}",
        "marathon_config": {"framework_name": FRAMEWORKS[MARATHON].name, "mesos_role": FRAMEWORKS[MARATHON].role},
        "http_config": {"http_port": PORT, "https_port": 8443},
    }


def apps(world: World, at: float, generation: str = LATEST) -> list[Document]:
    return [_document(world, app, at, generation) for app in apps_of(world, at)]


def _document(world: World, app: AppNow, at: float, generation: str) -> Document:
    """What an app has in every version, then what it has in this one."""
    return _configuration(app) | _standing(world, app, at) | _of_generation(app, at, generation)


def _of_generation(app: AppNow, at: float, generation: str) -> Document:
    """Statistics were called otherwise before 1.9, which has roles; up to 1.4 what is not set is null."""
    if generation == LATEST:
        return {"tasksStats": _statistics(app, at), "role": PUBLIC_ROLE}
    return {"taskStats": _statistics(app, at), **({"args": None, "user": None} if generation == "1.4" else {})}


def _configuration(app: AppNow) -> Document:
    amount, name = app.app.amount, app.app.name
    return {
        "id": app.app_id,
        "instances": app.wanted,
        "cpus": amount.cpus_milli / 1_000,
        "mem": amount.mem_mb,
        "disk": amount.disk_mb,
        "gpus": amount.gpus,
        "cmd": f"./{name} --serve",
        "backoffSeconds": 1,
        "backoffFactor": 1.15,
        "maxLaunchDelaySeconds": 300,
        "container": {"type": "MESOS", "docker": {"image": f"registry.example.org/{name}:{_release(app)}"}},
        "constraints": [["rack", "GROUP_BY"]] if app.app.is_checked else [],
        "healthChecks": [CHECK] if app.app.is_checked else [],
        "labels": {"owner": f"team-{name.partition('-')[0]}"},
        "acceptedResourceRoles": [app.accepted_role],
        "env": {"LOG_LEVEL": "info"},
        "upgradeStrategy": {"minimumHealthCapacity": 1, "maximumOverCapacity": 0.2},
        "unreachableStrategy": {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0},
    }


def _standing(world: World, app: AppNow, at: float) -> Document:
    version = iso(app.configured_at)
    deploying = [_deployment_id(world, o) for o in stories.under_way(world, at) if o.unit == app.app.name]
    return {
        "version": version,
        "versionInfo": {"lastScalingAt": iso(app.scaled_at), "lastConfigChangeAt": version},
        "tasksStaged": app.staged,
        "tasksRunning": app.running,
        "tasksHealthy": app.healthy,
        "tasksUnhealthy": app.unhealthy,
        "deployments": [{"id": each} for each in deploying],
    }


def _release(app: AppNow) -> str:
    """A number that rises with each configuration."""
    return f"4.{floor(app.configured_at / 86_400) % 1_000}"


def _statistics(app: AppNow, at: float) -> Document:
    """Marathon leaves out a line without any task."""
    lives = [at - one.container.started_at for one in app.instances if one.container.is_measured]
    if not app.instances:
        return {}
    counts = {"staged": app.staged, "running": app.running, "healthy": app.healthy, "unhealthy": app.unhealthy}
    life = {"lifeTime": {"averageSeconds": mean(lives), "medianSeconds": median(lives)}} if lives else {}
    whole = {"stats": {"counts": counts, **life}}
    return {"withLatestConfig": whole, "totalSummary": whole}


def _one_app(world: World, at: float, app_id: str, generation: str) -> Answer:
    app = next((app for app in apps_of(world, at) if app.app_id == app_id), None)
    if app is None:
        return from_json({"message": f"App '{app_id}' does not exist"}, status=404)
    return from_json({"app": _document(world, app, at, generation) | _failure_of(world, at, app)})


def failure_of(world: World, at: float, app_id: str) -> Document:
    """What the answer about one app has more than the list, by its id."""
    return next(_failure_of(world, at, app) for app in apps_of(world, at) if app.app_id == app_id)


def _failure_of(world: World, at: float, app: AppNow) -> Document:
    """Nothing, of an app that has lost no task."""
    failed = last_failure(world, app.app, at)
    return {"lastTaskFailure": _failure(failed, app)} if failed else {}


def _failure(last: Ended, app: AppNow) -> Document:
    return {
        "appId": app.app_id,
        "host": last.agent.host,
        "message": last.message,
        "state": last.state,
        "taskId": last.task_id,
        "timestamp": iso(last.ended_at),
        "version": iso(app.configured_at),
        "slaveId": last.agent.agent_id,
    }


def _deployment_id(world: World, outage: Outage) -> str:
    return uuid_of(world.plan.key + len(outage.unit), floor(outage.begins_at))


def deployments(world: World, at: float) -> list[Document]:
    return [_deployment(world, outage) for outage in stories.under_way(world, at)]


def _deployment(world: World, outage: Outage) -> Document:
    app = f"/{outage.unit}"
    return {
        "id": _deployment_id(world, outage),
        "version": iso(outage.begins_at),
        "affectedApps": [app],
        "affectedPods": [],
        "steps": [{"actions": [{"action": "RestartApplication", "app": app}]}],
        "currentActions": [{"action": "RestartApplication", "app": app, "readinessCheckResults": []}],
        "currentStep": 1,
        "totalSteps": 1,
    }


def launch_queue(world: World, at: float, generation: str = LATEST) -> Document:
    return queue(
        world, at, lambda app: _document(world, app, at, generation), with_offers=generation in (LATEST, "1.5")
    )


LISTS: dict[str, Callable[[World, float, str], object]] = {
    "/v2/apps": lambda world, at, generation: {"apps": apps(world, at, generation)},
    "/v2/pods/::status": lambda world, at, generation: [],
    "/v2/deployments": lambda world, at, generation: deployments(world, at),
    "/v2/queue": launch_queue,
}
