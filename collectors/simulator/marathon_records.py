"""What a poll would have read of Marathon and of tasks at a moment, as its records: for a past of hundreds of answers.

They are made by the sources' own decoders out of what the simulator would have answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime

import msgspec

from collectors.records import ClusterTasks, MarathonApps, MarathonDeployments, MarathonQueue, MarathonSnapshot
from collectors.simulator import marathon, marathon_metrics, tasks
from collectors.simulator.marathon_leaders import leader_of
from collectors.simulator.mesos import Document
from collectors.simulator.plan import FRAMEWORKS, MARATHON
from collectors.simulator.state import World
from collectors.sources.apps import decode_apps
from collectors.sources.deployments import decode_deployments
from collectors.sources.marathon_metrics import decode_metrics
from collectors.sources.queue import decode_queue
from collectors.sources.tasks import decode_tasks

KEY = "marathon"
"""What the root Marathon is called."""


def apps(world: World, at: float, *, asked: Collection[str] = ()) -> MarathonApps:
    """With the last failure of those whose ids are `asked`."""
    documents = [
        document | (marathon.failure_of(world, at, document["id"]) if document["id"] in asked else {})
        for document in marathon.apps(world, at)
    ]
    found = decode_apps(_body({"apps": documents}), Counter())
    return MarathonApps(key=KEY, taken_at=_time(at), apps=tuple(found), whole=True, asked=tuple(sorted(asked)))


def deployments(world: World, at: float) -> MarathonDeployments:
    return decode_deployments(_body(marathon.deployments(world, at)), KEY, _time(at), Counter())


def queue(world: World, at: float) -> MarathonQueue:
    return decode_queue(_body(marathon.launch_queue(world, at)), KEY, _time(at), Counter())


def snapshot(world: World, at: float) -> MarathonSnapshot | None:
    """None while no Marathon leads."""
    led = leader_of(world, at)
    if led is None:
        return None
    leader, since = led
    said = marathon_metrics.metrics(world, at, led_since=since, generation=marathon.LATEST)
    return MarathonSnapshot(
        key=KEY,
        taken_at=_time(at),
        name=FRAMEWORKS[MARATHON].name,
        framework_id=f"{world.plan.run_id}-{MARATHON:04d}",
        version=marathon.VERSIONS[marathon.LATEST],
        leader=f"{leader.host}:{marathon.PORT}",
        metrics=decode_metrics(_body(said))[0],
    )


def active_tasks(world: World, at: float) -> ClusterTasks:
    """All that run or may run again, at a moment that has a leader."""
    return _tasks(tasks.active_tasks(world, world.at(at)), at)


def ended_tasks(world: World, since: float, until: float) -> ClusterTasks:
    """All that ended meanwhile, which are not all there are."""
    return msgspec.structs.replace(_tasks(tasks.completed_tasks(world, since, until), until), whole=False)


def _tasks(lists: Document, at: float) -> ClusterTasks:
    return decode_tasks(_body({"type": tasks.CALL, "get_tasks": lists}), _time(at))[0]


def _body(document: object) -> bytes:
    return msgspec.json.encode(document)


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
