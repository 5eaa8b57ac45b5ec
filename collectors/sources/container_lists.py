"""An agent's list of containers, as its operator API or its older endpoint tells it.

Endpoint: POST /api/v1 GET_CONTAINERS (roots, nested and standalone), GET /containers (roots only)
Document: https://mesos.apache.org/documentation/latest/operator-http-api/#get_containers-1,
          https://mesos.apache.org/documentation/latest/endpoints/slave/containers/

A nested container says whose it is in `container_id` or, in Mesos 1.11, in `container_status` only; framework and executor
it has from its root. Neither endpoint says a task's own name: it is in `source` or can be read off the executor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from collectors.decoding import Dropped, count, decode, each, name, one, usual
from collectors.records import ContainerReading
from collectors.sources.container_statistics import measured
from collectors.sources.container_values import NOTHING

ID = re.compile(r"(?!\.{1,2}\Z)[^\x00-\x1f\x7f/\\\ud800-\udfff]{1,255}\Z")
COMMAND_EXECUTOR = "Command Executor ("
"""How Mesos calls the executor it starts for a task with a command; the executor's id is then the task's."""
MOST_PARENTS = 32
LARGEST_PID = 2**31


class Id(msgspec.Struct, frozen=True, gc=False):
    value: str
    parent: Id | None = None


class Name(msgspec.Struct, frozen=True, gc=False):
    value: str | None = None


class Status(msgspec.Struct, frozen=True, gc=False):
    container_id: Id | None = None
    executor_pid: int | None = None


class Root(msgspec.Struct, frozen=True):
    """An entry of GET /containers."""

    container_id: str
    framework_id: str | None = None
    executor_id: str | None = None
    executor_name: str | None = None
    source: str | None = None
    status: msgspec.Raw = NOTHING
    statistics: msgspec.Raw = NOTHING


class Container(msgspec.Struct, frozen=True):
    """An entry of GET_CONTAINERS."""

    container_id: Id
    framework_id: Name | None = None
    executor_id: Name | None = None
    executor_name: str | None = None
    container_status: msgspec.Raw = NOTHING
    resource_statistics: msgspec.Raw = NOTHING


class Containers(msgspec.Struct, frozen=True):
    containers: list[msgspec.Raw] | None = None


class Document(msgspec.Struct, frozen=True):
    get_containers: Containers
    """Without containers it is empty, but there: an answer that lacks it is none to this question."""


class UsualContainers(msgspec.Struct, frozen=True):
    containers: list[Container] | None = None


class UsualDocument(msgspec.Struct, frozen=True):
    """A document all of whose containers can be read."""

    get_containers: UsualContainers


def of_operator_api(body: bytes, dropped: Dropped, *, answered_at: datetime, url: str = "") -> list[ContainerReading]:
    """Every container in the order of the answer; PollError where it is no list of containers."""
    document = usual(body, UsualDocument)
    listed: Iterable[Container] = document.get_containers.containers or () if document else ()
    if document is None:
        entries = decode(body, Document, url=url).get_containers.containers or []
        listed = (wire for _, wire in each(entries, Container, dropped, what="container"))
    made = (
        _reading(
            container_id=wire.container_id.value,
            parent=wire.container_id.parent,
            framework_id=wire.framework_id.value if wire.framework_id else None,
            executor_id=wire.executor_id.value if wire.executor_id else None,
            executor_name=wire.executor_name,
            source=None,
            status=wire.container_status,
            statistics=wire.resource_statistics,
            dropped=dropped,
            answered_at=answered_at,
        )
        for wire in listed
    )
    return heirs(distinct(made, dropped))


def of_containers(body: bytes, dropped: Dropped, *, answered_at: datetime, url: str = "") -> list[ContainerReading]:
    """The same of the older endpoint."""
    roots = usual(body, list[Root])
    listed: Iterable[Root] = roots or ()
    if roots is None:
        entries = decode(body, list[msgspec.Raw], url=url)
        listed = (wire for _, wire in each(entries, Root, dropped, what="container"))
    made = (
        _reading(
            container_id=wire.container_id,
            parent=None,
            framework_id=wire.framework_id,
            executor_id=wire.executor_id,
            executor_name=wire.executor_name,
            source=wire.source,
            status=wire.status,
            statistics=wire.statistics,
            dropped=dropped,
            answered_at=answered_at,
        )
        for wire in listed
    )
    return heirs(distinct(made, dropped))


def _reading(
    *,
    container_id: str,
    parent: Id | None,
    framework_id: str | None,
    executor_id: str | None,
    executor_name: str | None,
    source: str | None,
    status: msgspec.Raw,
    statistics: msgspec.Raw,
    dropped: Dropped,
    answered_at: datetime,
) -> ContainerReading | None:
    if not is_id(container_id):
        count(dropped, "container: an id that Mesos does not allow")
        return None
    known = _status(status, dropped)
    parent = parent or (known.container_id.parent if known.container_id else None)
    pid = known.executor_pid
    found = measured(statistics, dropped, answered_at=answered_at)
    return ContainerReading(
        container_id=container_id,
        parent_id=parent.value if parent and is_id(parent.value) else "",
        framework_id=name(framework_id or ""),
        framework_name="",
        executor_id=name(executor_id or ""),
        executor_name=name(executor_name or ""),
        task_name=task_name(source, executor_id, executor_name),
        taken_at=found.taken_at,
        pid=pid if pid is not None and 0 < pid < LARGEST_PID else None,
        metrics=found.metrics,
    )


def _status(raw: msgspec.Raw, dropped: Dropped) -> Status:
    known = None if raw is NOTHING or bytes(raw) == b"null" else one(raw, Status, dropped, what="container status")
    return known or Status()


def is_id(value: str) -> bool:
    """Whether Mesos would take it as an id: 1–255 characters, not `.` or `..`, no control character, no slash."""
    return bool(ID.match(value))


def task_name(source: str | None, executor_id: str | None, executor_name: str | None) -> str:
    """What the framework calls it: `source`, else the executor's name, or its id where Mesos made up the name."""
    named = executor_name if executor_name and not executor_name.startswith(COMMAND_EXECUTOR) else executor_id
    return name(source or named or "")


def distinct(readings: Iterable[ContainerReading | None], dropped: Dropped) -> list[ContainerReading]:
    """Every container once, the first: ids are unique below one parent."""
    seen: dict[tuple[str, str], ContainerReading] = {}
    for reading in readings:
        if reading is None:
            continue
        if seen.setdefault((reading.parent_id, reading.container_id), reading) is not reading:
            count(dropped, "container: listed twice")
    return list(seen.values())


def heirs(readings: Iterable[ContainerReading]) -> list[ContainerReading]:
    """Nested containers with the framework and the executor of the nearest container above that says them."""
    listed = list(readings)
    by_id = {reading.container_id: reading for reading in reversed(listed)}
    return [_heir(reading, by_id) if reading.parent_id else reading for reading in listed]


def _heir(reading: ContainerReading, by_id: Mapping[str, ContainerReading]) -> ContainerReading:
    above = _above(reading, by_id)
    if above is None:
        return reading
    return msgspec.structs.replace(
        reading,
        framework_id=above.framework_id,
        executor_id=reading.executor_id or above.executor_id,
        executor_name=reading.executor_name or above.executor_name,
    )


def _above(reading: ContainerReading, by_id: Mapping[str, ContainerReading]) -> ContainerReading | None:
    for _ in range(MOST_PARENTS):
        above = by_id.get(reading.parent_id) if reading.parent_id and not reading.framework_id else None
        if above is None or above.framework_id:
            return above
        reading = above
    return None
