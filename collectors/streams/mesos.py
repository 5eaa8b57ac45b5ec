"""The leading master's events: POST /api/v1 SUBSCRIBE, which changes nothing.

Document: https://mesos.apache.org/documentation/latest/operator-http-api/#events
The first record tells the whole cluster, each later one what changed. There is no replay: what happened while nobody read
is in the first record of the next stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from collectors.decoding import Dropped, count, decode, message, moment, name
from collectors.errors import PollError
from collectors.records import StreamOpened, StreamRecord, TaskAdded, TaskChange, WorthALook
from collectors.sources import tasks
from collectors.sources.tasks import TERMINAL, GetTasks, Id, Status
from collectors.streams.recordio import RecordIO

CALL = b'{"type":"SUBSCRIBE"}'
SILENT_SECONDS = 75.0
"""Five heartbeats of the usual fifteen seconds; masters before 1.5 send none."""
HEARTBEATS_MISSED = 5
LONGEST_HEARTBEAT_SECONDS = 120.0
LOOK = WorthALook(sources=("summary",))
LOOK_AT_TASKS = WorthALook(sources=("tasks",))


class GetState(msgspec.Struct, frozen=True):
    get_tasks: GetTasks = GetTasks()


class Subscribed(msgspec.Struct, frozen=True):
    get_state: GetState | None = None
    heartbeat_interval_seconds: float | None = None


class Added(msgspec.Struct, frozen=True):
    task: tasks.Task


class StatusOfTask(Status, frozen=True, kw_only=True, gc=False):
    task_id: Id
    agent_id: Id | None = None
    executor_id: Id | None = None


class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is the task's latest by its agent, `status` the next that its framework has to acknowledge: maybe an older one,
    behind which no other event comes. Mesos 1.0 told the ids and the state alone, without a status.
    """

    framework_id: Id
    status: StatusOfTask | None = None
    task_id: Id | None = None
    agent_id: Id | None = None
    executor_id: Id | None = None
    state: str = ""


class Event(msgspec.Struct, frozen=True):
    type: str
    subscribed: msgspec.Raw = msgspec.Raw()
    task_added: msgspec.Raw = msgspec.Raw()
    task_updated: msgspec.Raw = msgspec.Raw()


class MesosEvents:
    """One stream, from its bytes to what they tell."""

    def __init__(self, url: str, dropped: Dropped | None = None) -> None:
        self._url = url
        self._framing = RecordIO()
        self._began_at: datetime | None = None
        """When the first bytes came: the first record is of then, however long it takes."""
        self._is_open = False
        self.dropped: Dropped = Counter() if dropped is None else dropped
        self.silent_seconds = SILENT_SECONDS

    def feed(self, chunk: bytes, taken_at: datetime) -> Iterator[StreamRecord]:
        """What these bytes complete, in order; `taken_at` is when they came. PollError where the stream is none."""
        self._began_at = self._began_at or taken_at
        for record in self._framing.feed(chunk):
            if not self._is_open:
                self._is_open = True
                yield self._opened(record, self._began_at)
            elif record is None:
                count(self.dropped, "event: too large")
                yield LOOK_AT_TASKS
            else:
                yield from self._told(record)

    def _opened(self, record: bytes | None, taken_at: datetime) -> StreamOpened:
        """What is too large to be read is left to the polls."""
        nothing = StreamOpened(taken_at=taken_at, heartbeat_seconds=None, tasks=None)
        if record is None:
            count(self.dropped, "first event: too large")
            return nothing
        event = decode(record, Event, url=self._url)
        if event.type != "SUBSCRIBED":
            return nothing
        said = decode(bytes(event.subscribed), Subscribed, url=self._url)
        seconds = said.heartbeat_interval_seconds
        if seconds is not None and 0 < seconds <= LONGEST_HEARTBEAT_SECONDS:
            self.silent_seconds = HEARTBEATS_MISSED * seconds
        if said.get_state is None:
            return StreamOpened(taken_at=taken_at, heartbeat_seconds=seconds, tasks=None)
        listed, dropped = tasks.tasks_of(said.get_state.get_tasks, taken_at)
        self.dropped.update(dropped)
        return StreamOpened(taken_at=taken_at, heartbeat_seconds=seconds, tasks=listed)

    def _told(self, record: bytes) -> Iterator[StreamRecord]:
        try:
            event = decode(record, Event, url=self._url)
            read = READ.get(event.type)
            if read is not None:
                yield read(event, self._url)
        except PollError as error:
            count(self.dropped, f"event: {error.detail}")
            yield LOOK_AT_TASKS


def _added(event: Event, url: str) -> TaskAdded:
    task = decode(bytes(event.task_added), Added, url=url).task
    return TaskAdded(task=tasks.record_of(task, is_active=task.state not in TERMINAL))


def _updated(event: Event, url: str) -> StreamRecord:
    said = decode(bytes(event.task_updated), Updated, url=url)
    status = said.status
    task_id = status.task_id if status else said.task_id
    if task_id is None:
        return LOOK_AT_TASKS
    last = status if status and said.state in ("", status.state) else Status(said.state)
    executor, agent = (status.executor_id, status.agent_id) if status else (said.executor_id, said.agent_id)
    return TaskChange(
        framework_id=name(said.framework_id.value),
        task_id=name(task_id.value),
        executor_id=name(executor.value) if executor else "",
        agent_id=name(agent.value) if agent else "",
        container_id=tasks.root_container([status or last]),
        state=name(last.state),
        reason=name(last.reason or ""),
        message=message(last.message) if last.message else "",
        source=name(last.source or ""),
        healthy=last.healthy,
        status_at=moment(last.timestamp),
        is_active=last.state not in TERMINAL,
    )


def _look(event: Event, url: str) -> WorthALook:
    return LOOK


READ: dict[str, Callable[[Event, str], StreamRecord]] = {
    "TASK_ADDED": _added,
    "TASK_UPDATED": _updated,
    **dict.fromkeys(("AGENT_ADDED", "AGENT_REMOVED"), _look),
    **dict.fromkeys(("FRAMEWORK_ADDED", "FRAMEWORK_UPDATED", "FRAMEWORK_REMOVED"), _look),
}
"""What is not among these tells nothing that is kept: heartbeats, and what later versions invent."""
