"""Tasks of every framework: the leading master's GET_TASKS, which changes nothing.

Endpoint: POST /mesos/api/v1 GET_TASKS
Document: https://mesos.apache.org/documentation/latest/operator-http-api/#get_tasks
Yields:   ClusterTasks

What is empty is left out of the answer. Statuses come oldest first, but each bears the clock of the agent that sent it,
and by that they are ordered. A task that ended stays among the active ones until its framework has heard of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from operator import itemgetter

import msgspec

from collectors.client import MIB
from collectors.decoding import Dropped, count, decode, message, moment, name, one
from collectors.records import ClusterTasks, Harvest, TaskRecord, Turn
from collectors.sources.amounts import Limit, Resource, held, limit_of, mebibytes
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target, ask_leader

CALL = b'{"type":"GET_TASKS"}'
LIMIT_BYTES = 64 * MIB
MOST_TASKS = 60_000
TERMINAL = frozenset(
    {
        *("TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_LOST", "TASK_DROPPED"),
        *("TASK_GONE", "TASK_GONE_BY_OPERATOR"),
    }
)
MOST_PARENTS = 32


class Id(msgspec.Struct, frozen=True, gc=False):
    value: str


class ContainerId(msgspec.Struct, frozen=True, gc=False):
    value: str
    parent: ContainerId | None = None


class ContainerStatus(msgspec.Struct, frozen=True, gc=False):
    container_id: ContainerId | None = None


class Status(msgspec.Struct, frozen=True, gc=False):
    state: str
    timestamp: float | None = None
    reason: str | None = None
    message: str | None = None
    source: str | None = None
    healthy: bool | None = None
    container_status: ContainerStatus | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    task_id: Id
    framework_id: Id
    agent_id: Id
    state: str
    name: str = ""
    executor_id: Id | None = None
    resources: list[Resource] = []
    limits: dict[str, Limit] | None = None
    statuses: list[Status] = []


class GetTasks(msgspec.Struct, frozen=True):
    """The lists in which a master tells its tasks, the active ones first."""

    tasks: list[msgspec.Raw] | None = None
    unreachable_tasks: list[msgspec.Raw] | None = None
    pending_tasks: list[msgspec.Raw] | None = None
    completed_tasks: list[msgspec.Raw] | None = None


class Document(msgspec.Struct, frozen=True):
    get_tasks: GetTasks
    """Empty, but there, where nothing runs: an answer that lacks it is none to this question."""


def decode_tasks(body: bytes, taken_at: datetime, *, url: str = "") -> tuple[ClusterTasks, Dropped]:
    """Every task of the answer; one that cannot be read is dropped with the reason."""
    return tasks_of(decode(body, Document, url=url).get_tasks, taken_at)


def tasks_of(said: GetTasks, taken_at: datetime) -> tuple[ClusterTasks, Dropped]:
    """The same of the lists alone, which GET_STATE and SUBSCRIBE tell in this shape too."""
    dropped: Dropped = Counter()
    running = [*(said.tasks or ()), *(said.unreachable_tasks or ()), *(said.pending_tasks or ())]
    ended = said.completed_tasks or []
    count(dropped, f"task: more than {MOST_TASKS}", max(0, len(running) + len(ended) - MOST_TASKS))
    active = _read(running, dropped, is_active=True, most=MOST_TASKS)
    completed = _read(ended, dropped, is_active=False, most=max(0, MOST_TASKS - len(running)))
    tasks = tuple(sorted((*active, *completed), key=_has_ended))
    return ClusterTasks(taken_at=taken_at, tasks=tasks, whole=not dropped), dropped


def _has_ended(task: TaskRecord) -> bool:
    return not task.is_active


def _read(entries: Sequence[msgspec.Raw], dropped: Dropped, *, is_active: bool, most: int) -> Iterator[TaskRecord]:
    for entry in islice(entries, most):
        wire = one(entry, Task, dropped, what="task")
        if wire is not None:
            yield record_of(wire, is_active=is_active and wire.state not in TERMINAL)


def record_of(wire: Task, *, is_active: bool) -> TaskRecord:
    """One task; its reason and message are those of its last status by time."""
    statuses = _in_order(wire.statuses)
    last = statuses[-1] if statuses else NO_STATUS
    allocated, role = held(wire.resources)
    limits = wire.limits
    return TaskRecord(
        task_id=name(wire.task_id.value),
        framework_id=name(wire.framework_id.value),
        executor_id=name(wire.executor_id.value) if wire.executor_id else "",
        agent_id=name(wire.agent_id.value),
        container_id=root_container(statuses),
        name=name(wire.name),
        role=role,
        state=name(wire.state),
        healthy=last.healthy,
        reason=name(last.reason or ""),
        message=message(last.message) if last.message else "",
        source=name(last.source or ""),
        allocated=allocated,
        cpus_limit=limit_of(limits, "cpus") if limits else None,
        mem_limit_bytes=mebibytes(limit_of(limits, "mem")) if limits else None,
        first_status_at=_first(statuses),
        running_at=_first([status for status in statuses if status.state == "TASK_RUNNING"]),
        last_status_at=_first(statuses[::-1]),
        is_active=is_active,
    )


NO_STATUS = Status("")


def _in_order(statuses: Sequence[Status]) -> Sequence[Status]:
    """By their time; one without a time stays behind the one before which it stood told."""
    if len(statuses) < 2:
        return statuses
    timed, last = [], 0.0
    for status in statuses:
        last = last if status.timestamp is None else status.timestamp
        timed.append((last, status))
    return [status for _, status in sorted(timed, key=itemgetter(0))]


def _first(statuses: Sequence[Status]) -> datetime | None:
    """The first time that is told."""
    for status in statuses:
        if (at := moment(status.timestamp)) is not None:
            return at
    return None


def root_container(statuses: Sequence[Status]) -> str:
    """Of the newest status that names a container, the outermost one."""
    for status in reversed(statuses):
        found = status.container_status.container_id if status.container_status else None
        if found is None:
            continue
        for _ in range(MOST_PARENTS):
            if found.parent is None:
                break
            found = found.parent
        return name(found.value)
    return ""


def poll(target: Target, turn: Turn) -> Harvest:
    """One answer of the leading master."""
    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        answer = ask_leader(
            client,
            target,
            "/api/v1",
            known_masters=turn.known_masters,
            limit_bytes=LIMIT_BYTES,
            total_seconds=POLL_DEADLINE_SECONDS,
            body=CALL,
        )
        tasks, dropped = decode_tasks(answer.body, answer.taken_at, url=answer.url)
        return Harvest(records=(tasks,), dropped=dropped, requests=client.requests, bytes_read=client.bytes_read)


SOURCE = Source(
    name="tasks",
    title="Tasks",
    endpoint="/mesos/api/v1",
    document="https://mesos.apache.org/documentation/latest/operator-http-api/#get_tasks",
    records="ClusterTasks",
    period_seconds=30,
    lag_seconds=0,
    kinds=frozenset(Kind),
    poll=poll,
)
