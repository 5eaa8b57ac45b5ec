"""What the demo's Marathon and its leading master said of apps and tasks over the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from collectors.errors import Outcome
from collectors.records import ClusterTasks, Harvest, MarathonApps, MarathonSnapshot, NodeOutcome, Record
from collectors.simulator import World, marathon_records, marathon_stories
from collectors.simulator.ended_tasks import has_failed
from dashboard import subject_keys
from dashboard.models import Cluster, Collection
from dashboard.store import apps, deployments, ingest, launch_waits, marathons, readings, tasks
from dashboard.store.moments import age_seconds
from dashboard.store.writing import Writing

LOOK_SECONDS = 3_600
"""Rows of apps and tasks are brought up each hour, and when something befell an app; the demo's apps scale all day long."""
ANSWERED = NodeOutcome(host=marathon_records.KEY, outcome=Outcome.OK, direct=False)

WRITERS: dict[str, Callable[[Writing, Any], int]] = {
    "marathon": marathons.write,
    "apps": apps.write,
    "deployments": deployments.write,
    "queue": launch_waits.write,
    "tasks": tasks.write,
}


class Applications:
    """Rows and events as something changes, tasks whenever one failed; readings of apps and Marathon together at the end."""

    def __init__(self, cluster: Cluster, world: World) -> None:
        self.cluster, self.world = cluster, world
        self.told: object = None
        self.tasks_until: float | None = None
        self.waiting: set[str] = set()
        self.apps: list[tuple[int, MarathonApps]] = []
        self.snapshots: list[tuple[int, MarathonSnapshot]] = []

    def add(self, at: datetime, *, is_measured: bool, always: bool) -> None:
        """The moment has a leader where it is `always` written. What waits is short: it is as fresh as figures."""
        seconds = at.timestamp()
        told, is_hour = _told(self.world, seconds), seconds % LOOK_SECONDS == 0
        is_look = always or is_hour or told != self.told or not self.snapshots
        said = marathon_records.snapshot(self.world, seconds) if is_measured or is_look else None
        if said is not None:
            self._marathon(said, at, is_look=is_look, always=always)
        if always or is_hour or self.tasks_until is None:
            self._list_tasks(at, always=always)
        self.told = told

    def _marathon(self, said: MarathonSnapshot, at: datetime, *, is_look: bool, always: bool) -> None:
        seconds, polled = at.timestamp(), always or not self.snapshots
        asked = {app_id for _, app_id in apps.to_ask(self.cluster, at)} if always else set()
        listed = marathon_records.apps(self.world, seconds, asked=asked)
        if polled or said.leader != self.snapshots[-1][1].leader:
            self._write("marathon", said, at, as_polled=polled)
        queue = marathon_records.queue(self.world, seconds)
        lists: list[tuple[str, Record]] = [("queue", queue)] if queue.waiting or is_look else []
        if is_look:
            lists += [("apps", listed), ("deployments", marathon_records.deployments(self.world, seconds))]
        waiting = {one.app_id for one in queue.waiting}
        # Of an app that begins to wait its place in the queue comes first: it explains at once what it lacks.
        for source, record in lists if self.snapshots and waiting - self.waiting else reversed(lists):
            self._write(source, record, at, as_polled=polled)
        self.waiting = waiting
        self.apps.append((int(seconds), listed))
        self.snapshots.append((int(seconds), said))

    def _list_tasks(self, at: datetime, *, always: bool) -> None:
        """Those that run, and those that ended since they were last written; nothing while nobody leads."""
        seconds, until = at.timestamp(), self.tasks_until
        if self.world.outline(seconds).leader is None:
            return
        running = marathon_records.active_tasks(self.world, seconds)
        ended = marathon_records.ended_tasks(self.world, seconds - 1 if until is None else until, seconds)
        said = ClusterTasks(taken_at=running.taken_at, tasks=(*running.tasks, *ended.tasks), whole=True)
        self._write("tasks", said, at, as_polled=always or until is None)
        self.tasks_until = seconds

    def name_failures(self, at: datetime) -> None:
        """Before failures are followed those of tasks are to be known by name, as polls would have told them by then."""
        seconds, until = at.timestamp(), self.tasks_until
        if until is None or self.world.outline(seconds).leader is None:
            return
        if has_failed(self.world, until, seconds):
            self._write("tasks", marathon_records.ended_tasks(self.world, until, seconds), at)
            self.tasks_until = seconds
        listed = Collection.objects.filter(cluster=self.cluster, source="tasks", host="")
        listed.update(sample_at=at, last_success_at=at)

    def _write(self, source: str, record: Record, at: datetime, *, as_polled: bool = False) -> None:
        """`as_polled` with what is known of the source itself."""
        writing = Writing(cluster=self.cluster, tick=int(at.timestamp()), now=at)
        if as_polled:
            nodes = () if isinstance(record, ClusterTasks) else (ANSWERED,)
            ingest.harvest(writing, source, Harvest(records=(record,), nodes=nodes), duration_seconds=0.0)
        else:
            WRITERS[source](writing, record)

    def write_readings(self) -> None:
        now = timezone.now()
        apps.write_readings(self.cluster, marathon_records.KEY, self.apps, seen_at=now)
        key = marathons.KIND, subject_keys.key_of(marathon_records.KEY)
        subject = readings.subjects(self.cluster, {key: self.snapshots[-1][1].name}, seen_at=now)[key]
        readings.write_many(marathons.LAYOUT, ((tick, subject, list(_values(tick, s))) for tick, s in self.snapshots))


def _told(world: World, at: float) -> object:
    """What befalls apps at a moment."""
    return (
        *(set(found(world, at)) for found in (marathon_stories.crashing, marathon_stories.waits)),
        *(marathon_stories.unhealthy(world, at), marathon_stories.under_way(world, at)),
    )


def _values(tick: int, said: MarathonSnapshot) -> Iterator[float | None]:
    yield from (said.metrics.get(name) for name in marathons.LAYOUT[:-1])
    yield age_seconds(tick, said.taken_at)
